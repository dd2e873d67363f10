//! Forms that may do their work only once, by a key that the form carries.
//!
//! Orders and returns need none of this: the orders service takes such a key itself.

use super::Storefront;
use crate::platform::{
    Error,
    database::{execute, now_ms, with_writer},
};

impl Storefront {
    /// Notes that a form was sent; whether for the first time.
    pub(super) async fn submitted_first(&self, key: &str) -> Result<bool, Error> {
        let noted = with_writer!(&self.database, |writer| execute!(
            writer,
            "INSERT INTO submissions (form_key, submitted_at) VALUES ($1, $2)
             ON CONFLICT (form_key) DO NOTHING",
            key,
            now_ms(),
        ))?;
        Ok(noted > 0)
    }

    /// The form did nothing, and may be sent again.
    pub(super) async fn take_back_submission(&self, key: &str) -> Result<(), Error> {
        let delete = "DELETE FROM submissions WHERE form_key = $1";
        with_writer!(&self.database, |writer| execute!(writer, delete, key)).map(drop)
    }

    /// Removes what was noted before a time.
    pub(super) async fn forget_submissions(&self, before: i64) -> Result<(), Error> {
        let delete = "DELETE FROM submissions WHERE submitted_at <= $1";
        with_writer!(&self.database, |writer| execute!(writer, delete, before)).map(drop)
    }
}
