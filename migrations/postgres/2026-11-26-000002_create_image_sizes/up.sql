-- An image in one of the widths it is shown in, made when it was first asked for. One without bytes
-- says that the image itself is the smaller file.
CREATE TABLE image_sizes (
    key TEXT COLLATE "C" NOT NULL REFERENCES images (key),
    width INTEGER NOT NULL CHECK (width > 0),
    content_type TEXT,
    bytes BYTEA,
    PRIMARY KEY (key, width),
    CHECK ((content_type IS NULL) = (bytes IS NULL))
);
