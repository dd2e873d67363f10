-- The statuses that the service knows.
ALTER TABLE carts ADD CONSTRAINT carts_status CHECK (status IN ('Active', 'Ordered'));
ALTER TABLE checkouts ADD CONSTRAINT checkouts_status CHECK (status IN ('Locked', 'Completed', 'Cancelled'));
