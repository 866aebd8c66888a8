-- Whether an event has yet to be published: a flag costs a statement less than a table beside it.
ALTER TABLE events ADD COLUMN is_pending BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE events SET is_pending = TRUE WHERE id IN (SELECT event_id FROM outbox);
DROP TABLE outbox;
CREATE INDEX events_pending ON events (id) WHERE is_pending;
