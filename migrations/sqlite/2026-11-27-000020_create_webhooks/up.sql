-- Where other programs are told of what happens. No secret is here: `secret_id` is what one is derived from.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY NOT NULL,
    url TEXT NOT NULL CHECK (length(url) <= 2048),
    description TEXT NOT NULL,
    -- The types that are told, in JSON; an empty list is all.
    types TEXT NOT NULL,
    -- Events after this place of the feed are told.
    after_place BIGINT NOT NULL CHECK (after_place >= 0),
    secret_id TEXT NOT NULL,
    -- Signs too, until then.
    old_secret_id TEXT,
    old_until TIMESTAMP,
    disabled_at TIMESTAMP,
    disabled_reason TEXT CHECK (disabled_reason IN ('asked', 'gone', 'failing')),
    -- Of the first message that did not arrive since the last one that did.
    failing_since TIMESTAMP,
    version BIGINT NOT NULL CHECK (version >= 1),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CHECK ((old_secret_id IS NULL) = (old_until IS NULL)),
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
);

-- What is told to whom, and what came of it: one row for each event and endpoint.
CREATE TABLE webhook_deliveries (
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    -- Of the event in the feed.
    place BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'sending', 'delivered', 'failed')),
    -- In all, and since it was queued or sent again by hand.
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    tries INTEGER NOT NULL CHECK (tries >= 0),
    -- Of whoever has it in hand, or had it last.
    claim TEXT,
    -- When it is tried next; while it is being sent when the claim ends; empty where nothing is left to do.
    due_at TIMESTAMP,
    -- Of the last attempt.
    http_status INTEGER,
    error TEXT,
    answer TEXT CHECK (length(answer) <= 1024),
    duration_ms BIGINT CHECK (duration_ms >= 0),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (webhook_id, event_id),
    CHECK (status <> 'sending' OR claim IS NOT NULL),
    CHECK ((status IN ('delivered', 'failed')) = (due_at IS NULL))
);
CREATE INDEX webhook_deliveries_place ON webhook_deliveries (webhook_id, place);
CREATE INDEX webhook_deliveries_due_at ON webhook_deliveries (webhook_id, due_at, place) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_updated_at ON webhook_deliveries (updated_at) WHERE due_at IS NULL;
