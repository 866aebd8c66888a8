CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;
DROP TRIGGER inboxes_count_what_goes;
DROP TRIGGER inboxes_count_what_is_read;
DROP TRIGGER inboxes_count_what_comes;
DROP TABLE inboxes;
