//! `/reservations` and `/returns`, for the orders service, and what it asks to find out whether its
//! database or this one has lost something.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Catalog;
use crate::{
    item::{Item, PricedItem},
    platform::{
        Error,
        database::{rows, with_reader},
        error::ErrorDetail,
        extract::{Checked, CheckedBody, FromBody, OrderToken, ReturnToken},
        token::Token,
        token_list::{MOST_TOKENS, TokenList},
        validation::{Field, Problems},
    },
};

/// What an order wants to hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReservationRequest {
    #[schema(min_items = 1, max_items = 100)]
    pub(super) items: Vec<Item>,
    /// An order that has taken copies before. Nothing is taken if it has none any more.
    #[schema(value_type = Option<String>, format = "uuid", nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Token>,
}

/// What an order holds.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct HeldItems {
    /// By product, with the prices of the moment in which they were taken.
    pub(super) items: Vec<PricedItem>,
}

/// What an order that is final has bought.
#[derive(ToSchema)]
pub(crate) struct Sale {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<Item>,
}

impl FromBody for ReservationRequest {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let body = body.object(problems)?;
        let items = Item::read_list(&body, problems);
        let after = match body.field("after") {
            absent if absent.is_absent() => Some(None),
            after => after.token(problems).map(Some),
        };
        Some(Self {
            items: items?,
            after: after?,
        })
    }
}

impl FromBody for Option<Sale> {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        if body.is_absent() {
            return Some(None);
        }
        let items = Item::read_list(&body.object(problems)?, problems)?;
        Some(Some(Sale { items }))
    }
}

/// Take an order's items from stock, all or none. The same call again changes nothing.
#[utoipa::path(
    put,
    path = "/reservations/{order_token}",
    params(("order_token" = String, Path, format = "uuid")),
    request_body = ReservationRequest,
    responses(
        (status = 201, description = "The items are held", body = HeldItems),
        (status = 200, description = "They were held before", body = HeldItems),
        (status = 400, description = "Not enough in stock", body = ErrorDetail),
        (status = 404, description = "No such product", body = ErrorDetail),
        (status = 409, description = "Released before, or made with other items", body = ErrorDetail),
        (status = 412, description = "The order named by `after` has no copies any more", body = ErrorDetail),
    )
)]
pub(super) async fn reserve(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody(OrderToken(order), request): CheckedBody<OrderToken, ReservationRequest>,
) -> Result<(StatusCode, Json<HeldItems>), Error> {
    let after = request.after.as_ref();
    let (reserved, items) = catalog.reserve(&order, &request.items, after).await?;
    Ok((reserved.status(), Json(HeldItems { items })))
}

/// Sell what an order holds, or the items in the body if it holds nothing any more. The same call again
/// changes nothing.
#[utoipa::path(
    post,
    path = "/reservations/{order_token}/confirmation",
    params(("order_token" = String, Path, format = "uuid")),
    request_body(content = Option<Sale>, description = "What an order that is final has bought"),
    responses(
        (status = 204, description = "The items are sold"),
        (status = 400, description = "Not enough in stock", body = ErrorDetail),
        (status = 404, description = "Nothing is held, or no such product", body = ErrorDetail),
        (status = 409, description = "Sold with other items", body = ErrorDetail),
    )
)]
pub(super) async fn confirm(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody(OrderToken(order), sale): CheckedBody<OrderToken, Option<Sale>>,
) -> Result<StatusCode, Error> {
    match sale {
        Some(Sale { items }) => catalog.sell(&order, &items).await?,
        None => catalog.confirm(&order).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Put what an order holds back in stock. The same call again changes nothing.
#[utoipa::path(
    delete,
    path = "/reservations/{order_token}",
    params(("order_token" = String, Path, format = "uuid")),
    responses((status = 204, description = "The order holds nothing"))
)]
pub(super) async fn release(
    State(catalog): State<Arc<Catalog>>,
    Checked(OrderToken(order)): Checked<OrderToken>,
) -> Result<StatusCode, Error> {
    catalog.release(&order).await?;
    Ok(StatusCode::NO_CONTENT)
}

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
    )
)]
pub(super) async fn take_back(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody(ReturnToken(id), request): CheckedBody<ReturnToken, ReturnRequest>,
) -> Result<StatusCode, Error> {
    let ReturnRequest { order_token, items } = request;
    let returned = catalog.take_back(&id, &order_token, &items).await?;
    Ok(returned.status())
}

/// List orders that hold copies: the oldest thousand.
#[utoipa::path(get, path = "/held_reservations", responses((status = 200, body = TokenList)))]
pub(super) async fn held(State(catalog): State<Arc<Catalog>>) -> Result<Json<TokenList>, Error> {
    let held = with_reader!(&catalog.database, |reader| rows!(
        reader,
        "SELECT order_token FROM reservations WHERE status = 'Held' ORDER BY reserved_at LIMIT $1",
        MOST_TOKENS as i64,
    ));
    Ok(Json(TokenList::of(held?)))
}

/// List those of these orders that have taken no copies.
#[utoipa::path(
    post,
    path = "/missing_reservations",
    request_body = TokenList,
    responses((status = 200, body = TokenList)),
)]
pub(super) async fn missing_reservations(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody((), asked): CheckedBody<(), TokenList>,
) -> Result<Json<TokenList>, Error> {
    let known = "SELECT order_token FROM reservations
        WHERE status <> 'Released' AND order_token";
    Ok(Json(asked.missing_in(&catalog.database, known).await?))
}

/// List those of these returns that have brought nothing back.
#[utoipa::path(
    post,
    path = "/missing_returns",
    request_body = TokenList,
    responses((status = 200, body = TokenList)),
)]
pub(super) async fn missing_returns(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody((), asked): CheckedBody<(), TokenList>,
) -> Result<Json<TokenList>, Error> {
    let known = "SELECT return_token FROM returns WHERE return_token";
    Ok(Json(asked.missing_in(&catalog.database, known).await?))
}
