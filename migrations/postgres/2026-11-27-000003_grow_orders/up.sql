-- How far the order has come, whatever was given back of it; `status` is made of both.
ALTER TABLE orders ADD COLUMN stage TEXT COLLATE "C" NOT NULL DEFAULT 'pending_payment';
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
ALTER TABLE payments ADD COLUMN provider TEXT COLLATE "C" NOT NULL DEFAULT 'emulator';
ALTER TABLE payments ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;

CREATE TABLE refunds (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    order_id TEXT COLLATE "C" NOT NULL REFERENCES orders (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('pending', 'done')),
    reason TEXT,
    items TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    -- The idempotency key of who asked for it, and their request.
    claim_key TEXT COLLATE "C" UNIQUE,
    claim_request TEXT COLLATE "C",
    CHECK ((status = 'done') = (done_at IS NOT NULL)),
    CHECK ((claim_key IS NULL) = (claim_request IS NULL))
);
CREATE INDEX refunds_order_id ON refunds (order_id);

CREATE TABLE returns (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    order_id TEXT COLLATE "C" NOT NULL REFERENCES orders (id),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('requested', 'received')),
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

-- Money that was set aside can be let go again.
ALTER TABLE payment_ledger DROP CONSTRAINT payment_ledger_kind_check;
ALTER TABLE payment_ledger ADD CONSTRAINT payment_ledger_kind_check
CHECK (kind IN ('authorized', 'captured', 'voided', 'refunded'));

CREATE FUNCTION refuse_to_change_the_payment_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of payments is append-only';
END
$$;
CREATE TRIGGER payment_ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_ledger
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_payment_ledger();
