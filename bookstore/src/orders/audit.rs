//! `/audit` of the orders, `/audit/shop` of the whole shop, and what people have to look at: orders and
//! returns whose settlement fails again and again.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Orders;
use crate::platform::{
    Error,
    audit::{Audit, Rule},
    database::{rows, value, with_reader},
    error::ErrorDetail,
    shared::wants_fresh,
};

/// What stays unsettled needs somebody who looks at it.
pub(super) const SETTLED: Rule = Rule {
    says: "an order and a return are settled after a few tries",
    broken_by: "
        SELECT 'order ' || CAST(id AS TEXT) || ': ' || CAST(attempts AS TEXT) || ' tries, '
            || COALESCE(failure, '')
        FROM orders WHERE settled_at IS NULL AND attempts >= 3
        UNION ALL
        SELECT 'return of order ' || CAST(order_id AS TEXT) || ': ' || CAST(attempts AS TEXT)
            || ' tries, ' || COALESCE(failure, '')
        FROM returns WHERE settled_at IS NULL AND attempts >= 3 LIMIT 100",
};

const RULES: [Rule; 5] = [
    SETTLED,
    Rule {
        says: "an order that was placed has lines, any other has none",
        broken_by: "
            SELECT 'order ' || CAST(id AS TEXT) || ': ' || status
            FROM orders LEFT JOIN (SELECT DISTINCT order_id FROM order_items) AS lines
                ON order_id = id
            WHERE (status IN ('Ordered', 'Returned')) <> (order_id IS NOT NULL)
            ORDER BY id LIMIT 100",
    },
    Rule {
        says: "an order that was placed has an answer, one that is pending has none",
        broken_by: "
            SELECT 'order ' || CAST(id AS TEXT) || ': ' || status FROM orders
            WHERE (status IN ('Ordered', 'Returned') AND answer_status IS NULL)
            OR (status = 'Pending' AND answer_status IS NOT NULL)
            ORDER BY id LIMIT 100",
    },
    Rule {
        says: "a line has come back as often as returns say",
        broken_by: "
            SELECT 'order ' || CAST(lines.order_id AS TEXT)
                || ', product ' || CAST(lines.product_id AS TEXT)
                || ': ' || CAST(returned AS TEXT) || ' came back, returns say '
                || CAST(COALESCE(came, 0) AS TEXT)
            FROM order_items AS lines LEFT JOIN (
                SELECT order_id, product_id, SUM(quantity) AS came
                FROM returns JOIN return_items ON return_id = returns.id
                GROUP BY order_id, product_id
            ) AS back ON back.order_id = lines.order_id AND back.product_id = lines.product_id
            WHERE returned <> COALESCE(came, 0) ORDER BY lines.order_id LIMIT 100",
    },
    Rule {
        says: "an order is returned when every copy came back",
        broken_by: "
            SELECT 'order ' || CAST(id AS TEXT) || ': ' || status
            FROM orders JOIN (
                SELECT order_id, SUM(quantity - returned) AS kept FROM order_items
                GROUP BY order_id
            ) AS lines ON order_id = id
            WHERE (status = 'Returned') <> (kept = 0) ORDER BY id LIMIT 100",
    },
];

/// Orders and returns that cart and catalog may not agree with yet.
pub(super) const UNFINISHED: &str = "
    SELECT (SELECT COUNT(*) FROM orders WHERE settled_at IS NULL)
         + (SELECT COUNT(*) FROM returns WHERE settled_at IS NULL)";

const COUNTS: [(&str, &str); 2] = [
    ("orders", "SELECT COUNT(*) FROM orders"),
    ("returns", "SELECT COUNT(*) FROM returns"),
];

/// Check that orders, their lines and their returns agree.
#[utoipa::path(get, path = "/audit", responses((status = 200, body = Audit)))]
pub(super) async fn audit(
    State(orders): State<Arc<Orders>>,
    headers: HeaderMap,
) -> Result<Json<Audit>, Error> {
    let audit = Audit::of(&orders.database, &RULES, UNFINISHED, &COUNTS);
    Ok(Json(
        orders.last_audit.get(wants_fresh(&headers), audit).await?,
    ))
}

/// Check that orders, catalog and cart agree: nothing was oversold, leaked, lost or doubled.
#[utoipa::path(
    get,
    path = "/audit/shop",
    responses(
        (status = 200, body = Audit),
        (status = 503, description = "Another service is not available", body = ErrorDetail),
    )
)]
pub(super) async fn audit_shop(
    State(orders): State<Arc<Orders>>,
    headers: HeaderMap,
) -> Result<Json<Audit>, Error> {
    let audit = orders
        .last_shop_audit
        .get(wants_fresh(&headers), orders.audit_shop());
    Ok(Json(audit.await?))
}

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
pub(super) async fn list_failing(
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
