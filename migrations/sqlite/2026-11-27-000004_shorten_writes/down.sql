CREATE TABLE outbox (
    event_id TEXT PRIMARY KEY NOT NULL REFERENCES events (id)
);
INSERT INTO outbox (event_id) SELECT id FROM events WHERE is_pending;
DROP INDEX events_pending;
ALTER TABLE events DROP COLUMN is_pending;
