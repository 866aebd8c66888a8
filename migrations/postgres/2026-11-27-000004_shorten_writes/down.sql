CREATE TABLE outbox (
    event_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES events (id)
);
INSERT INTO outbox (event_id) SELECT id FROM events WHERE is_pending;
DROP INDEX events_pending;
ALTER TABLE events DROP COLUMN is_pending;
DROP FUNCTION lock_audit;
