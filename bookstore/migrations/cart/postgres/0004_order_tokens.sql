-- Orders are known among the services by a token: their numbers may be given twice, after the orders'
-- database was restored or reset. The token of an order that had none follows from its number, alike
-- in all databases of a shop.
CREATE TABLE checkouts_by_token (
    order_token TEXT PRIMARY KEY,
    status TEXT NOT NULL
);
INSERT INTO checkouts_by_token (order_token, status)
SELECT '00000000-0000-0000-' || lpad(to_hex(order_id >> 48), 4, '0') || '-'
        || lpad(to_hex(order_id & 281474976710655), 12, '0'), status
FROM checkouts;
DROP TABLE checkouts;
ALTER TABLE checkouts_by_token RENAME TO checkouts;

-- The order that holds the cart while it is being bought, or that bought it.
ALTER TABLE carts ADD COLUMN order_token TEXT;
