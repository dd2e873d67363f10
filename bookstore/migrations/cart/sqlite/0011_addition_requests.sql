-- What a request has added under its key, which is refused for anything else. Not known of earlier ones.
ALTER TABLE additions ADD COLUMN product_id INTEGER;
ALTER TABLE additions ADD COLUMN quantity INTEGER;
