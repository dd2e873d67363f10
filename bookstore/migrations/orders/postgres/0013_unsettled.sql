-- Not in the migration that adds the columns: engines other than PostgreSQL do not let them be used in the same
-- transaction.
CREATE INDEX IF NOT EXISTS orders_unsettled ON orders (lease_until) WHERE settled_at IS NULL;
