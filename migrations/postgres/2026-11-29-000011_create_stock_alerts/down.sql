DELETE FROM cursors WHERE consumer = 'stock_alerts';
DROP TABLE stock_alerts;
-- Whoever runs then can read neither what was told of it nor the letters.
DELETE FROM notifications WHERE kind = 'variant.back_in_stock';
DELETE FROM mails WHERE letter LIKE '{"about":"back_in_stock"%';
