-- Changes with every change of the cart's items.
ALTER TABLE carts ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
