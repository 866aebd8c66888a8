CREATE TABLE notifications (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    read_at TIMESTAMP
);
CREATE INDEX notifications_user_id ON notifications (user_id, id);
-- Few are unread: they are counted, and listed alone.
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;

CREATE TABLE push_subscriptions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    -- A browser is told of one account: of the one that was signed in last.
    endpoint TEXT NOT NULL UNIQUE CHECK (length(endpoint) <= 2048),
    p256dh TEXT NOT NULL CHECK (length(p256dh) = 87),
    auth TEXT NOT NULL CHECK (length(auth) = 22),
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX push_subscriptions_user_id ON push_subscriptions (user_id, id);
