UPDATE carts SET order_token =
    '00000000-0000-0000-' || lpad(to_hex(order_id >> 48), 4, '0') || '-'
        || lpad(to_hex(order_id & 281474976710655), 12, '0')
WHERE order_id IS NOT NULL;
DROP INDEX carts_one_per_order;
CREATE UNIQUE INDEX carts_one_per_order ON carts (order_token) WHERE order_token IS NOT NULL;
ALTER TABLE carts DROP COLUMN order_id;
