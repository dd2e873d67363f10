//! `/carts` and `/cart_items`.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Carts,
    checkouts::no_active_cart,
    model::{Cart, CartItem, CartStatus},
    store::not_enough_in_stock,
};
use crate::{
    item::{COPIES, Item},
    platform::{
        Error,
        error::ErrorDetail,
        extract::{
            Checked, CheckedBody, CustomerId, FromBody, FromParameters, OnlyCustomer, Parameters,
            ProductId,
        },
        idempotency::IdempotencyKey,
        paging::{NextPage, Paging},
        validation::{Field, Location, Problems},
    },
};

/// Carts, by id.
#[derive(Serialize, ToSchema)]
pub(crate) struct AllCarts {
    carts: Vec<Cart>,
}

/// Items in carts, by id.
#[derive(Serialize, ToSchema)]
pub(crate) struct CartItems {
    items: Vec<CartItem>,
}

/// A customer's active cart.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActiveCart {
    cart: Cart,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    message: &'static str,
}

/// How many copies a cart shall hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct Quantity {
    #[schema(minimum = 1, maximum = 2147483647)]
    pub(super) quantity: i64,
}

impl FromBody for Item {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        Self::read(&body.object(problems)?, problems)
    }
}

impl FromBody for Quantity {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let quantity = body
            .object(problems)?
            .field("quantity")
            .integer(COPIES, problems)?;
        Some(Self { quantity })
    }
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
    let carts = carts.carts(&paging).await?;
    let (next, carts) = paging.cut(carts, |cart| cart.id);
    Ok((next, Json(AllCarts { carts })))
}

/// Get all items of all carts, or those in a customer's active cart, or a page of them.
#[utoipa::path(
    get,
    path = "/cart_items",
    params(
        ("customer_id" = Option<i64>, Query, minimum = 1, nullable = false,
            description = "List only what is in this customer's active cart"),
        Paging,
    ),
    responses((status = 200, body = CartItems))
)]
pub(super) async fn list_items(
    State(carts): State<Arc<Carts>>,
    request: Checked<(OnlyCustomer, Paging)>,
) -> Result<(NextPage, Json<CartItems>), Error> {
    let Checked((OnlyCustomer(customer), paging)) = request;
    let items = carts.items(customer, &paging).await?;
    let (next, items) = paging.cut(items, |item| item.id);
    Ok((next, Json(CartItems { items })))
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
    let cart = carts.active_cart(customer).await?;
    let cart = cart.ok_or_else(|| no_active_cart(customer))?;
    Ok(Json(ActiveCart { cart }))
}

/// Add copies of a product to a customer's active cart.
#[utoipa::path(
    post,
    path = "/carts/{customer_id}",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("Idempotency-Key" = Option<String>, Header, nullable = false,
            min_length = 1, max_length = 255, pattern = "^[!-~]+$",
            description = "Repeated requests with the same key add the copies once; it is not taken for others"),
    ),
    request_body = Item,
    responses(
        (status = 201, body = Message, links(
            ("cart" = (
                operation_id = "show",
                parameters(("customer_id" = "$request.path.customer_id")),
            )),
            ("status" = (
                operation_id = "set_status",
                parameters(("customer_id" = "$request.path.customer_id")),
            )),
            ("quantity" = (
                operation_id = "update_item",
                parameters(
                    ("customer_id" = "$request.path.customer_id"),
                    ("product_id" = "$request.body#/product_id"),
                ),
            )),
            ("removal" = (
                operation_id = "remove_item",
                parameters(
                    ("customer_id" = "$request.path.customer_id"),
                    ("product_id" = "$request.body#/product_id"),
                ),
            )),
        )),
        (status = 400, description = "Not enough in stock", body = ErrorDetail),
        (status = 404, description = "No such product", body = ErrorDetail),
        (status = 409, description = "The cart is being ordered", body = ErrorDetail),
        (status = 503, description = "The catalog is not available", body = ErrorDetail),
    )
)]
pub(super) async fn add_item(
    State(carts): State<Arc<Carts>>,
    request: CheckedBody<(CustomerId, IdempotencyKey), Item>,
) -> Result<(StatusCode, Json<Message>), Error> {
    let CheckedBody((CustomerId(customer), key), item) = request;
    match enough_in_stock(&carts, &item).await {
        Ok(in_stock) => carts.add_item(customer, &item, in_stock, &key).await?,
        // A repeated request was decided by the first one, whatever is in stock by now.
        Err(_) if carts.was_added(customer, &item, &key).await? => {}
        Err(refused) => return Err(refused),
    }
    let message = "Item added to cart successfully";
    Ok((StatusCode::CREATED, Json(Message { message })))
}

/// Change how many copies of a product are in a customer's active cart.
#[utoipa::path(
    put,
    path = "/carts/{customer_id}/{product_id}",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("product_id" = i64, Path, minimum = 1),
    ),
    request_body = Quantity,
    responses(
        (status = 200, body = Message),
        (status = 400, description = "Not enough in stock", body = ErrorDetail),
        (status = 404, description = "Not in the cart, or no such product", body = ErrorDetail),
        (status = 409, description = "The cart is being ordered", body = ErrorDetail),
        (status = 503, description = "The catalog is not available", body = ErrorDetail),
    )
)]
pub(super) async fn update_item(
    State(carts): State<Arc<Carts>>,
    request: CheckedBody<(CustomerId, ProductId), Quantity>,
) -> Result<Json<Message>, Error> {
    let CheckedBody((CustomerId(customer), ProductId(product_id)), Quantity { quantity }) = request;
    let item = Item {
        product_id,
        quantity,
    };
    enough_in_stock(&carts, &item).await?;
    carts.update_item(customer, &item).await?;
    let message = "Item quantity updated successfully";
    Ok(Json(Message { message }))
}

/// Take a product out of a customer's active cart.
#[utoipa::path(
    delete,
    path = "/carts/{customer_id}/{product_id}",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("product_id" = i64, Path, minimum = 1),
    ),
    responses(
        (status = 204),
        (status = 404, body = ErrorDetail),
        (status = 409, description = "The cart is being ordered", body = ErrorDetail),
    )
)]
pub(super) async fn remove_item(
    State(carts): State<Arc<Carts>>,
    request: Checked<(CustomerId, ProductId)>,
) -> Result<StatusCode, Error> {
    let Checked((CustomerId(customer), ProductId(product_id))) = request;
    carts.remove_item(customer, product_id).await?;
    Ok(StatusCode::NO_CONTENT)
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
    carts.set_status(customer, status).await?;
    let message = "Cart status updated successfully";
    Ok((StatusCode::ACCEPTED, Json(Message { message })))
}

async fn enough_in_stock(carts: &Carts, item: &Item) -> Result<i64, Error> {
    match carts.catalog.product(item.product_id).await? {
        Some(product) if product.quantity >= item.quantity => Ok(product.quantity),
        Some(_) => Err(not_enough_in_stock()),
        None => Err(Error::NotFound(
            format!("Product with id {} not found", item.product_id).into(),
        )),
    }
}
