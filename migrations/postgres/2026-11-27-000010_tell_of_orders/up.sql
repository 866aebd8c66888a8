-- The order that a letter tells of. Those about accounts are counted without it: nobody can keep them
-- from being written by buying a lot.
ALTER TABLE mails ADD COLUMN order_id TEXT COLLATE "C";
-- What its buyer read when it was placed; a guest is written to in it.
ALTER TABLE orders ADD COLUMN language TEXT COLLATE "C";
