-- When the machine last began: what it had not brought to the disk may be gone, and with it places of the
-- feed that somebody has seen. SQLite alone has it.
ALTER TABLE epochs ADD COLUMN boot TEXT;
