//! Checkouts: an order's hold on a cart, so that no cart is bought twice and none changes while it
//! is bought. Keyed by the order; each step may be repeated. Besides, what the orders service asks to find
//! out whether its database or this one has lost something.
//!
//! A checkout goes from `Locked` to `Completed` or to `Cancelled`, once, by compare-and-set. Every
//! step writes the checkout's row first: steps of one order wait for each other there.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Carts,
    carts::{being_ordered, no_active_cart},
};
use crate::{
    item::Item,
    platform::{
        Error,
        database::{
            Database, Moment, PostgresPools, execute, in_transaction, now_ms, on_pool, row, rows,
            status, value, with_reader, with_writer,
        },
        error::ErrorDetail,
        extract::{Checked, CheckedBody, FromBody, OrderToken},
        paging::{NextPage, TokenPaging},
        retention,
        token::Token,
        token_list::{MOST_TOKENS, TokenList},
        validation::{Field, Problems},
    },
};

/// Milliseconds for which a request to add something is known by its key.
const KEYS_KEPT: i64 = 24 * 3_600_000;

/// An order's hold on a cart.
#[derive(Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct CheckoutState {
    #[schema(value_type = String, format = "uuid")]
    pub order_token: Token,
    pub status: CheckoutStatus,
}

status! {
    /// Where an order's hold on a cart stands.
    pub(crate) enum CheckoutStatus {
        /// The cart is being bought.
        Locked,
        /// The order is final.
        Completed,
        /// The order was cancelled, or never had the cart.
        Cancelled,
    }
}

/// Whose cart is to be ordered.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckoutRequest {
    #[schema(minimum = 1)]
    pub customer_id: i64,
}

/// What the locked cart holds.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Checkout {
    /// By product; never empty.
    pub items: Vec<Item>,
}

impl FromBody for CheckoutRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let customer_id = body
            .object(problems)?
            .field("customer_id")
            .integer(1..=i64::MAX, problems)?;
        Some(Self { customer_id })
    }
}

/// Lock a customer's active cart to an order. The same call again changes nothing.
#[utoipa::path(
    put,
    path = "/checkouts/{order_token}",
    params(("order_token" = String, Path, format = "uuid")),
    request_body = CheckoutRequest,
    responses(
        (status = 200, body = Checkout, links(
            ("completion" = (
                operation_id = "complete",
                parameters(("order_token" = "$request.path.order_token")),
            )),
        )),
        (status = 400, description = "The cart is empty", body = ErrorDetail),
        (status = 404, description = "No active cart", body = ErrorDetail),
        (status = 409, description = "Another order holds the cart, or the checkout is over", body = ErrorDetail),
    )
)]
pub(super) async fn lock(
    State(carts): State<Arc<Carts>>,
    CheckedBody(OrderToken(order), request): CheckedBody<OrderToken, CheckoutRequest>,
) -> Result<Json<Checkout>, Error> {
    let items = carts.lock(&order, request.customer_id).await?;
    Ok(Json(Checkout { items }))
}

/// Mark the cart of an order as ordered. The same call again changes nothing.
#[utoipa::path(
    post,
    path = "/checkouts/{order_token}/completion",
    params(("order_token" = String, Path, format = "uuid")),
    responses(
        (status = 204, description = "The cart is ordered"),
        (status = 404, description = "The order holds no cart", body = ErrorDetail),
    )
)]
pub(super) async fn complete(
    State(carts): State<Arc<Carts>>,
    Checked(OrderToken(order)): Checked<OrderToken>,
) -> Result<StatusCode, Error> {
    let completed = match &carts.database {
        Database::Postgres(pools) => complete_at_once(pools, &order).await?,
        Database::Sqlite(_) => in_transaction!(&carts.database, |connection| {
            let completed = execute!(connection, COMPLETE, &order)?;
            execute!(connection, CLOSE_CART, &order)?;
            completed > 0
        })?,
    };
    match completed {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::NotFound(
            format!("order {order} holds no cart").into(),
        )),
    }
}

