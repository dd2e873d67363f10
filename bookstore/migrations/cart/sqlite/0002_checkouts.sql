-- One row per order that locked a cart, or that was cancelled before its lock arrived: the row
-- stays behind as a tombstone, so that a late lock finds it.
CREATE TABLE checkouts (
    order_id INTEGER PRIMARY KEY,
    status TEXT NOT NULL
) STRICT;

INSERT INTO checkouts (order_id, status)
SELECT order_id, CASE WHEN status = 'Active' THEN 'Locked' ELSE 'Completed' END
FROM carts WHERE order_id IS NOT NULL;
