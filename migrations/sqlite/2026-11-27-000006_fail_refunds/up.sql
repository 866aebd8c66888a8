-- SQLite changes no CHECK, so the table is made anew.
CREATE TABLE new_refunds (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
    reason TEXT,
    items TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    -- The idempotency key of who asked for it, and their request.
    claim_key TEXT UNIQUE,
    claim_request TEXT,
    -- Why it has failed: the provider will never give it back.
    failure_code TEXT,
    CHECK ((status = 'done') = (done_at IS NOT NULL)),
    CHECK ((status = 'failed') = (failure_code IS NOT NULL)),
    CHECK ((claim_key IS NULL) = (claim_request IS NULL))
);
INSERT INTO new_refunds (id, order_id, amount, currency, status, reason, items, created_at, done_at, claim_key,
    claim_request)
SELECT id, order_id, amount, currency, status, reason, items, created_at, done_at, claim_key, claim_request
FROM refunds;
DROP TABLE refunds;
ALTER TABLE new_refunds RENAME TO refunds;
CREATE INDEX refunds_order_id ON refunds (order_id);
