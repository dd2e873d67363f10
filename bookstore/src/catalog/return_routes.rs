//! `/returns`: for the orders service.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Catalog, returns::Returned};
use crate::{
    Error,
    error::ErrorDetail,
    extract::{CheckedBody, FromBody, ReturnId},
    item::Item,
    validation::{Field, HttpValidationError, Problems},
};

/// What comes back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnRequest {
    /// The order that bought it.
    #[schema(minimum = 1)]
    pub order_id: i64,
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<Item>,
}

impl FromBody for ReturnRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let body = body.object(problems)?;
        let order_id = body.field("order_id").integer(1..=i64::MAX, problems);
        let items = Item::read_list(&body, problems);
        Some(Self {
            order_id: order_id?,
            items: items?,
        })
    }
}

/// Put copies that an order has bought back in stock. The same call again changes nothing.
#[utoipa::path(
    put,
    path = "/returns/{return_id}",
    params(("return_id" = i64, Path, minimum = 1)),
    request_body = ReturnRequest,
    responses(
        (status = 201, description = "The copies are back in stock"),
        (status = 200, description = "They were back before"),
        (status = 400, description = "More copies than were bought and not returned", body = ErrorDetail),
        (status = 404, description = "The order has bought nothing", body = ErrorDetail),
        (status = 409, description = "Made before with other items", body = ErrorDetail),
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn take_back(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody(ReturnId(id), request): CheckedBody<ReturnId, ReturnRequest>,
) -> Result<StatusCode, Error> {
    let ReturnRequest { order_id, items } = request;
    match catalog.take_back(id, order_id, &items).await? {
        Returned::Now => Ok(StatusCode::CREATED),
        Returned::Before => Ok(StatusCode::OK),
    }
}
