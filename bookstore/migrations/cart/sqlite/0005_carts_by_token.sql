UPDATE carts SET order_token =
    printf('00000000-0000-0000-%04x-%012x', order_id >> 48, order_id & 281474976710655)
WHERE order_id IS NOT NULL;
DROP INDEX carts_one_per_order;
CREATE UNIQUE INDEX carts_one_per_order ON carts (order_token) WHERE order_token IS NOT NULL;
ALTER TABLE carts DROP COLUMN order_id;
