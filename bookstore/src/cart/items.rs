//! `/cart_items`, and the items of a customer's active cart.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use sqlx::AssertSqlSafe;
use utoipa::ToSchema;

use super::{
    Carts,
    carts::{HeldCart, Message, TOUCH_ACTIVE_CART, unlocked},
};
use crate::{
    item::{COPIES, Item, MOST, MOST_LINES},
    platform::{
        Error,
        database::{execute, in_transaction, now_ms, row, rows, value, with_reader},
        error::ErrorDetail,
        extract::{Checked, CheckedBody, CustomerId, FromBody, OnlyCustomer, ProductId},
        idempotency::{self, IdempotencyKey},
        paging::{NextPage, Paging},
        validation::{Field, Problems},
    },
};

/// Copies of a product in a cart.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct CartItem {
    pub(crate) id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    pub(crate) cart_id: i64,
}

/// Items in carts, by id.
#[derive(Serialize, ToSchema)]
pub(crate) struct CartItems {
    items: Vec<CartItem>,
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
    let whose = match customer {
        Some(_) => "cart_id = (SELECT id FROM carts WHERE customer_id = $1 AND status = 'Active')",
        None => "$1 = 0",
    };
    let query = format!(
        "SELECT id, product_id, quantity, cart_id FROM cart_items
         WHERE {whose} AND id > $2 ORDER BY id LIMIT $3"
    );
    let items = with_reader!(&carts.database, |reader| rows!(
        reader,
        AssertSqlSafe(query.as_str()),
        customer.unwrap_or(0),
        paging.after(),
        paging.rows(),
    ))?;
    let (next, items) = paging.cut(items, |item: &CartItem| item.id);
    Ok((next, Json(CartItems { items })))
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
    in_transaction!(&carts.database, |connection| {
        let not_found = || item_not_found(customer, product_id);
        let cart: Option<HeldCart> = row!(connection, TOUCH_ACTIVE_CART, customer)?;
        let cart = unlocked(cart.ok_or_else(not_found)?)?;
        let update = "UPDATE cart_items SET quantity = $1 WHERE cart_id = $2 AND product_id = $3";
        let updated = execute!(connection, update, quantity, cart, product_id)?;
        if updated == 0 {
            return Err(not_found());
        }
    })?;
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
    in_transaction!(&carts.database, |connection| {
        let not_found = || item_not_found(customer, product_id);
        let cart: Option<HeldCart> = row!(connection, TOUCH_ACTIVE_CART, customer)?;
        let cart = unlocked(cart.ok_or_else(not_found)?)?;
        let delete = "DELETE FROM cart_items WHERE cart_id = $1 AND product_id = $2";
        let removed = execute!(connection, delete, cart, product_id)?;
        if removed == 0 {
            return Err(not_found());
        }
    })?;
    Ok(StatusCode::NO_CONTENT)
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

/// What was added under a key; where that is not known, what is asked for.
const ADDED: &str = "SELECT COALESCE(product_id, $3) AS product_id,
    COALESCE(quantity, $4) AS quantity FROM additions
    WHERE customer_id = $1 AND addition_key = $2";

impl Carts {
    /// Adds copies of a product to the customer's active cart, which is made when there is none.
    /// Under a key that has added the same before it does nothing.
    /// The cart may not hold more copies than are in stock, nor more books than an order may have.
    async fn add_item(
        &self,
        customer: i64,
        item: &Item,
        in_stock: i64,
        key: &IdempotencyKey,
    ) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            if let Some(key) = &key.0 {
                let first = execute!(
                    connection,
                    "INSERT INTO additions (customer_id, addition_key, added_at, product_id, quantity)
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                    customer,
                    key,
                    now_ms(),
                    item.product_id,
                    item.quantity,
                )?;
                if first == 0 {
                    let known = row!(
                        connection,
                        ADDED,
                        customer,
                        key,
                        item.product_id,
                        item.quantity
                    )?;
                    return is_same(known, item).map(drop);
                }
            }
            let cart: Option<HeldCart> = row!(
                connection,
                "INSERT INTO carts (customer_id, status) VALUES ($1, 'Active')
                 ON CONFLICT (customer_id) WHERE status = 'Active'
                 DO UPDATE SET version = carts.version + 1 RETURNING id, order_token",
                customer,
            )?;
            let cart = unlocked(cart.ok_or(sqlx::Error::RowNotFound)?)?;
            let added = execute!(
                connection,
                "INSERT INTO cart_items (cart_id, product_id, quantity) VALUES ($1, $2, $3)
                 ON CONFLICT (cart_id, product_id)
                 DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
                 WHERE cart_items.quantity + excluded.quantity <= $4",
                cart,
                item.product_id,
                item.quantity,
                in_stock.min(MOST),
            )?;
            if added == 0 {
                return Err(not_enough_in_stock());
            }
            let count = "SELECT COUNT(*) FROM cart_items WHERE cart_id = $1";
            let lines: i64 = value!(connection, count, cart)?;
            if lines > MOST_LINES as i64 {
                return Err(Error::Refused(
                    format!("A cart holds up to {MOST_LINES} different products").into(),
                ));
            }
        })
    }

    /// Whether the item was added under the key; an error if something else was.
    async fn was_added(
        &self,
        customer: i64,
        item: &Item,
        key: &IdempotencyKey,
    ) -> Result<bool, Error> {
        let Some(key) = &key.0 else { return Ok(false) };
        let known = with_reader!(&self.database, |reader| row!(
            reader,
            ADDED,
            customer,
            key,
            item.product_id,
            item.quantity,
        ))?;
        is_same(known, item)
    }
}

/// Whether an item was added under a key that is asked for again.
fn is_same(known: Option<Item>, item: &Item) -> Result<bool, Error> {
    match known {
        Some(known) if known != *item => Err(idempotency::used_otherwise()),
        known => Ok(known.is_some()),
    }
}

fn not_enough_in_stock() -> Error {
    Error::Refused("Not enough product in stock".into())
}

fn item_not_found(customer: i64, product_id: i64) -> Error {
    Error::NotFound(
        format!(
            "Product with id: {product_id} does not exist in the cart of customer with id: {customer}"
        )
        .into(),
    )
}
