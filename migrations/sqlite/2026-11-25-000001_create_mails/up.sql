-- Letters to people, written with the change that they tell of. A row is never sent twice: from
-- `handing_over` on, only its claim may say what became of it.
CREATE TABLE mails (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT REFERENCES users (id),
    recipient TEXT NOT NULL,
    name TEXT NOT NULL,
    locale TEXT NOT NULL,
    letter TEXT NOT NULL,
    status TEXT NOT NULL CHECK
        (status IN ('queued', 'claimed', 'handing_over', 'sent', 'failed', 'unknown')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    -- Of whoever has it in hand, or had it last.
    claim TEXT,
    -- When it is tried next; for a claim when it ends; empty where nothing is left to do.
    due_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CHECK (status IN ('queued', 'sent', 'failed', 'unknown') OR claim IS NOT NULL),
    CHECK ((status IN ('sent', 'failed', 'unknown')) = (due_at IS NULL))
);
CREATE INDEX mails_due_at ON mails (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mails_updated_at ON mails (updated_at) WHERE due_at IS NULL;
CREATE INDEX mails_user_id ON mails (user_id) WHERE user_id IS NOT NULL;
