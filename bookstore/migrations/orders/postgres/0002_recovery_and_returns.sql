-- Whoever works on an order, or on a return, holds it until then. After that anyone may take it
-- over, by compare-and-set.
ALTER TABLE orders ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
-- When cart and catalog were known to agree with the order; NULL while they may not.
ALTER TABLE orders ADD COLUMN settled_at BIGINT;

-- Copies of the line that came back.
ALTER TABLE order_items ADD COLUMN returned BIGINT NOT NULL DEFAULT 0
    CHECK (returned >= 0 AND returned <= quantity);

-- A row is written when the copies are taken back; the catalog learns of it afterwards.
CREATE TABLE returns (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    idempotency_key TEXT,
    -- What was asked for, in a canonical form.
    request TEXT NOT NULL,
    -- What was answered, to be replayed.
    answer_status BIGINT NOT NULL,
    answer_body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- When the copies were known to be back in stock.
    settled_at BIGINT
);
CREATE UNIQUE INDEX returns_one_per_idempotency_key ON returns (order_id, idempotency_key);
CREATE INDEX returns_unsettled ON returns (lease_until) WHERE settled_at IS NULL;

CREATE TABLE return_items (
    return_id BIGINT NOT NULL REFERENCES returns (id),
    product_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (return_id, product_id)
);
