DROP TABLE links;
DROP INDEX refresh_tokens_spent_at;
DROP INDEX sessions_expires_at;
ALTER TABLE sessions DROP COLUMN end_reason;
ALTER TABLE sessions DROP COLUMN network;
ALTER TABLE sessions DROP COLUMN device;
DROP TRIGGER users_stay_deleted;
ALTER TABLE users DROP COLUMN suspended_until;
DROP INDEX users_role;
ALTER TABLE users ADD COLUMN role_name TEXT NOT NULL DEFAULT 'customer'
    CHECK (role_name IN ('customer', 'admin'));
UPDATE users SET role_name = 'admin' WHERE role = 'admin';
ALTER TABLE users DROP COLUMN role;
ALTER TABLE users RENAME COLUMN role_name TO role;
