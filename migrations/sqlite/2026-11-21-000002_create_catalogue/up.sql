CREATE TABLE categories (
    id TEXT PRIMARY KEY NOT NULL,
    parent_id TEXT REFERENCES categories (id),
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    position INTEGER NOT NULL
);
CREATE INDEX categories_parent_id ON categories (parent_id);

CREATE TABLE products (
    id TEXT PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    brand TEXT,
    category_id TEXT NOT NULL REFERENCES categories (id),
    attributes TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    -- The lowest price of its variants, kept for sorting.
    price_from BIGINT NOT NULL CHECK (price_from >= 0),
    -- The name and the brand in lower case, each word after a blank: what a search looks in.
    words TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX products_category_id ON products (category_id);
CREATE INDEX products_price_from ON products (price_from, id);

CREATE TABLE variants (
    id TEXT PRIMARY KEY NOT NULL,
    product_id TEXT NOT NULL REFERENCES products (id),
    position INTEGER NOT NULL,
    sku TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    options TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    compare_at_price BIGINT CHECK (compare_at_price >= 0),
    weight_grams BIGINT NOT NULL,
    low_threshold BIGINT NOT NULL
);
CREATE INDEX variants_product_id ON variants (product_id);

-- Apart from the variants: it is written a thousand times as often as they are.
CREATE TABLE stock (
    variant_id TEXT PRIMARY KEY NOT NULL REFERENCES variants (id),
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    CHECK (reserved >= 0),
    CHECK (on_hand >= reserved)
);

-- Append-only: the sum of a variant's rows is what is on hand.
CREATE TABLE stock_ledger (
    id TEXT PRIMARY KEY NOT NULL,
    variant_id TEXT NOT NULL REFERENCES variants (id),
    units BIGINT NOT NULL,
    reason TEXT NOT NULL,
    order_id TEXT,
    at TIMESTAMP NOT NULL
);
CREATE INDEX stock_ledger_variant_id ON stock_ledger (variant_id);

-- Content-addressed: the key is the SHA-256 of the bytes.
CREATE TABLE images (
    key TEXT PRIMARY KEY NOT NULL,
    content_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes BLOB NOT NULL
);

CREATE TABLE product_images (
    product_id TEXT NOT NULL REFERENCES products (id),
    position INTEGER NOT NULL,
    image_key TEXT NOT NULL REFERENCES images (key),
    alt TEXT NOT NULL,
    PRIMARY KEY (product_id, position)
);
