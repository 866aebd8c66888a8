-- By which nodes tell each other which admins are looking, where there is no Redis. After a crash all
-- write theirs anew, so nothing of it has to be on the disk.
CREATE UNLOGGED TABLE presences (
    node TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    note TEXT NOT NULL
);
