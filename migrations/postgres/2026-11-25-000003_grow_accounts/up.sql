-- More roles than two.
ALTER TABLE users DROP CONSTRAINT users_role_check;
ALTER TABLE users ADD CONSTRAINT users_role_check
    CHECK (role IN ('customer', 'admin', 'courier', 'seller', 'moderator'));
CREATE INDEX users_role ON users (role) WHERE role <> 'customer';

-- When a suspension ends by itself; empty where somebody has to end it.
ALTER TABLE users ADD COLUMN suspended_until TIMESTAMP
    CHECK (suspended_until IS NULL OR status = 'suspended');

-- Who asked to be forgotten does not come back.
CREATE FUNCTION users_stay_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a deleted account stays deleted';
END
$$;
CREATE TRIGGER users_stay_deleted BEFORE UPDATE OF status ON users
    FOR EACH ROW WHEN (OLD.status = 'deleted' AND NEW.status <> 'deleted')
    EXECUTE FUNCTION users_stay_deleted();

-- From which device and network people came before, and why a session ended.
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT 'an unknown device';
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN end_reason TEXT;
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX refresh_tokens_spent_at ON refresh_tokens (spent_at) WHERE spent_at IS NOT NULL;

-- Links in letters. The token is derived from the id, so there is nothing secret here.
CREATE TABLE links (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('confirm_email', 'reset_password', 'change_email')),
    -- Empty until somebody has looked whether the address has an account.
    user_id TEXT COLLATE "C" REFERENCES users (id),
    email TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    CHECK (user_id IS NOT NULL OR (purpose = 'reset_password' AND used_at IS NULL))
);
CREATE INDEX links_user_id ON links (user_id);
CREATE INDEX links_waiting ON links (created_at) WHERE user_id IS NULL;
CREATE INDEX links_expires_at ON links (expires_at);
