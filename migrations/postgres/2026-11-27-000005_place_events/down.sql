CREATE TABLE feed (
    sequence BIGINT PRIMARY KEY NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES events (id),
    user_id TEXT COLLATE "C",
    user_sequence BIGINT,
    UNIQUE (user_id, user_sequence),
    CHECK (user_sequence IS NULL OR user_id IS NOT NULL)
);
INSERT INTO feed (sequence, event_id, user_id, user_sequence)
    SELECT place, id, CASE WHEN user_place IS NOT NULL THEN user_id END, user_place
    FROM events WHERE place IS NOT NULL;
DROP INDEX events_user_place;
DROP INDEX events_place;
ALTER TABLE events DROP COLUMN user_place;
ALTER TABLE events DROP COLUMN place;
ALTER TABLE events ADD COLUMN is_pending BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX events_pending ON events (id) WHERE is_pending;

DROP FUNCTION lock_heads;
CREATE FUNCTION lock_audit(key BIGINT) RETURNS TABLE (sequence BIGINT, hash TEXT) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key);
    RETURN QUERY SELECT audit.sequence, audit.hash FROM audit ORDER BY audit.sequence DESC LIMIT 1;
END
$$;
