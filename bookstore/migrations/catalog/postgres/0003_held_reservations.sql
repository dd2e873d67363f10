-- The metrics ask for these, and they are few beside all that were ever made.
CREATE INDEX reservations_held ON reservations (reserved_at) WHERE status = 'Held';
