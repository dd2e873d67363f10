-- Copies ever put on the shelf, less those taken off it by hand: what the stock is audited against.
ALTER TABLE products ADD COLUMN added BIGINT NOT NULL DEFAULT 0;

-- Sold copies that came back.
ALTER TABLE reservation_items ADD COLUMN returned BIGINT NOT NULL DEFAULT 0
    CHECK (returned >= 0 AND returned <= quantity);

-- The primary key makes a retried return harmless.
CREATE TABLE returns (
    return_id BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES reservations (order_id),
    returned_at BIGINT NOT NULL
);

CREATE TABLE return_items (
    return_id BIGINT NOT NULL REFERENCES returns (return_id),
    product_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (return_id, product_id)
);
