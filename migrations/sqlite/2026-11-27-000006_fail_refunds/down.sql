-- What has failed is owed no more, and may have been given back by another refund since.
DELETE FROM refunds WHERE status = 'failed';
CREATE TABLE new_refunds (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'done')),
    reason TEXT,
    items TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    -- The idempotency key of who asked for it, and their request.
    claim_key TEXT UNIQUE,
    claim_request TEXT,
    CHECK ((status = 'done') = (done_at IS NOT NULL)),
    CHECK ((claim_key IS NULL) = (claim_request IS NULL))
);
INSERT INTO new_refunds (id, order_id, amount, currency, status, reason, items, created_at, done_at, claim_key,
    claim_request)
SELECT id, order_id, amount, currency, status, reason, items, created_at, done_at, claim_key, claim_request
FROM refunds;
DROP TABLE refunds;
ALTER TABLE new_refunds RENAME TO refunds;
CREATE INDEX refunds_order_id ON refunds (order_id);
