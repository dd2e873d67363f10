UPDATE orders SET token =
    '00000000-0000-0000-' || lpad(to_hex(id >> 48), 4, '0') || '-'
        || lpad(to_hex(id & 281474976710655), 12, '0');
UPDATE returns SET token =
    '00000000-0000-0000-' || lpad(to_hex(id >> 48), 4, '0') || '-'
        || lpad(to_hex(id & 281474976710655), 12, '0');
ALTER TABLE orders ALTER COLUMN token SET NOT NULL;
ALTER TABLE returns ALTER COLUMN token SET NOT NULL;
CREATE UNIQUE INDEX orders_by_token ON orders (token);
CREATE UNIQUE INDEX returns_by_token ON returns (token);
