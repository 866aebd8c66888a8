-- An image in one of the widths it is shown in, made when it was first asked for. One without bytes
-- says that the image itself is the smaller file.
CREATE TABLE image_sizes (
    key TEXT NOT NULL REFERENCES images (key),
    width INTEGER NOT NULL CHECK (width > 0),
    content_type TEXT,
    bytes BLOB,
    PRIMARY KEY (key, width),
    CHECK ((content_type IS NULL) = (bytes IS NULL))
);
