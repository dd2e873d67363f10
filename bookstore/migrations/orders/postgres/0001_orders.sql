-- The row is the order's log: written as Pending before anything else happens.
CREATE TABLE orders (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id BIGINT NOT NULL,
    status TEXT NOT NULL,
    idempotency_key TEXT,
    -- What was asked for, in a canonical form.
    request TEXT NOT NULL,
    -- What was answered, to be replayed; NULL while the order is pending.
    answer_status BIGINT,
    answer_body TEXT,
    created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX orders_one_per_idempotency_key ON orders (customer_id, idempotency_key);

CREATE TABLE order_items (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    UNIQUE (order_id, product_id)
);
