DROP INDEX deliveries_courier_id;
ALTER TABLE deliveries DROP COLUMN positions;
ALTER TABLE deliveries DROP COLUMN position;
ALTER TABLE deliveries DROP COLUMN wrong_codes;
ALTER TABLE deliveries DROP COLUMN code;
ALTER TABLE deliveries DROP COLUMN courier_id;
