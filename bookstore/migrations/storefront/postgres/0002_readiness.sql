-- What readiness probes write: one row.
CREATE TABLE readiness (
    id BIGINT PRIMARY KEY,
    checked_at BIGINT NOT NULL
);
