//! `/orders`.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Orders,
    checkout::PlacedOrder,
    request::{IdempotencyKey, OrderRange, OrderRequest, OrderedItems},
    store::{Order, OrderItem},
};
use crate::{
    Error,
    error::{Answer, ErrorDetail},
    extract::{Checked, CheckedBody, CustomerId, OnlyCustomer},
    paging::{NewestFirst, NextPage, Paging},
    trace,
    validation::HttpValidationError,
};

/// Orders that were placed.
#[derive(Serialize, ToSchema)]
pub(crate) struct AllOrders {
    orders: Vec<Order>,
}

/// Lines of orders that were placed, by id.
#[derive(Serialize, ToSchema)]
pub(crate) struct AllOrderItems {
    items: Vec<OrderItem>,
}

/// Get all orders, or a page of them.
#[utoipa::path(
    get,
    path = "/orders",
    params(Paging),
    responses(
        (status = 200, body = AllOrders, headers(
            ("Link" = String, description = "The next page, if there is more than `limit`"),
        )),
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn list(
    State(orders): State<Arc<Orders>>,
    Checked(paging): Checked<Paging>,
) -> Result<(NextPage, Json<AllOrders>), Error> {
    let orders = orders.orders(&paging).await?;
    let (next, orders) = paging.cut(orders, |order| order.id);
    Ok((next, Json(AllOrders { orders })))
}

/// Get a customer's orders, or a page of them.
#[utoipa::path(
    get,
    path = "/orders/{customer_id}",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("newest_first" = Option<bool>, Query, nullable = false,
            description = "Begin with the greatest id instead of the smallest"),
        Paging,
    ),
    responses(
        (status = 200, body = AllOrders, headers(
            ("Link" = String, description = "The next page, if there is more than `limit`"),
        )),
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn list_for_customer(
    State(orders): State<Arc<Orders>>,
    request: Checked<((CustomerId, NewestFirst), Paging)>,
) -> Result<(NextPage, Json<AllOrders>), Error> {
    let Checked(((CustomerId(customer), NewestFirst(newest_first)), paging)) = request;
    let orders = if newest_first {
        orders.latest_orders_of(customer, &paging).await?
    } else {
        orders.orders_of(customer, &paging).await?
    };
    let (next, orders) = paging.cut(orders, |order| order.id);
    Ok((next, Json(AllOrders { orders })))
}

/// Get the lines of all orders, or those of some orders or of one customer's, or a page of them.
#[utoipa::path(
    get,
    path = "/order_items",
    params(
        ("customer_id" = Option<i64>, Query, minimum = 1, nullable = false,
            description = "List only this customer's"),
        OrderRange,
        Paging,
    ),
    responses(
        (status = 200, body = AllOrderItems, headers(
            ("Link" = String, description = "The next page, if there is more than `limit`"),
        )),
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn list_items(
    State(orders): State<Arc<Orders>>,
    request: Checked<((OnlyCustomer, OrderRange), Paging)>,
) -> Result<(NextPage, Json<AllOrderItems>), Error> {
    let Checked(((OnlyCustomer(customer), range), paging)) = request;
    let items = match (customer, range) {
        (Some(customer), range) => orders.items_of(customer, range, &paging).await?,
        (None, OrderRange::ALL) => orders.items(&paging).await?,
        (None, range) => orders.items_within(range, &paging).await?,
    };
    let (next, items) = paging.cut(items, |item| item.id);
    Ok((next, Json(AllOrderItems { items })))
}

/// Order what is in a customer's active cart, or the items in the body.
#[utoipa::path(
    post,
    path = "/orders/{customer_id}",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("Idempotency-Key" = Option<String>, Header, nullable = false,
            min_length = 1, max_length = 255, pattern = "^[!-~]+$",
            description = "Repeated requests with the same key are one order"),
    ),
    request_body(content = Option<OrderedItems>, description = "Leave it out to order the cart"),
    responses(
        (status = 201, body = PlacedOrder, links(
            ("orders" = (
                operation_id = "list_for_customer",
                parameters(("customer_id" = "$request.path.customer_id")),
            )),
            ("return" = (
                operation_id = "return_books",
                parameters(
                    ("customer_id" = "$request.path.customer_id"),
                    ("order_id" = "$response.body#/order/id"),
                ),
            )),
        )),
        (status = 400, description = "Not enough in stock, or the cart is empty", body = ErrorDetail),
        (status = 404, description = "No active cart, or no such product", body = ErrorDetail),
        (status = 409, description = "The cart, or the same request, is being ordered", body = ErrorDetail),
        (status = 422, body = HttpValidationError),
        (status = 503, description = "Another service is not available, and nothing was ordered; or it is not known yet whether, as the detail says: ask again with the same Idempotency-Key", body = ErrorDetail),
    )
)]
pub(super) async fn create(
    State(orders): State<Arc<Orders>>,
    request: CheckedBody<(CustomerId, IdempotencyKey), OrderRequest>,
) -> Result<Answer, Error> {
    let CheckedBody((CustomerId(customer), key), request) = request;
    in_a_task_of_its_own(orders.place(customer, key, request)).await
}

/// What was begun is finished even if the client goes away. The work holds on to the orders, and the
/// process stays until they are let go.
pub(super) async fn in_a_task_of_its_own(
    work: impl Future<Output = Result<Answer, Error>> + Send + 'static,
) -> Result<Answer, Error> {
    let task = tokio::spawn(trace::carried(work));
    task.await.expect("work on orders does not panic")
}
