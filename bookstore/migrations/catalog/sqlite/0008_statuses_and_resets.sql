-- The statuses that the service knows. SQLite adds a condition to a table only with a column: one that is
-- computed, and takes no room.
ALTER TABLE reservations ADD COLUMN known_status TEXT GENERATED ALWAYS AS (status) VIRTUAL
    CHECK (known_status IN ('Held', 'Confirmed', 'Released'));

-- When the catalog was reset: a token of that moment. The copies of orders that were placed before are not
-- among those that are in stock since.
CREATE TABLE resets (
    reset_token TEXT PRIMARY KEY
) STRICT;
