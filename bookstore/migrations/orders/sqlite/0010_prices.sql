-- What a copy cost when it was ordered; not known of earlier orders.
ALTER TABLE order_items ADD COLUMN price INTEGER;
CREATE INDEX orders_cancelled ON orders (token) WHERE status = 'Cancelled';
