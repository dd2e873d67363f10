-- The statuses that the service knows.
ALTER TABLE reservations ADD CONSTRAINT reservations_status CHECK (status IN ('Held', 'Confirmed', 'Released'));

-- When the catalog was reset: a token of that moment. The copies of orders that were placed before are not
-- among those that are in stock since.
CREATE TABLE resets (
    reset_token TEXT PRIMARY KEY
);
