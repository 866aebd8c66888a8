CREATE TABLE promotions (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- Empty for one that needs no coupon.
    code TEXT COLLATE "C" UNIQUE,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('percentage', 'amount', 'free_delivery', 'n_for_m')),
    -- Whole percent, minor units, or of how many units one is free.
    value BIGINT NOT NULL CHECK (value > 0),
    min_total BIGINT CHECK (min_total > 0),
    usage_limit BIGINT CHECK (usage_limit > 0),
    per_customer_limit BIGINT CHECK (per_customer_limit > 0),
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    products TEXT NOT NULL,
    categories TEXT NOT NULL,
    -- How many orders that stand have redeemed it.
    used BIGINT NOT NULL CHECK (used >= 0),
    is_active BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CHECK (usage_limit IS NULL OR used <= usage_limit),
    CHECK (starts_at IS NULL OR ends_at IS NULL OR starts_at < ends_at)
);

-- Which orders redeemed what; a row goes when its order is called off.
CREATE TABLE redemptions (
    promotion_id TEXT COLLATE "C" NOT NULL REFERENCES promotions (id),
    order_id TEXT COLLATE "C" NOT NULL,
    -- The user, or a guest's address for mail as a digest.
    customer TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (order_id, promotion_id)
);
CREATE INDEX redemptions_customer ON redemptions (promotion_id, customer);

-- One row: what delivery and taxes cost.
CREATE TABLE tariffs (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    version BIGINT NOT NULL,
    -- Empty is the one that the program brings.
    document TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
INSERT INTO tariffs (id, version, document, updated_at) VALUES (1, 1, '', '2026-11-27 00:00:00');
