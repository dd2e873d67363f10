-- A page of a cart costs a page, however many items there are in all carts.
CREATE INDEX cart_items_by_cart ON cart_items (cart_id, id);
