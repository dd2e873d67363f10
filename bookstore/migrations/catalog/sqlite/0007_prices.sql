-- What a copy cost when it was taken; not known of what was taken before.
ALTER TABLE reservation_items ADD COLUMN price INTEGER;
CREATE INDEX reservations_released ON reservations (order_token) WHERE status = 'Released';
