-- Not in the migration that adds the column: engines other than PostgreSQL do not let it be used in the same
-- transaction. Only books of the very first version have none yet.
UPDATE products SET added = quantity + COALESCE((
    SELECT SUM(reservation_items.quantity - returned)
    FROM reservation_items JOIN reservations USING (order_token)
    WHERE product_id = products.id AND status <> 'Released'
), 0)
WHERE added = 0;
