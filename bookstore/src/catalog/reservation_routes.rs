//! `/reservations`: for the orders service.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use utoipa::ToSchema;

use super::{Catalog, reservations::Reserved};
use crate::{
    Error,
    error::ErrorDetail,
    extract::{Checked, CheckedBody, FromBody, OrderToken},
    item::Item,
    validation::{Field, HttpValidationError, Problems},
};

/// What an order wants to hold.
#[derive(ToSchema)]
pub(crate) struct ReservationRequest {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<Item>,
}

impl FromBody for ReservationRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let items = Item::read_list(&body.object(problems)?, problems)?;
        Some(Self { items })
    }
}

/// Take an order's items from stock, all or none. The same call again changes nothing.
#[utoipa::path(
    put,
    path = "/reservations/{order_token}",
    params(("order_token" = String, Path, format = "uuid")),
    request_body = ReservationRequest,
    responses(
        (status = 201, description = "The items are held"),
        (status = 200, description = "They were held before"),
        (status = 400, description = "Not enough in stock", body = ErrorDetail),
        (status = 404, description = "No such product", body = ErrorDetail),
        (status = 409, description = "Released before, or made with other items", body = ErrorDetail),
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn reserve(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody(OrderToken(order), request): CheckedBody<OrderToken, ReservationRequest>,
) -> Result<StatusCode, Error> {
    match catalog.reserve(&order, &request.items).await? {
        Reserved::Now => Ok(StatusCode::CREATED),
        Reserved::Before => Ok(StatusCode::OK),
    }
}

/// Sell what an order holds. The same call again changes nothing.
#[utoipa::path(
    post,
    path = "/reservations/{order_token}/confirmation",
    params(("order_token" = String, Path, format = "uuid")),
    responses(
        (status = 204, description = "The items are sold"),
        (status = 404, description = "Nothing is held", body = ErrorDetail),
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn confirm(
    State(catalog): State<Arc<Catalog>>,
    Checked(OrderToken(order)): Checked<OrderToken>,
) -> Result<StatusCode, Error> {
    catalog.confirm(&order).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put what an order holds back in stock. The same call again changes nothing.
#[utoipa::path(
    delete,
    path = "/reservations/{order_token}",
    params(("order_token" = String, Path, format = "uuid")),
    responses(
        (status = 204, description = "The order holds nothing"),
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn release(
    State(catalog): State<Arc<Catalog>>,
    Checked(OrderToken(order)): Checked<OrderToken>,
) -> Result<StatusCode, Error> {
    catalog.release(&order).await?;
    Ok(StatusCode::NO_CONTENT)
}
