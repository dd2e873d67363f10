CREATE TABLE products (
    -- AUTOINCREMENT: the id of a deleted product is never given to another one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    price INTEGER NOT NULL CHECK (price >= 0),
    quantity INTEGER NOT NULL CHECK (quantity >= 0)
) STRICT;

-- The primary key makes a retried reservation harmless.
CREATE TABLE reservations (
    order_id INTEGER PRIMARY KEY,
    status TEXT NOT NULL,
    reserved_at INTEGER NOT NULL
) STRICT;

CREATE TABLE reservation_items (
    order_id INTEGER NOT NULL REFERENCES reservations (order_id),
    product_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, product_id)
) STRICT, WITHOUT ROWID;
