//! Makes the catalog what it was at its first start, so that experiments that are repeated begin equal.

use super::{Catalog, Seed};
use crate::{
    Error,
    database::{Database, in_transaction, until_idle},
};

impl Catalog {
    /// Empties every table, and fills the catalog again; ids start from 1 again. Refused while orders are at work.
    pub(super) async fn reset(&self, seed: Seed) -> Result<(), Error> {
        if !until_idle(|| self.empty()).await? {
            return Err(Error::Conflict("Orders hold copies".into()));
        }
        self.seed(seed).await
    }

    /// Whether nothing was at work, so that everything could go.
    async fn empty(&self) -> Result<bool, Error> {
        let statements: &[&'static str] = match &self.database {
            Database::Sqlite { .. } => &[
                "DELETE FROM return_items",
                "DELETE FROM returns",
                "DELETE FROM reservation_items",
                "DELETE FROM reservations",
                "DELETE FROM products",
                "DELETE FROM sqlite_sequence",
            ],
            Database::Postgres(_) => &[
                "TRUNCATE return_items, returns, reservation_items, reservations, products RESTART IDENTITY",
            ],
        };
        in_transaction!(&self.database, |connection| {
            let at_work: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM reservations WHERE status = 'Held'")
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
