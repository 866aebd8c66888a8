-- By which nodes tell each other which admins are looking. SQLite has one node, and no row here.
CREATE TABLE presences (
    node TEXT PRIMARY KEY NOT NULL,
    note TEXT NOT NULL
);
