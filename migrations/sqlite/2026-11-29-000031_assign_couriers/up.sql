-- Whoever of the shop's own couriers brings it; empty where somebody else does.
ALTER TABLE deliveries ADD COLUMN courier_id TEXT REFERENCES users (id);
-- What its buyer says at the door, in digits, and how often another one was said.
ALTER TABLE deliveries ADD COLUMN code TEXT CHECK (length(code) = 6);
ALTER TABLE deliveries ADD COLUMN wrong_codes INTEGER NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0);
-- Where its courier was last while it was out, and how often that was said; the places before are not kept.
ALTER TABLE deliveries ADD COLUMN position TEXT;
ALTER TABLE deliveries ADD COLUMN positions BIGINT NOT NULL DEFAULT 0 CHECK (positions >= 0);
CREATE INDEX deliveries_courier_id ON deliveries (courier_id, id) WHERE courier_id IS NOT NULL;
