//! Orders and returns whose settlement fails again and again: something that people have to look at.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Orders, audit::UNFINISHED};
use crate::platform::{
    Error,
    database::{rows, value, with_reader},
};

/// An order, or a return, that catalog or cart did not accept yet.
#[derive(Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct FailingSettlement {
    pub(crate) order_id: i64,
    pub(crate) customer_id: i64,
    /// `order` or `return`.
    #[schema(example = "return")]
    pub(crate) kind: String,
    /// How often it has failed.
    pub(crate) attempts: i64,
    /// Why it failed the last time.
    pub(crate) failure: String,
}

/// Settlements that have failed three times or more: the first hundred.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct FailingSettlements {
    pub(crate) settlements: Vec<FailingSettlement>,
    /// Orders and returns that are not settled, however often that was tried.
    pub(crate) unsettled: i64,
}

/// List orders and returns whose settlement has failed three times or more: a hundred of them at most.
#[utoipa::path(
    get,
    path = "/failing_settlements",
    operation_id = "list_failing_settlements",
    responses((status = 200, body = FailingSettlements))
)]
pub(super) async fn list(
    State(orders): State<Arc<Orders>>,
) -> Result<Json<FailingSettlements>, Error> {
    let settlements = with_reader!(&orders.database, |reader| rows!(
        reader,
        "SELECT id AS order_id, customer_id, 'order' AS kind, attempts,
             COALESCE(failure, '') AS failure
         FROM orders WHERE settled_at IS NULL AND attempts >= 3
         UNION ALL
         SELECT orders.id, customer_id, 'return', returns.attempts, COALESCE(returns.failure, '')
         FROM returns JOIN orders ON orders.id = order_id
         WHERE returns.settled_at IS NULL AND returns.attempts >= 3
         ORDER BY order_id LIMIT 100"
    ))?;
    let unsettled = with_reader!(&orders.database, |reader| value!(reader, UNFINISHED))?;
    Ok(Json(FailingSettlements {
        settlements,
        unsettled,
    }))
}
