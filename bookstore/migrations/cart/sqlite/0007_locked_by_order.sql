-- The orders ask for the carts that are locked, by order.
CREATE INDEX checkouts_locked ON checkouts (order_token) WHERE status = 'Locked';
