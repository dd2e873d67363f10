CREATE TABLE carts (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    status TEXT NOT NULL,
    -- The order that holds the cart while it is being bought, or that bought it.
    order_id INTEGER
) STRICT;

CREATE UNIQUE INDEX carts_one_active_per_customer ON carts (customer_id) WHERE status = 'Active';
CREATE UNIQUE INDEX carts_one_per_order ON carts (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE cart_items (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    cart_id INTEGER NOT NULL REFERENCES carts (id),
    UNIQUE (cart_id, product_id)
) STRICT;
