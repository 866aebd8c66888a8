CREATE TABLE orders (
    id TEXT PRIMARY KEY NOT NULL,
    number TEXT NOT NULL UNIQUE,
    user_id TEXT REFERENCES users (id),
    cart_id TEXT NOT NULL,
    -- One order for each state of a cart, however often it is checked out.
    cart_version BIGINT NOT NULL,
    email TEXT,
    status TEXT NOT NULL,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    currency TEXT NOT NULL,
    subtotal BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    delivery_price BIGINT NOT NULL,
    total BIGINT NOT NULL,
    address TEXT NOT NULL,
    delivery_method TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    placed_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (cart_id, cart_version),
    CHECK (total = subtotal - discount + tax + delivery_price),
    CHECK (total >= 0)
);
CREATE INDEX orders_user_id ON orders (user_id, id);
CREATE INDEX orders_expires_at ON orders (expires_at) WHERE status = 'pending_payment';

CREATE TABLE order_lines (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    variant_id TEXT NOT NULL REFERENCES variants (id),
    product_id TEXT NOT NULL REFERENCES products (id),
    name TEXT NOT NULL,
    sku TEXT NOT NULL,
    options TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    unit_price BIGINT NOT NULL,
    line_total BIGINT NOT NULL,
    CHECK (line_total = unit_price * quantity)
);
CREATE INDEX order_lines_order_id ON order_lines (order_id);

CREATE TABLE payments (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL UNIQUE REFERENCES orders (id),
    status TEXT NOT NULL,
    amount BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    currency TEXT NOT NULL,
    failure_code TEXT,
    attempt INTEGER NOT NULL,
    token TEXT,
    reference TEXT,
    -- Whose confirmation the attempt is, so that a repeat of it goes on with the same attempt.
    confirm_key TEXT,
    confirm_request TEXT,
    due_task TEXT,
    due_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    CHECK (refunded BETWEEN 0 AND amount),
    CHECK ((due_task IS NULL) = (due_at IS NULL)),
    CHECK ((confirm_key IS NULL) = (confirm_request IS NULL))
);
CREATE INDEX payments_due_at ON payments (due_at) WHERE due_at IS NOT NULL;

-- Append-only: captured less refunded is what the shop has.
CREATE TABLE payment_ledger (
    id TEXT PRIMARY KEY NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    kind TEXT NOT NULL CHECK (kind IN ('authorized', 'captured', 'refunded')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX payment_ledger_payment_id ON payment_ledger (payment_id);

CREATE TABLE deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    status TEXT NOT NULL,
    method TEXT NOT NULL,
    tracking_number TEXT,
    carrier TEXT,
    eta TIMESTAMP,
    due_at TIMESTAMP,
    steps_done INTEGER NOT NULL
);
CREATE INDEX deliveries_order_id ON deliveries (order_id);
CREATE INDEX deliveries_due_at ON deliveries (due_at) WHERE due_at IS NOT NULL;

-- Answers to commands that can be sent again; pruned after a day.
CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY NOT NULL,
    request TEXT NOT NULL,
    outcome TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
