CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;
DROP TRIGGER inboxes_are_counted ON notifications;
DROP FUNCTION count_inboxes;
DROP TABLE inboxes;
