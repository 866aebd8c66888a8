-- How far each consumer of the feed has come. One that begins now begins with what happens next: what
-- happened long ago is not told again.
CREATE TABLE cursors (
    consumer TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    place BIGINT NOT NULL CHECK (place >= 0)
);
INSERT INTO cursors (consumer, place) SELECT 'notifications', COALESCE(MAX(place), 0) FROM events;
INSERT INTO cursors (consumer, place) SELECT 'webhooks', COALESCE(MAX(place), 0) FROM events;
