CREATE INDEX orders_lost ON orders (id) WHERE repair IS NOT NULL;
