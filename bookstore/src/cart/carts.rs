//! `/carts`: a customer's carts as a whole.
//!
//! Every change of a cart first writes the cart's row, even where it only needs to know its state.
//! That makes it wait for an order that is locking the cart, and the order for it: on PostgreSQL
//! through the row's lock, on SQLite because there is one writer.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Carts;
use crate::platform::{
    Error,
    database::{execute, in_transaction, row, rows, status, with_reader},
    error::ErrorDetail,
    extract::{Checked, CustomerId, FromParameters, Parameters},
    paging::{NextPage, Paging},
    token::Token,
    validation::{Location, Problems},
};

/// A customer's cart.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Cart {
    pub(crate) id: i64,
    pub(crate) customer_id: i64,
    pub(crate) status: CartStatus,
}

status! {
    /// Where a cart stands.
    pub(crate) enum CartStatus {
        Active,
        Ordered,
    }
}

/// Carts, by id.
#[derive(Serialize, ToSchema)]
pub(crate) struct AllCarts {
    carts: Vec<Cart>,
}

/// A customer's active cart.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActiveCart {
    cart: Cart,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    pub(super) message: &'static str,
}

impl FromParameters for CartStatus {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        match parameters.query("status").as_deref() {
            None | Some("Ordered") => Some(Self::Ordered),
            Some("Active") => Some(Self::Active),
            Some(_) => problems.add(
                &Location::Field(&Location::Part("query"), "status"),
                "enum",
                "Input should be 'Active' or 'Ordered'",
            ),
        }
    }
}

/// Get all carts, or a page of them.
#[utoipa::path(
    get,
    path = "/carts",
    params(Paging),
    responses((status = 200, body = AllCarts))
)]
pub(super) async fn list(
    State(carts): State<Arc<Carts>>,
    Checked(paging): Checked<Paging>,
) -> Result<(NextPage, Json<AllCarts>), Error> {
    let carts = with_reader!(&carts.database, |reader| rows!(
        reader,
        "SELECT id, customer_id, status FROM carts WHERE id > $1 ORDER BY id LIMIT $2",
        paging.after(),
        paging.rows(),
    ))?;
    let (next, carts) = paging.cut(carts, |cart: &Cart| cart.id);
    Ok((next, Json(AllCarts { carts })))
}

/// Get a customer's active cart.
#[utoipa::path(
    get,
    path = "/carts/{customer_id}",
    params(("customer_id" = i64, Path, minimum = 1)),
    responses(
        (status = 200, body = ActiveCart),
        (status = 404, body = ErrorDetail),
    )
)]
pub(super) async fn show(
    State(carts): State<Arc<Carts>>,
    Checked(CustomerId(customer)): Checked<CustomerId>,
) -> Result<Json<ActiveCart>, Error> {
    let cart = with_reader!(&carts.database, |reader| row!(
        reader,
        "SELECT id, customer_id, status FROM carts WHERE customer_id = $1 AND status = 'Active'",
        customer,
    ))?;
    let cart = cart.ok_or_else(|| no_active_cart(customer))?;
    Ok(Json(ActiveCart { cart }))
}

/// Change the status of a customer's active cart.
#[utoipa::path(
    put,
    path = "/carts/{customer_id}",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("status" = inline(Option<CartStatus>), Query, nullable = false, description = "By default `Ordered`"),
    ),
    responses(
        (status = 202, body = Message),
        (status = 404, body = ErrorDetail),
        (status = 409, description = "The cart is being ordered", body = ErrorDetail),
    )
)]
pub(super) async fn set_status(
    State(carts): State<Arc<Carts>>,
    request: Checked<(CustomerId, CartStatus)>,
) -> Result<(StatusCode, Json<Message>), Error> {
    let Checked((CustomerId(customer), status)) = request;
    in_transaction!(&carts.database, |connection| {
        let cart: Option<HeldCart> = row!(connection, TOUCH_ACTIVE_CART, customer)?;
        let cart = cart.ok_or_else(|| {
            let detail = format!("No active cart found for customer with id: {customer}");
            Error::NotFound(detail.into())
        })?;
        let update = "UPDATE carts SET status = $1 WHERE id = $2";
        execute!(connection, update, status, unlocked(cart)?)?;
    })?;
    let message = "Cart status updated successfully";
    Ok((StatusCode::ACCEPTED, Json(Message { message })))
}

/// The active cart's id, and the order that holds it.
pub(super) type HeldCart = (i64, Option<Token>);

/// Writes a customer's active cart, as a change of its items does: its version tells of it.
pub(super) const TOUCH_ACTIVE_CART: &str = "UPDATE carts SET version = version + 1
    WHERE customer_id = $1 AND status = 'Active' RETURNING id, order_token";

/// The cart's id, unless an order holds it.
pub(super) fn unlocked((id, order): HeldCart) -> Result<i64, Error> {
    match order {
        None => Ok(id),
        Some(_) => Err(being_ordered()),
    }
}

pub(super) fn being_ordered() -> Error {
    Error::Conflict("Cart is being ordered".into())
}

pub(super) fn no_active_cart(customer: i64) -> Error {
    Error::NotFound(format!("Active cart for customer with id: {customer} was not found").into())
}
