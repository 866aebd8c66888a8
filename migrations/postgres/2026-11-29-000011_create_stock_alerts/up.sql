-- Who wants to be told when a variant is in stock again: a user, or a guest by their address.
CREATE TABLE stock_alerts (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    variant_id TEXT COLLATE "C" NOT NULL REFERENCES variants (id),
    user_id TEXT COLLATE "C" REFERENCES users (id),
    email TEXT COLLATE "C",
    -- What a guest reads.
    language TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    -- Empty while it waits. What was told is kept for a day, to be counted.
    told_at TIMESTAMP,
    CHECK ((user_id IS NULL) <> (email IS NULL)),
    CHECK ((email IS NULL) = (language IS NULL))
);
-- Somebody waits for a variant once.
CREATE UNIQUE INDEX stock_alerts_user ON stock_alerts (variant_id, user_id) WHERE told_at IS NULL;
CREATE UNIQUE INDEX stock_alerts_email ON stock_alerts (variant_id, email) WHERE told_at IS NULL;
CREATE INDEX stock_alerts_user_id ON stock_alerts (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX stock_alerts_of_email ON stock_alerts (email) WHERE email IS NOT NULL;
CREATE INDEX stock_alerts_told_at ON stock_alerts (told_at) WHERE told_at IS NOT NULL;
INSERT INTO cursors (consumer, place) SELECT 'stock_alerts', COALESCE(MAX(place), 0) FROM events;
