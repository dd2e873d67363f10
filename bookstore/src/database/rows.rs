//! How many rows a statement has to give.
//!
//! Statements are read to their end by `fetch_all`, never by `fetch_one` or `fetch_optional` (see
//! `clippy.toml`): sqlx drops those after their first row. A statement with `RETURNING` that is
//! dropped half-way commits where nobody looks, and on SQLite the error of that commit is lost.

/// The row of a statement that gives one or none.
pub(crate) fn at_most_one<T>(rows: Vec<T>) -> Option<T> {
    rows.into_iter().next()
}

/// The row of a statement that gives one.
pub(crate) fn exactly_one<T>(rows: Vec<T>) -> sqlx::Result<T> {
    at_most_one(rows).ok_or(sqlx::Error::RowNotFound)
}
