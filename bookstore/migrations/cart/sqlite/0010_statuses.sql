-- The statuses that the service knows. SQLite adds a condition to a table only with a column: one that is
-- computed, and takes no room.
ALTER TABLE carts ADD COLUMN known_status TEXT GENERATED ALWAYS AS (status) VIRTUAL
    CHECK (known_status IN ('Active', 'Ordered'));
ALTER TABLE checkouts ADD COLUMN known_status TEXT GENERATED ALWAYS AS (status) VIRTUAL
    CHECK (known_status IN ('Locked', 'Completed', 'Cancelled'));
