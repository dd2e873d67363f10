-- Whoever works on an order, or on a return, holds it until then. After that anyone may take it
-- over, by compare-and-set.
ALTER TABLE orders ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;
-- When cart and catalog were known to agree with the order; NULL while they may not.
ALTER TABLE orders ADD COLUMN settled_at INTEGER;
CREATE INDEX orders_unsettled ON orders (lease_until) WHERE settled_at IS NULL;

-- Copies of the line that came back.
ALTER TABLE order_items ADD COLUMN returned INTEGER NOT NULL DEFAULT 0
    CHECK (returned >= 0 AND returned <= quantity);

-- A row is written when the copies are taken back; the catalog learns of it afterwards.
CREATE TABLE returns (
    -- AUTOINCREMENT: the catalog's returns are keyed by this id, so none may come twice.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    idempotency_key TEXT,
    -- What was asked for, in a canonical form.
    request TEXT NOT NULL,
    -- What was answered, to be replayed.
    answer_status INTEGER NOT NULL,
    answer_body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    -- When the copies were known to be back in stock.
    settled_at INTEGER
) STRICT;
CREATE UNIQUE INDEX returns_one_per_idempotency_key ON returns (order_id, idempotency_key);
CREATE INDEX returns_unsettled ON returns (lease_until) WHERE settled_at IS NULL;

CREATE TABLE return_items (
    return_id INTEGER NOT NULL REFERENCES returns (id),
    product_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (return_id, product_id)
) STRICT, WITHOUT ROWID;
