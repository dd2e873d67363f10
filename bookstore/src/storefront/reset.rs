//! Makes the storefront what it was at the first start, but for the administrator's password, which
//! nobody would be told again.

use futures::future::BoxFuture;
use sqlx::AssertSqlSafe;

use super::Storefront;
use crate::platform::{
    Error,
    database::{execute, in_transaction},
    service::Data,
};

impl Data for Storefront {
    fn reset(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            in_transaction!(&self.database, |connection| {
                for table in ["sessions", "login_attempts", "submissions"] {
                    execute!(connection, AssertSqlSafe(format!("DELETE FROM {table}")))?;
                }
            })
        })
    }
}
