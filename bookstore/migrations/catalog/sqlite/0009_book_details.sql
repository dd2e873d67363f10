-- What readers are told about a book. Not in `products`, whose rows are written by every order.
CREATE TABLE book_details (
    product_id INTEGER PRIMARY KEY REFERENCES products (id),
    author TEXT NOT NULL,
    category TEXT NOT NULL,
    description TEXT NOT NULL
) STRICT;
CREATE INDEX book_details_by_category ON book_details (category);
CREATE INDEX products_by_name ON products (name);
CREATE INDEX products_by_price ON products (price);
