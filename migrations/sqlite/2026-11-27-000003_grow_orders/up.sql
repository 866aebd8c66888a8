-- How far the order has come, whatever was given back of it; `status` is made of both.
ALTER TABLE orders ADD COLUMN stage TEXT NOT NULL DEFAULT 'pending_payment';
UPDATE orders SET stage = status;
-- What the prices hold of tax; `tax` is what comes on top of them.
ALTER TABLE orders ADD COLUMN tax_included BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN promotions TEXT NOT NULL DEFAULT '[]';
-- How long delivery was said to take, in days.
ALTER TABLE orders ADD COLUMN days_min BIGINT NOT NULL DEFAULT 2;
ALTER TABLE orders ADD COLUMN days_max BIGINT NOT NULL DEFAULT 3;

ALTER TABLE order_lines ADD COLUMN discount BIGINT NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND line_total);
ALTER TABLE order_lines ADD COLUMN tax BIGINT NOT NULL DEFAULT 0 CHECK (tax >= 0);
ALTER TABLE order_lines ADD COLUMN tax_included BIGINT NOT NULL DEFAULT 0 CHECK (tax_included >= 0);
-- Units whose price was given back, and units that were sent back.
ALTER TABLE order_lines ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND quantity);
ALTER TABLE order_lines ADD COLUMN returned BIGINT NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND quantity);

-- Who moves the money, and how often they were asked in vain since they last answered.
ALTER TABLE payments ADD COLUMN provider TEXT NOT NULL DEFAULT 'emulator';
ALTER TABLE payments ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;

CREATE TABLE refunds (
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
CREATE INDEX refunds_order_id ON refunds (order_id);

CREATE TABLE returns (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    status TEXT NOT NULL CHECK (status IN ('requested', 'received')),
    reason TEXT NOT NULL,
    items TEXT NOT NULL,
    -- What arrived of the items.
    received TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    received_at TIMESTAMP,
    CHECK ((status = 'received') = (received_at IS NOT NULL))
);
CREATE INDEX returns_order_id ON returns (order_id);

-- Those who run the shop find orders by these, the newest first.
CREATE INDEX orders_placed_at ON orders (placed_at, id);
CREATE INDEX orders_status ON orders (status, placed_at, id);
CREATE INDEX orders_email ON orders (email) WHERE email IS NOT NULL;
CREATE INDEX payments_status ON payments (status);

-- Money that was set aside can be let go again. SQLite changes no CHECK, so the table is made anew.
CREATE TABLE new_ledger (
    id TEXT PRIMARY KEY NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    kind TEXT NOT NULL CHECK (kind IN ('authorized', 'captured', 'voided', 'refunded')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
INSERT INTO new_ledger SELECT id, payment_id, kind, amount, currency, at FROM payment_ledger;
DROP TABLE payment_ledger;
ALTER TABLE new_ledger RENAME TO payment_ledger;
CREATE INDEX payment_ledger_payment_id ON payment_ledger (payment_id);
CREATE TRIGGER payment_ledger_is_not_updated BEFORE UPDATE ON payment_ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger of payments is append-only');
END;
CREATE TRIGGER payment_ledger_is_not_deleted BEFORE DELETE ON payment_ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger of payments is append-only');
END;
-- INSERT OR REPLACE would delete the row without a word to the trigger above.
CREATE TRIGGER payment_ledger_is_not_replaced BEFORE INSERT ON payment_ledger
WHEN EXISTS (SELECT 1 FROM payment_ledger WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the ledger of payments is append-only');
END;
