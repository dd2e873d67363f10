-- The row is the order's log: written as Pending before anything else happens.
CREATE TABLE orders (
    -- AUTOINCREMENT: reservations in the catalog are keyed by this id, so none may come twice.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL,
    status TEXT NOT NULL,
    idempotency_key TEXT,
    -- What was asked for, in a canonical form.
    request TEXT NOT NULL,
    -- What was answered, to be replayed; NULL while the order is pending.
    answer_status INTEGER,
    answer_body TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX orders_one_per_idempotency_key ON orders (customer_id, idempotency_key);

CREATE TABLE order_items (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    order_id INTEGER NOT NULL REFERENCES orders (id),
    UNIQUE (order_id, product_id)
) STRICT;
