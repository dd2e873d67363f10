//! `/checkouts`, for the orders service, and what it asks to find out whether its database or this one
//! has lost something.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Carts;
use crate::{
    item::Item,
    platform::{
        Error,
        database::{rows, with_reader},
        error::ErrorDetail,
        extract::{Checked, CheckedBody, FromBody, OrderToken},
        token_list::{MOST_TOKENS, TokenList},
        validation::{Field, Problems},
    },
};

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
    carts.complete(&order).await?;
    Ok(StatusCode::NO_CONTENT)
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
    carts.unlock(&order).await?;
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
