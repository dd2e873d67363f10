UPDATE orders SET token =
    printf('00000000-0000-0000-%04x-%012x', id >> 48, id & 281474976710655);
UPDATE returns SET token =
    printf('00000000-0000-0000-%04x-%012x', id >> 48, id & 281474976710655);
CREATE UNIQUE INDEX orders_by_token ON orders (token);
CREATE UNIQUE INDEX returns_by_token ON returns (token);
