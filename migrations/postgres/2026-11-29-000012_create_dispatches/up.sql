-- Messages to the devices of users: what is to be brought to a browser or a telephone, and what came of it.
CREATE TABLE dispatches (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    channel TEXT NOT NULL CHECK (channel IN ('push', 'sms')),
    -- The browser; it may be gone by now, and then nothing is sent.
    subscription_id TEXT COLLATE "C",
    phone TEXT,
    -- The notice, as in an inbox, and what its user read when it was told.
    kind TEXT COLLATE "C" NOT NULL,
    data TEXT NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'sending', 'sent', 'failed')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    -- Of whoever has it in hand, or had it last.
    claim TEXT COLLATE "C",
    -- When it is tried next; while it is being sent when the claim ends; empty where nothing is left to do.
    due_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CHECK ((channel = 'push') = (subscription_id IS NOT NULL)),
    CHECK ((channel = 'sms') = (phone IS NOT NULL)),
    CHECK (status <> 'sending' OR claim IS NOT NULL),
    CHECK ((status IN ('sent', 'failed')) = (due_at IS NULL))
);
CREATE INDEX dispatches_due_at ON dispatches (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX dispatches_updated_at ON dispatches (updated_at) WHERE due_at IS NULL;
CREATE INDEX dispatches_user_id ON dispatches (user_id);

-- What the shop shows itself to push services by, made once: browsers that subscribed know its other half.
CREATE TABLE push_keys (
    -- There is one.
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    private_key TEXT NOT NULL CHECK (length(private_key) = 43),
    created_at TIMESTAMP NOT NULL
);
