//! Makes the orders what they were at the first start: none.

use super::Orders;
use crate::{
    Error,
    database::{Database, in_transaction, until_idle},
};

impl Orders {
    /// Empties every table; ids start from 1 again. Refused while orders are at work.
    pub(super) async fn reset(&self) -> Result<(), Error> {
        if !until_idle(|| self.empty()).await? {
            return Err(Error::Conflict("Orders are at work".into()));
        }
        Ok(())
    }

    /// Whether nothing was at work, so that everything could go.
    async fn empty(&self) -> Result<bool, Error> {
        let statements: &[&'static str] = match &self.database {
            Database::Sqlite { .. } => &[
                "DELETE FROM return_items",
                "DELETE FROM returns",
                "DELETE FROM order_items",
                "DELETE FROM orders",
                "DELETE FROM sqlite_sequence",
            ],
            Database::Postgres(_) => {
                &["TRUNCATE return_items, returns, order_items, orders RESTART IDENTITY"]
            }
        };
        in_transaction!(&self.database, |connection| {
            let at_work: i64 = sqlx::query_scalar(
                "SELECT (SELECT COUNT(*) FROM orders WHERE settled_at IS NULL)
                 + (SELECT COUNT(*) FROM returns WHERE settled_at IS NULL)",
            )
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
