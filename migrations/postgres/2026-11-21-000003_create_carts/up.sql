CREATE TABLE carts (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);

CREATE TABLE cart_items (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    cart_id TEXT COLLATE "C" NOT NULL REFERENCES carts (id),
    variant_id TEXT COLLATE "C" NOT NULL REFERENCES variants (id),
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 999),
    -- The price when it was put in, so that a change can be pointed out.
    price_seen BIGINT NOT NULL,
    UNIQUE (cart_id, variant_id)
);
CREATE INDEX cart_items_variant_id ON cart_items (variant_id);
