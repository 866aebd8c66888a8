-- How many notices there are in each inbox: to count them took longer the more there were, and each
-- new one tells the number. Whoever writes notices, they are counted.
CREATE TABLE inboxes (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    kept BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    CHECK (unread BETWEEN 0 AND kept)
);
INSERT INTO inboxes (user_id, kept, unread)
    SELECT user_id, COUNT(*), COUNT(*) - COUNT(read_at) FROM notifications GROUP BY user_id;
CREATE TRIGGER inboxes_count_what_comes AFTER INSERT ON notifications
BEGIN
    INSERT INTO inboxes (user_id, kept, unread) VALUES (NEW.user_id, 1, NEW.read_at IS NULL)
        ON CONFLICT (user_id) DO UPDATE SET kept = kept + 1, unread = unread + excluded.unread;
END;
CREATE TRIGGER inboxes_count_what_is_read AFTER UPDATE OF read_at ON notifications
BEGIN
    UPDATE inboxes SET unread = unread + (NEW.read_at IS NULL) - (OLD.read_at IS NULL)
        WHERE user_id = NEW.user_id;
END;
CREATE TRIGGER inboxes_count_what_goes AFTER DELETE ON notifications
BEGIN
    UPDATE inboxes SET kept = kept - 1, unread = unread - (OLD.read_at IS NULL)
        WHERE user_id = OLD.user_id;
END;
-- An inbox holds a few hundred at most: what is unread in it is found without an index of its own.
DROP INDEX notifications_unread;
