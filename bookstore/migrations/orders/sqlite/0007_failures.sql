-- Settlements that failed: how often, and why the last one did.
ALTER TABLE orders ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN failure TEXT;
ALTER TABLE returns ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE returns ADD COLUMN failure TEXT;
-- `Needed` while the catalog has lost the order's reservation, `Failed` where it could not take it again.
ALTER TABLE orders ADD COLUMN repair TEXT;
