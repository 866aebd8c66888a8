-- What entries of the audit log are looked up by, written behind those who change something and many at
-- once: the log itself has no index but that of its sequence, so an entry costs little. What is not
-- here yet is at the end of the log: at first that is all of it, since no node can write while a table is
-- filled in one go.
DROP INDEX audit_at;
DROP INDEX audit_actor;
DROP INDEX audit_action;
DROP INDEX audit_object_kind;
DROP INDEX audit_object_id;
CREATE TABLE audit_index (
    sequence INTEGER PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT
);
CREATE INDEX audit_index_at ON audit_index (at, sequence);
CREATE INDEX audit_index_actor ON audit_index (actor, at, sequence);
CREATE INDEX audit_index_action ON audit_index (action, at, sequence);
CREATE INDEX audit_index_object_kind ON audit_index (object_kind, at, sequence);
CREATE INDEX audit_index_object_id ON audit_index (object_id, at, sequence)
WHERE object_id IS NOT NULL;

CREATE TRIGGER audit_index_is_not_updated BEFORE UPDATE ON audit_index
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_index_is_not_deleted BEFORE DELETE ON audit_index
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- As with the log itself, INSERT OR REPLACE would delete the row without a word to the trigger above.
CREATE TRIGGER audit_index_is_not_replaced BEFORE INSERT ON audit_index
WHEN EXISTS (SELECT 1 FROM audit_index WHERE sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
