-- Whether an event has yet to be published: a flag costs a statement less than a table beside it.
ALTER TABLE events ADD COLUMN is_pending BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE events SET is_pending = TRUE WHERE id IN (SELECT event_id FROM outbox);
DROP TABLE outbox;
CREATE INDEX events_pending ON events (id) WHERE is_pending;

-- The last row of the audit log, read once nobody else may add to it until the end of the
-- transaction: each statement of a function sees what was committed before it (READ COMMITTED).
CREATE FUNCTION lock_audit(key BIGINT) RETURNS TABLE (sequence BIGINT, hash TEXT) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key);
    RETURN QUERY SELECT audit.sequence, audit.hash FROM audit ORDER BY audit.sequence DESC LIMIT 1;
END
$$;
