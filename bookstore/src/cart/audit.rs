//! `/audit` of the cart.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};

use super::Carts;
use crate::platform::{
    Error,
    audit::{Audit, Rule},
    shared::wants_fresh,
};

const RULES: [Rule; 3] = [
    Rule {
        says: "a customer has at most one active cart",
        broken_by: "
            SELECT 'customer ' || CAST(customer_id AS TEXT) || ': ' || CAST(COUNT(*) AS TEXT)
            FROM carts WHERE status = 'Active' GROUP BY customer_id HAVING COUNT(*) > 1
            ORDER BY customer_id LIMIT 100",
    },
    Rule {
        says: "a checkout at work holds an active cart, one that is completed an ordered cart, one \
               that was cancelled none",
        broken_by: "
            SELECT 'order ' || checkouts.order_token || ': ' || checkouts.status
                || ', cart is ' || COALESCE(carts.status, 'none')
            FROM checkouts LEFT JOIN carts ON carts.order_token = checkouts.order_token
            WHERE COALESCE(carts.status, 'none') <> CASE checkouts.status
                WHEN 'Locked' THEN 'Active' WHEN 'Completed' THEN 'Ordered' ELSE 'none' END
            ORDER BY checkouts.order_token LIMIT 100",
    },
    Rule {
        says: "a cart is held by an order that has a checkout, and by no other",
        broken_by: "
            SELECT 'cart ' || CAST(MIN(carts.id) AS TEXT)
                || ': order ' || carts.order_token
            FROM carts LEFT JOIN checkouts ON checkouts.order_token = carts.order_token
            WHERE carts.order_token IS NOT NULL
            GROUP BY carts.order_token HAVING COUNT(*) > 1 OR COUNT(checkouts.order_token) = 0
            ORDER BY carts.order_token LIMIT 100",
    },
];

pub(super) const UNFINISHED: &str = "SELECT COUNT(*) FROM checkouts WHERE status = 'Locked'";

const COUNTS: [(&str, &str); 2] = [
    ("carts", "SELECT COUNT(*) FROM carts"),
    ("checkouts", "SELECT COUNT(*) FROM checkouts"),
];

/// Check that no cart is held by nobody, or by two orders.
#[utoipa::path(get, path = "/audit", responses((status = 200, body = Audit)))]
pub(super) async fn audit(
    State(carts): State<Arc<Carts>>,
    headers: HeaderMap,
) -> Result<Json<Audit>, Error> {
    let audit = Audit::of(&carts.database, &RULES, UNFINISHED, &COUNTS);
    Ok(Json(
        carts.last_audit.get(wants_fresh(&headers), audit).await?,
    ))
}
