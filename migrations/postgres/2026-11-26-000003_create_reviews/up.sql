-- What buyers say of a product, once each. What the published ones come to is in `ratings`, which is
-- written in the same transaction.
CREATE TABLE reviews (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    product_id TEXT COLLATE "C" NOT NULL REFERENCES products (id),
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title TEXT,
    body TEXT,
    status TEXT NOT NULL CHECK (status IN ('published', 'hidden')),
    hidden_reason TEXT,
    -- Whether a parcel with the product had come to its author.
    verified BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (product_id, user_id),
    CHECK ((status = 'hidden') = (hidden_reason IS NOT NULL))
);
-- Ids sort by age.
CREATE INDEX reviews_product_id ON reviews (product_id, status, id);
CREATE INDEX reviews_status ON reviews (status, id);
