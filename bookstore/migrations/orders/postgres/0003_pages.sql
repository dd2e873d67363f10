-- A page of orders costs a page, however many were cancelled in between.
CREATE INDEX orders_placed ON orders (id) WHERE status IN ('Ordered', 'Returned');
CREATE INDEX orders_placed_by_customer ON orders (customer_id, id)
    WHERE status IN ('Ordered', 'Returned');
