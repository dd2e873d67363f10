-- Tokens are kept as hashes: whoever reads this table cannot take over a session.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    -- What the next page says.
    flash TEXT,
    -- NULL unless an administrator is signed in.
    admin_since INTEGER,
    admin_seen_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_last_sight ON sessions (seen_at);

CREATE TABLE admins (
    name TEXT PRIMARY KEY,
    -- Argon2id, with its salt and parameters.
    password_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Counted for each account and each address, in windows of time.
CREATE TABLE login_attempts (
    subject TEXT PRIMARY KEY,
    attempts INTEGER NOT NULL,
    window_start INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Forms that may do their work only once.
CREATE TABLE submissions (
    form_key TEXT PRIMARY KEY,
    submitted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
