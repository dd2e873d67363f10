CREATE TABLE carts (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id BIGINT NOT NULL,
    status TEXT NOT NULL,
    -- The order that holds the cart while it is being bought, or that bought it.
    order_id BIGINT
);

CREATE UNIQUE INDEX carts_one_active_per_customer ON carts (customer_id) WHERE status = 'Active';
CREATE UNIQUE INDEX carts_one_per_order ON carts (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE cart_items (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    cart_id BIGINT NOT NULL REFERENCES carts (id),
    UNIQUE (cart_id, product_id)
);
