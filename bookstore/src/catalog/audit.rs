//! `/audit` of the catalog, and what the audit of the whole shop asks of it.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Catalog,
    model::{Reservation, ReservationStatus, ReservedItem},
};
use crate::platform::{
    Error,
    audit::{Audit, Rule},
    database::{rows, with_reader},
    extract::Checked,
    paging::{NextPage, TokenPaging},
    shared::wants_fresh,
    token::Token,
};

const RULES: [Rule; 4] = [
    Rule {
        says: "copies added = in stock + held + sold - returned",
        broken_by: "
            SELECT 'product ' || CAST(id AS TEXT) || ': added ' || CAST(added AS TEXT)
                || ', in stock ' || CAST(quantity AS TEXT)
                || ', with orders ' || CAST(COALESCE(taken, 0) AS TEXT)
            FROM products LEFT JOIN (
                SELECT product_id, SUM(quantity - returned) AS taken
                FROM reservation_items JOIN reservations USING (order_token)
                WHERE status <> 'Released'
                AND order_token > (SELECT COALESCE(MAX(reset_token), '') FROM resets)
                GROUP BY product_id
            ) AS orders ON product_id = id
            WHERE added <> quantity + COALESCE(taken, 0) ORDER BY id LIMIT 100",
    },
    Rule {
        says: "no stock is negative",
        broken_by: "
            SELECT 'product ' || CAST(id AS TEXT) || ': ' || CAST(quantity AS TEXT)
            FROM products WHERE quantity < 0 ORDER BY id LIMIT 100",
    },
    Rule {
        says: "a reservation that is held or sold is of something",
        broken_by: "
            SELECT 'order ' || order_token
            FROM reservations LEFT JOIN reservation_items USING (order_token)
            WHERE status <> 'Released' AND product_id IS NULL ORDER BY order_token LIMIT 100",
    },
    Rule {
        says: "a line has come back as often as returns say, and only what was sold",
        broken_by: "
            SELECT 'order ' || lines.order_token
                || ', product ' || CAST(lines.product_id AS TEXT)
                || ': ' || CAST(lines.returned AS TEXT) || ' came back, returns say '
                || CAST(COALESCE(came, 0) AS TEXT)
            FROM reservation_items AS lines JOIN reservations USING (order_token) LEFT JOIN (
                SELECT order_token, product_id, SUM(quantity) AS came
                FROM returns JOIN return_items USING (return_token)
                GROUP BY order_token, product_id
            ) AS back
                ON back.order_token = lines.order_token AND back.product_id = lines.product_id
            WHERE returned <> COALESCE(came, 0) OR (returned > 0 AND status <> 'Confirmed')
            ORDER BY lines.order_token LIMIT 100",
    },
];

pub(super) const UNFINISHED: &str = "SELECT COUNT(*) FROM reservations WHERE status = 'Held'";

const COUNTS: [(&str, &str); 3] = [
    ("products", "SELECT COUNT(*) FROM products"),
    ("reservations", "SELECT COUNT(*) FROM reservations"),
    ("returns", "SELECT COUNT(*) FROM returns"),
];

/// Reservations, by order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Reservations {
    pub(crate) reservations: Vec<Reservation>,
}

/// Check that no copy was sold twice, leaked or lost.
#[utoipa::path(get, path = "/audit", responses((status = 200, body = Audit)))]
pub(super) async fn audit(
    State(catalog): State<Arc<Catalog>>,
    headers: HeaderMap,
) -> Result<Json<Audit>, Error> {
    let audit = Audit::of(&catalog.database, &RULES, UNFINISHED, &COUNTS);
    Ok(Json(
        catalog.last_audit.get(wants_fresh(&headers), audit).await?,
    ))
}

/// Get all reservations, by order, or a page of them.
#[utoipa::path(
    get,
    path = "/reservations",
    params(TokenPaging),
    responses((status = 200, body = Reservations))
)]
pub(super) async fn list_reservations(
    State(catalog): State<Arc<Catalog>>,
    Checked(paging): Checked<TokenPaging>,
) -> Result<(NextPage, Json<Reservations>), Error> {
    let lines: Vec<Line> = with_reader!(&catalog.database, |reader| rows!(
        reader,
        "SELECT order_token, status, product_id, quantity, returned
         FROM (SELECT order_token, status FROM reservations
               WHERE order_token > $1 ORDER BY order_token LIMIT $2) AS page
         LEFT JOIN reservation_items USING (order_token) ORDER BY order_token, product_id",
        paging.after(),
        paging.rows(),
    ))?;
    let mut reservations: Vec<Reservation> = Vec::new();
    for (order_token, status, product_id, quantity, returned) in lines {
        let last = reservations.last();
        if last.is_none_or(|last| last.order_token != order_token) {
            let items = Vec::new();
            reservations.push(Reservation {
                order_token,
                status,
                items,
            });
        }
        if let (Some(last), Some(product_id), Some(quantity), Some(returned)) =
            (reservations.last_mut(), product_id, quantity, returned)
        {
            last.items.push(ReservedItem {
                product_id,
                quantity,
                returned,
            });
        }
    }
    let (next, reservations) = paging.cut(reservations, |it| it.order_token.clone());
    Ok((next, Json(Reservations { reservations })))
}

/// A reservation with one of its lines, if it has any.
type Line = (
    Token,
    ReservationStatus,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);
