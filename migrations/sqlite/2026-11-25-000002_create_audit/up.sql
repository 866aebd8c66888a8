-- Append-only: who changed what, when and from where, written with the change. Each row is sealed
-- by a hash over itself and the hash before it (src/store/audit/chain.rs), so that a row that is
-- changed, missing or put in breaks the chain. Nothing is referenced: the log outlives all else.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY NOT NULL CHECK (sequence > 0),
    -- Which form was hashed.
    format INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    -- The id of a user, or guest, system or operator.
    actor TEXT NOT NULL,
    session_id TEXT,
    address TEXT,
    request_id TEXT,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT,
    before TEXT,
    after TEXT,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
);
CREATE INDEX audit_at ON audit (at, sequence);
CREATE INDEX audit_actor ON audit (actor, at, sequence);
CREATE INDEX audit_action ON audit (action, at, sequence);
CREATE INDEX audit_object_kind ON audit (object_kind, at, sequence);
CREATE INDEX audit_object_id ON audit (object_id, at, sequence) WHERE object_id IS NOT NULL;

CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- INSERT OR REPLACE would delete the row without a word to the trigger above.
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
