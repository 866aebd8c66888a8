-- How many notices there are in each inbox: to count them took longer the more there were, and each
-- new one tells the number. Whoever writes notices, they are counted.
-- Nodes of the version before may write meanwhile: what is counted below must be all there is.
LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE;
CREATE TABLE inboxes (
    user_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES users (id),
    kept BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    CHECK (unread BETWEEN 0 AND kept)
);
INSERT INTO inboxes (user_id, kept, unread)
    SELECT user_id, COUNT(*), COUNT(*) - COUNT(read_at) FROM notifications GROUP BY user_id;
CREATE FUNCTION count_inboxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO inboxes AS inbox (user_id, kept, unread)
            VALUES (NEW.user_id, 1, CASE WHEN NEW.read_at IS NULL THEN 1 ELSE 0 END)
            ON CONFLICT (user_id) DO UPDATE
            SET kept = inbox.kept + 1, unread = inbox.unread + excluded.unread;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE inboxes SET unread = unread
            + CASE WHEN NEW.read_at IS NULL THEN 1 ELSE 0 END
            - CASE WHEN OLD.read_at IS NULL THEN 1 ELSE 0 END
            WHERE user_id = NEW.user_id;
    ELSE
        UPDATE inboxes SET kept = kept - 1,
            unread = unread - CASE WHEN OLD.read_at IS NULL THEN 1 ELSE 0 END
            WHERE user_id = OLD.user_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER inboxes_are_counted AFTER INSERT OR UPDATE OF read_at OR DELETE ON notifications
    FOR EACH ROW EXECUTE FUNCTION count_inboxes();
-- An inbox holds a few hundred at most: what is unread in it is found without an index of its own.
DROP INDEX notifications_unread;
