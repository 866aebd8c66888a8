DROP TABLE audit_index;
CREATE INDEX audit_at ON audit (at, sequence);
CREATE INDEX audit_actor ON audit (actor, at, sequence);
CREATE INDEX audit_action ON audit (action, at, sequence);
CREATE INDEX audit_object_kind ON audit (object_kind, at, sequence);
CREATE INDEX audit_object_id ON audit (object_id, at, sequence) WHERE object_id IS NOT NULL;
