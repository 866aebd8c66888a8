-- An event has its places from the start: nothing is left to be published later.
ALTER TABLE events ADD COLUMN place BIGINT;
ALTER TABLE events ADD COLUMN user_place BIGINT;
UPDATE events SET place = feed.sequence, user_place = feed.user_sequence
    FROM feed WHERE feed.event_id = events.id;
UPDATE events SET place = late.place, user_place = late.user_place FROM (
    SELECT id,
        (SELECT COALESCE(MAX(sequence), 0) FROM feed) + ROW_NUMBER() OVER (ORDER BY id) AS place,
        CASE WHEN told THEN
            (SELECT COALESCE(MAX(user_sequence), 0) FROM feed WHERE feed.user_id = pending.user_id)
                + ROW_NUMBER() OVER (PARTITION BY user_id, told ORDER BY id) END AS user_place
    FROM (SELECT id, user_id, user_id IS NOT NULL
            AND kind IN ('order.placed', 'notification.created', 'notification.read') AS told
        FROM events WHERE is_pending) AS pending
    ) AS late WHERE late.id = events.id;
DROP TABLE feed;
DROP INDEX events_pending;
ALTER TABLE events DROP COLUMN is_pending;
-- What the feed has dropped and no timeline has.
DELETE FROM events WHERE place IS NULL AND order_id IS NULL;
CREATE UNIQUE INDEX events_place ON events (place);
CREATE UNIQUE INDEX events_user_place ON events (user_id, user_place) WHERE user_place IS NOT NULL;

-- How far everything has come that is counted without a gap, read once nobody else may add to it
-- until the end of the transaction: each statement of a function sees what was committed before it
-- (READ COMMITTED).
CREATE FUNCTION lock_heads(key BIGINT, users TEXT[])
    RETURNS TABLE (topic TEXT, place BIGINT, sequence BIGINT, hash TEXT) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key);
    RETURN QUERY SELECT NULL, (SELECT MAX(events.place) FROM events), last.sequence, last.hash
        FROM (SELECT 1) AS one LEFT JOIN
            (SELECT audit.sequence, audit.hash FROM audit ORDER BY audit.sequence DESC LIMIT 1)
            AS last ON TRUE
        UNION ALL
        SELECT those.id, (SELECT MAX(events.user_place) FROM events
            WHERE events.user_id = those.id AND events.user_place IS NOT NULL), NULL, NULL
        FROM unnest(users) AS those (id);
END
$$;
DROP FUNCTION lock_audit;
