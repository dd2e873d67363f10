//! Forms that may do their work only once, by a key that the form carries.
//!
//! Orders and returns need none of this: the orders service takes such a key itself.

use super::Storefront;
use crate::{
    Error,
    database::{at_most_one, now_ms, with_writer},
};

impl Storefront {
    /// Notes that a form was sent; whether for the first time.
    pub(super) async fn submitted_first(&self, key: &str) -> Result<bool, Error> {
        let noted: Option<String> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar(
                "INSERT INTO submissions (form_key, submitted_at) VALUES ($1, $2)
                 ON CONFLICT (form_key) DO NOTHING RETURNING form_key",
            )
            .bind(key)
            .bind(now_ms())
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        Ok(noted.is_some())
    }

    /// The form did nothing, and may be sent again.
    pub(super) async fn take_back_submission(&self, key: &str) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query("DELETE FROM submissions WHERE form_key = $1")
                .bind(key)
                .execute(writer)
                .await
                .map(drop)
        })
    }

    /// Removes what was noted before a time.
    pub(super) async fn forget_submissions(&self, before: i64) -> Result<(), Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query("DELETE FROM submissions WHERE submitted_at <= $1")
                .bind(before)
                .execute(writer)
                .await
                .map(drop)
        })
    }
}
