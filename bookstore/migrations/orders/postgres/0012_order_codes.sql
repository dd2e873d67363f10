-- A customer finds an order again by its code: the last sixteen digits of its token, which are random.
CREATE INDEX orders_by_code ON orders (substr(token, 20));
