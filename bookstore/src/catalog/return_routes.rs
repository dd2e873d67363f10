//! `/returns`: for the orders service.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Catalog, returns::Returned};
use crate::{
    Error,
    error::ErrorDetail,
    extract::{CheckedBody, FromBody, ReturnToken},
    item::Item,
    token::Token,
    validation::{Field, HttpValidationError, Problems},
};

/// What comes back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnRequest {
    /// The order that bought it.
    #[schema(value_type = String, format = "uuid")]
    pub order_token: Token,
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<Item>,
}

impl FromBody for ReturnRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let body = body.object(problems)?;
        let order_token = body.field("order_token").token(problems);
        let items = Item::read_list(&body, problems);
        Some(Self {
            order_token: order_token?,
            items: items?,
        })
    }
}

/// Put copies that an order has bought back in stock. The same call again changes nothing.
#[utoipa::path(
    put,
    path = "/returns/{return_token}",
    params(("return_token" = String, Path, format = "uuid")),
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
    CheckedBody(ReturnToken(id), request): CheckedBody<ReturnToken, ReturnRequest>,
) -> Result<StatusCode, Error> {
    let ReturnRequest { order_token, items } = request;
    match catalog.take_back(&id, &order_token, &items).await? {
        Returned::Now => Ok(StatusCode::CREATED),
        Returned::Before => Ok(StatusCode::OK),
    }
}
