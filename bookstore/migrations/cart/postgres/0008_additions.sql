-- Requests that have added something under a key, each of which adds it once.
CREATE TABLE additions (
    customer_id BIGINT NOT NULL,
    addition_key TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, addition_key)
);
CREATE INDEX additions_by_time ON additions (added_at);
CREATE INDEX checkouts_cancelled ON checkouts (order_token) WHERE status = 'Cancelled';
