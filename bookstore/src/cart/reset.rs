//! Makes the carts what they were at the first start: none.

use super::Carts;
use crate::{
    Error,
    database::{Database, in_transaction, until_idle},
};

impl Carts {
    /// Empties every table; ids start from 1 again. Refused while orders are at work.
    pub(super) async fn reset(&self) -> Result<(), Error> {
        if !until_idle(|| self.empty()).await? {
            return Err(Error::Conflict("Orders hold carts".into()));
        }
        Ok(())
    }

    /// Whether nothing was at work, so that everything could go.
    async fn empty(&self) -> Result<bool, Error> {
        let statements: &[&'static str] = match &self.database {
            Database::Sqlite { .. } => &[
                "DELETE FROM checkouts",
                "DELETE FROM cart_items",
                "DELETE FROM carts",
            ],
            Database::Postgres(_) => &["TRUNCATE checkouts, cart_items, carts RESTART IDENTITY"],
        };
        in_transaction!(&self.database, |connection| {
            let at_work: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM checkouts WHERE status = 'Locked'")
                    .fetch_one(&mut *connection)
                    .await?;
            if at_work == 0 {
                for statement in statements {
                    sqlx::query(*statement).execute(&mut *connection).await?;
                }
            }
            at_work == 0
        })
    }
}
