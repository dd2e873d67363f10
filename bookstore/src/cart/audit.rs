//! `/audit` of the cart, and what the audit of the whole shop asks of it.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Carts, model::CheckoutState};
use crate::platform::{
    Error,
    audit::{Audit, Rule},
    database::{rows, with_reader},
    extract::Checked,
    paging::{NextPage, TokenPaging},
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

const UNFINISHED: &str = "SELECT COUNT(*) FROM checkouts WHERE status = 'Locked'";

const COUNTS: [(&str, &str); 2] = [
    ("carts", "SELECT COUNT(*) FROM carts"),
    ("checkouts", "SELECT COUNT(*) FROM checkouts"),
];

/// Checkouts, by order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Checkouts {
    pub checkouts: Vec<CheckoutState>,
}

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

/// Get all checkouts, by order, or a page of them.
#[utoipa::path(
    get,
    path = "/checkouts",
    params(TokenPaging),
    responses((status = 200, body = Checkouts))
)]
pub(super) async fn list_checkouts(
    State(carts): State<Arc<Carts>>,
    Checked(paging): Checked<TokenPaging>,
) -> Result<(NextPage, Json<Checkouts>), Error> {
    let checkouts: Vec<CheckoutState> = with_reader!(&carts.database, |reader| rows!(
        reader,
        "SELECT order_token, status FROM checkouts
         WHERE order_token > $1 ORDER BY order_token LIMIT $2",
        paging.after(),
        paging.rows(),
    ))?;
    let (next, checkouts) = paging.cut(checkouts, |checkout| checkout.order_token.clone());
    Ok((next, Json(Checkouts { checkouts })))
}
