-- Append-only: who changed what, when and from where, written with the change. Each row is sealed
-- by a hash over itself and the hash before it (src/store/audit/chain.rs), so that a row that is
-- changed, missing or put in breaks the chain. Nothing is referenced: the log outlives all else.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY NOT NULL CHECK (sequence > 0),
    -- Which form was hashed.
    format INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    -- The id of a user, or guest, system or operator.
    actor TEXT COLLATE "C" NOT NULL,
    session_id TEXT COLLATE "C",
    address TEXT,
    request_id TEXT COLLATE "C",
    action TEXT COLLATE "C" NOT NULL,
    object_kind TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C",
    before TEXT,
    after TEXT,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
);
CREATE INDEX audit_at ON audit (at, sequence);
CREATE INDEX audit_actor ON audit (actor, at, sequence);
CREATE INDEX audit_action ON audit (action, at, sequence);
CREATE INDEX audit_object_kind ON audit (object_kind, at, sequence);
CREATE INDEX audit_object_id ON audit (object_id, at, sequence) WHERE object_id IS NOT NULL;

CREATE FUNCTION refuse_to_change_the_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_audit_log();
