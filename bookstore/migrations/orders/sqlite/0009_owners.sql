-- The process that holds the lease: where it runs, its number there, and when it began.
ALTER TABLE orders ADD COLUMN owner TEXT;
ALTER TABLE returns ADD COLUMN owner TEXT;
