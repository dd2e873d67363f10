-- The statuses that the service knows. SQLite adds a condition to a table only with a column: one that is
-- computed, and takes no room.
ALTER TABLE orders ADD COLUMN known_status TEXT GENERATED ALWAYS AS (status) VIRTUAL
    CHECK (known_status IN ('Pending', 'Ordered', 'Returned', 'Cancelled'));
ALTER TABLE orders ADD COLUMN known_repair TEXT GENERATED ALWAYS AS (repair) VIRTUAL
    CHECK (known_repair IN ('Needed', 'Failed'));
