-- What readiness probes write: one row.
CREATE TABLE readiness (
    id INTEGER PRIMARY KEY,
    checked_at INTEGER NOT NULL
) STRICT;
