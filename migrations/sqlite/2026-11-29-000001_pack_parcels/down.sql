ALTER TABLE deliveries DROP COLUMN stops;
ALTER TABLE deliveries DROP COLUMN attempts;
ALTER TABLE deliveries DROP COLUMN is_called_off;
ALTER TABLE order_lines DROP COLUMN shipped;
DROP TABLE delivery_items;