/// Let go of an order's cart. The same call again changes nothing.
#[utoipa::path(
    delete,
    path = "/checkouts/{order_token}",
    params(("order_token" = String, Path, format = "uuid")),
    responses((status = 204, description = "The order holds no active cart"))
)]
pub(super) async fn unlock(
    State(carts): State<Arc<Carts>>,
    Checked(OrderToken(order)): Checked<OrderToken>,
) -> Result<StatusCode, Error> {
    in_transaction!(&carts.database, |connection| {
        // An order that holds no cart yet leaves a row behind all the same, so that a lock that is still
        // on its way is refused.
        let cancelled = execute!(
            connection,
            "INSERT INTO checkouts (order_token, status) VALUES ($1, 'Cancelled')
             ON CONFLICT (order_token) DO UPDATE SET status = 'Cancelled'
             WHERE checkouts.status = 'Locked'",
            &order,
        )?;
        if cancelled > 0 {
            let free = "UPDATE carts SET order_token = NULL WHERE order_token = $1";
            execute!(connection, free, &order)?;
        }
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// List orders that hold a cart: a thousand of them at most.
#[utoipa::path(get, path = "/locked_checkouts", responses((status = 200, body = TokenList)))]
pub(super) async fn locked(State(carts): State<Arc<Carts>>) -> Result<Json<TokenList>, Error> {
    let locked = with_reader!(&carts.database, |reader| rows!(
        reader,
        "SELECT order_token FROM checkouts WHERE status = 'Locked' ORDER BY order_token LIMIT $1",
        MOST_TOKENS as i64,
    ));
    Ok(Json(TokenList::of(locked?)))
}

/// List those of these orders that have never held a cart.
#[utoipa::path(
    post,
    path = "/missing_checkouts",
    request_body = TokenList,
    responses((status = 200, body = TokenList)),
)]
pub(super) async fn missing(
    State(carts): State<Arc<Carts>>,
    CheckedBody((), asked): CheckedBody<(), TokenList>,
) -> Result<Json<TokenList>, Error> {
    let known = "SELECT order_token FROM checkouts WHERE order_token";
    Ok(Json(asked.missing_in(&carts.database, known).await?))
}

/// Checkouts, by order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Checkouts {
    pub checkouts: Vec<CheckoutState>,
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

impl Carts {
    /// Locks the customer's active cart to an order and tells what is in it. An order that holds
    /// another customer's cart gets no second one.
    async fn lock(&self, order: &Token, customer: i64) -> Result<Vec<Item>, Error> {
        if let Database::Postgres(pools) = &self.database {
            let items = lock_at_once(pools, order, customer).await?;
            if !items.is_empty() {
                return Ok(items);
            }
        }
        in_transaction!(&self.database, |connection| {
            let status: CheckoutStatus = value!(
                connection,
                "INSERT INTO checkouts (order_token, status) VALUES ($1, 'Locked')
                 ON CONFLICT (order_token) DO UPDATE SET status = checkouts.status RETURNING status",
                order,
            )?;
            if status != CheckoutStatus::Locked {
                return Err(Error::Conflict(
                    format!("checkout of order {order} is over").into(),
                ));
            }
            let cart: Option<(i64,)> = row!(
                connection,
                "UPDATE carts SET order_token = $1
                 WHERE customer_id = $2 AND status = 'Active'
                 AND (order_token IS NULL OR order_token = $1)
                 AND NOT EXISTS (SELECT 1 FROM carts AS held
                     WHERE held.order_token = $1 AND held.customer_id <> $2)
                 RETURNING id",
                order,
                customer,
            )?;
            let Some((cart,)) = cart else {
                let active = "SELECT id FROM carts WHERE customer_id = $1 AND status = 'Active'";
                let locked: Option<(i64,)> = row!(connection, active, customer)?;
                return Err(match locked {
                    Some(_) => being_ordered(),
                    None => no_active_cart(customer),
                });
            };
            let items: Vec<Item> = rows!(
                connection,
                "SELECT product_id, quantity FROM cart_items WHERE cart_id = $1 ORDER BY product_id",
                cart,
            )?;
            if items.is_empty() {
                return Err(Error::Refused(
                    format!("Cart of customer with id: {customer} is empty").into(),
                ));
            }
            items
        })
    }

    /// Removes a batch of checkouts that were cancelled before a token was made, and keys of additions
    /// that are as old; how many.
    pub(crate) async fn remove_old(&self, before: Token) -> Result<u64, Error> {
        let additions = with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM additions WHERE added_at < $1",
            now_ms() - KEYS_KEPT
        ))?;
        tracing::debug!(additions, "keys of additions are forgotten");
        with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM checkouts WHERE order_token IN (SELECT order_token FROM checkouts
             WHERE status = 'Cancelled' AND order_token < $1 ORDER BY order_token LIMIT $2)",
            &before,
            retention::BATCH,
        ))
    }
}

const COMPLETE: &str = "UPDATE checkouts SET status = 'Completed'
    WHERE order_token = $1 AND status IN ('Locked', 'Completed')";

const CLOSE_CART: &str = "UPDATE carts SET status = 'Ordered' WHERE order_token = $1";

/// Locks the cart by one statement, in one round trip; nothing (and nothing is done) where that cannot
/// simply be, and the long way finds out why.
///
/// The items are those that were there when the statement began. A cart that somebody has changed
/// since has another version, and is not locked. Here the checkout's row is written last; where there is
/// one already, the statement fails as a whole.
async fn lock_at_once(
    pools: &PostgresPools,
    order: &Token,
    customer: i64,
) -> Result<Vec<Item>, Error> {
    let locked: Result<Vec<Item>, Error> =
        on_pool!(pools.writers, Moment::Statement, |writer| rows!(
            writer,
            "WITH seen AS (
                 SELECT id, version FROM carts
                 WHERE customer_id = $2 AND status = 'Active' AND order_token IS NULL
                 AND EXISTS (SELECT 1 FROM cart_items WHERE cart_id = carts.id)
             ), locked AS (
                 UPDATE carts SET order_token = $1 FROM seen
                 WHERE carts.id = seen.id AND carts.version = seen.version
                 AND status = 'Active' AND order_token IS NULL RETURNING carts.id
             ), checkout AS (
                 INSERT INTO checkouts (order_token, status) SELECT $1, 'Locked' FROM locked
             )
             SELECT product_id, quantity FROM cart_items JOIN locked ON cart_id = locked.id
             ORDER BY product_id",
            order,
            customer,
        ));
    match locked {
        Err(Error::Database(error)) if is_known_already(&error) => Ok(Vec::new()),
        locked => locked,
    }
}

/// Completes a checkout by one statement; whether the order holds a cart.
async fn complete_at_once(pools: &PostgresPools, order: &Token) -> Result<bool, Error> {
    let completed: Option<(Token,)> = on_pool!(pools.writers, Moment::Statement, |writer| row!(
        writer,
        "WITH completed AS (
             UPDATE checkouts SET status = 'Completed'
             WHERE order_token = $1 AND status IN ('Locked', 'Completed') RETURNING order_token
         ), cart AS (
             UPDATE carts SET status = 'Ordered' FROM completed
             WHERE carts.order_token = completed.order_token
         )
         SELECT order_token FROM completed",
        order,
    ))?;
    Ok(completed.is_some())
}

fn is_known_already(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
