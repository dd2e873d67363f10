//! Makes the storefront what it was at the first start, but for the administrator's password, which
//! nobody would be told again.

use super::Storefront;
use crate::{Error, database::in_transaction};

impl Storefront {
    /// Forgets every visitor, every attempt to sign in, and every form.
    pub(super) async fn reset(&self) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            for statement in [
                "DELETE FROM sessions",
                "DELETE FROM login_attempts",
                "DELETE FROM submissions",
            ] {
                sqlx::query(statement).execute(&mut *connection).await?;
            }
        })
    }
}
