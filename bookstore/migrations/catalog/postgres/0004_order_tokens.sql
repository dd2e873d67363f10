-- Orders are known among the services by a token: their numbers may be given twice, after the orders'
-- database was restored or reset. The token of an order that had none follows from its number, alike
-- in all databases of a shop.
CREATE TABLE reservations_by_token (
    order_token TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    reserved_at BIGINT NOT NULL
);
INSERT INTO reservations_by_token (order_token, status, reserved_at)
SELECT '00000000-0000-0000-' || lpad(to_hex(order_id >> 48), 4, '0') || '-'
        || lpad(to_hex(order_id & 281474976710655), 12, '0'), status, reserved_at
FROM reservations;

CREATE TABLE reservation_items_by_token (
    order_token TEXT NOT NULL REFERENCES reservations_by_token (order_token),
    product_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    returned BIGINT NOT NULL DEFAULT 0 CHECK (returned >= 0 AND returned <= quantity),
    PRIMARY KEY (order_token, product_id)
);
INSERT INTO reservation_items_by_token (order_token, product_id, quantity, returned)
SELECT '00000000-0000-0000-' || lpad(to_hex(order_id >> 48), 4, '0') || '-'
        || lpad(to_hex(order_id & 281474976710655), 12, '0'),
    product_id, quantity, returned
FROM reservation_items;

CREATE TABLE returns_by_token (
    return_token TEXT PRIMARY KEY,
    order_token TEXT NOT NULL REFERENCES reservations_by_token (order_token),
    returned_at BIGINT NOT NULL
);
INSERT INTO returns_by_token (return_token, order_token, returned_at)
SELECT '00000000-0000-0000-' || lpad(to_hex(return_id >> 48), 4, '0') || '-'
        || lpad(to_hex(return_id & 281474976710655), 12, '0'),
    '00000000-0000-0000-' || lpad(to_hex(order_id >> 48), 4, '0') || '-'
        || lpad(to_hex(order_id & 281474976710655), 12, '0'),
    returned_at
FROM returns;

CREATE TABLE return_items_by_token (
    return_token TEXT NOT NULL REFERENCES returns_by_token (return_token),
    product_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (return_token, product_id)
);
INSERT INTO return_items_by_token (return_token, product_id, quantity)
SELECT '00000000-0000-0000-' || lpad(to_hex(return_id >> 48), 4, '0') || '-'
        || lpad(to_hex(return_id & 281474976710655), 12, '0'), product_id, quantity
FROM return_items;

DROP TABLE return_items;
DROP TABLE returns;
DROP TABLE reservation_items;
DROP TABLE reservations;
ALTER TABLE reservations_by_token RENAME TO reservations;
ALTER TABLE reservation_items_by_token RENAME TO reservation_items;
ALTER TABLE returns_by_token RENAME TO returns;
ALTER TABLE return_items_by_token RENAME TO return_items;
CREATE INDEX reservations_held ON reservations (reserved_at) WHERE status = 'Held';
