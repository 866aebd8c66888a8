-- Append-only: what happened, written with the change.
CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT,
    sequence BIGINT,
    user_id TEXT,
    kind TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (order_id, sequence),
    CHECK ((order_id IS NULL) = (sequence IS NULL))
);

-- Events that no feed has yet. Rows are deleted as they are published: a transaction that
-- commits late is found like any other, which a cursor would pass by.
CREATE TABLE outbox (
    event_id TEXT PRIMARY KEY NOT NULL REFERENCES events (id)
);

-- Everything that happened, in the order in which it was published.
CREATE TABLE feed (
    sequence BIGINT PRIMARY KEY NOT NULL,
    event_id TEXT NOT NULL UNIQUE REFERENCES events (id),
    user_id TEXT,
    user_sequence BIGINT,
    UNIQUE (user_id, user_sequence),
    CHECK (user_sequence IS NULL OR user_id IS NOT NULL)
);

-- One row: the life of this store, which a restored copy must not share.
CREATE TABLE epochs (
    epoch TEXT PRIMARY KEY NOT NULL
);
INSERT INTO epochs (epoch) VALUES (lower(hex(randomblob(4))));
