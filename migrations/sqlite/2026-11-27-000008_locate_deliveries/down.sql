ALTER TABLE deliveries DROP COLUMN location;
