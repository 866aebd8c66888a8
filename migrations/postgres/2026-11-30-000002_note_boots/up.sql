-- The run of the machine in which the store was last opened: with its end, what was not on the disk yet may
-- be gone, and with it places of the feed that somebody has seen. It is set on SQLite alone.
ALTER TABLE epochs ADD COLUMN boot TEXT;
