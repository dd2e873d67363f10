-- Orders are known among the services by a token: their numbers may be given twice, after the orders'
-- database was restored or reset. The token of an order that had none follows from its number, alike
-- in all databases of a shop.
ALTER TABLE orders ADD COLUMN token TEXT;
-- The same for returns.
ALTER TABLE returns ADD COLUMN token TEXT;
