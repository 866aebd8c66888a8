ALTER TABLE orders DROP COLUMN language;
-- Whoever runs then cannot read a letter about an order.
DELETE FROM mails WHERE order_id IS NOT NULL;
ALTER TABLE mails DROP COLUMN order_id;
