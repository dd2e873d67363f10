-- When a book was taken out of the catalog. Its copies stay counted: orders may hold some or bring some back.
ALTER TABLE products ADD COLUMN deleted_at BIGINT;
