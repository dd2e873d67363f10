-- The statuses that the service knows.
ALTER TABLE orders ADD CONSTRAINT orders_status CHECK (status IN ('Pending', 'Ordered', 'Returned', 'Cancelled'));
ALTER TABLE orders ADD CONSTRAINT orders_repair CHECK (repair IN ('Needed', 'Failed'));
