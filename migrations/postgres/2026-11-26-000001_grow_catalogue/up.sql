-- What listings and searches look in is in memory: only what is shown is kept here.
DROP INDEX products_price_from;
ALTER TABLE products DROP COLUMN price_from;
ALTER TABLE products DROP COLUMN words;
-- The description with its markup, made harmless before it is stored; `description` is its text.
ALTER TABLE products ADD COLUMN description_html TEXT;
CREATE INDEX products_updated_at ON products (updated_at, id);

ALTER TABLE categories ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- One row, locked by whoever changes the tree: two moves at once could make a circle.
CREATE TABLE category_tree (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO category_tree (id, version) VALUES (1, 1);

-- What the products of a category, and of those below it, can say of themselves.
CREATE TABLE category_attributes (
    category_id TEXT COLLATE "C" NOT NULL REFERENCES categories (id),
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'number', 'enumeration', 'boolean')),
    unit TEXT,
    required BOOLEAN NOT NULL,
    choices TEXT NOT NULL,
    PRIMARY KEY (category_id, name),
    CHECK (unit IS NULL OR kind = 'number')
);

-- A variant that was sold once stays on record when it is taken out of the shop.
ALTER TABLE variants ADD COLUMN removed_at TIMESTAMP;

-- Append-only: what was asked for a variant, from when on.
CREATE TABLE price_history (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    variant_id TEXT COLLATE "C" NOT NULL REFERENCES variants (id),
    price BIGINT NOT NULL,
    compare_at_price BIGINT,
    at TIMESTAMP NOT NULL
);
CREATE INDEX price_history_variant_id ON price_history (variant_id, id);

-- How many were sold, and how often the row was changed: of two readings the later one counts.
ALTER TABLE stock ADD COLUMN sold BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stock ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- How many gave a product each number of stars; a product that nobody rated has no row.
CREATE TABLE ratings (
    product_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES products (id),
    ones BIGINT NOT NULL CHECK (ones >= 0),
    twos BIGINT NOT NULL CHECK (twos >= 0),
    threes BIGINT NOT NULL CHECK (threes >= 0),
    fours BIGINT NOT NULL CHECK (fours >= 0),
    fives BIGINT NOT NULL CHECK (fives >= 0),
    version BIGINT NOT NULL
);
