//! `/orders`, and the returns of an order.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::AssertSqlSafe;
use utoipa::ToSchema;

use super::{
    Orders,
    checkout::PlacedOrder,
    model::{Order, OrderItem},
    request::{OrderBody, OrderRange, OrderRequest, OrderedItems, ReturnRequest},
    returns::{ReturnedBooks, order_not_found},
};
use crate::platform::{
    Error,
    database::{row, rows, with_reader},
    error::{Answer, ErrorDetail},
    extract::{Checked, CheckedBody, CustomerId, OnlyCustomer, OrderId},
    idempotency::IdempotencyKey,
    paging::{NewestFirst, NextPage, Paging},
    trace,
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
    responses((status = 200, body = AllOrders))
)]
pub(super) async fn list(
    State(orders): State<Arc<Orders>>,
    Checked(paging): Checked<Paging>,
) -> Result<(NextPage, Json<AllOrders>), Error> {
    let orders = orders.orders(None, NewestFirst(false), &paging).await?;
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
    responses((status = 200, body = AllOrders))
)]
pub(super) async fn list_for_customer(
    State(orders): State<Arc<Orders>>,
    request: Checked<((CustomerId, NewestFirst), Paging)>,
) -> Result<(NextPage, Json<AllOrders>), Error> {
    let Checked(((CustomerId(customer), newest_first), paging)) = request;
    let orders = orders.orders(Some(customer), newest_first, &paging).await?;
    let (next, orders) = paging.cut(orders, |order| order.id);
    Ok((next, Json(AllOrders { orders })))
}

/// An order that was placed, with its lines.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeOrder {
    order: Order,
    items: Vec<OrderItem>,
    /// What it cost, in whole units of the currency; not known of early orders.
    total: Option<i64>,
}

/// Get one of a customer's orders with its lines, their prices, and what it cost.
#[utoipa::path(
    get,
    path = "/orders/{customer_id}/{order_id}",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("order_id" = i64, Path, minimum = 1),
    ),
    responses(
        (status = 200, body = WholeOrder),
        (status = 404, body = ErrorDetail),
    )
)]
pub(super) async fn show_order(
    State(orders): State<Arc<Orders>>,
    request: Checked<(CustomerId, OrderId)>,
) -> Result<Json<WholeOrder>, Error> {
    let Checked((CustomerId(customer), OrderId(id))) = request;
    let query = format!("{PLACED} id = $1 AND customer_id = $2");
    let order = with_reader!(&orders.database, |reader| row!(
        reader,
        AssertSqlSafe(query.as_str()),
        id,
        customer,
    ))?;
    let order = order.ok_or_else(|| order_not_found(customer, id))?;
    let range = OrderRange {
        first_order: id,
        last_order: id,
    };
    let paging = Paging::first_of("/order_items");
    let items = orders.items(Some(customer), range, &paging).await?;
    let total = items.iter().try_fold(0_i64, |total, item| {
        Some(total.saturating_add(item.price?.saturating_mul(item.quantity)))
    });
    Ok(Json(WholeOrder {
        order,
        items,
        total,
    }))
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
    responses((status = 200, body = AllOrderItems))
)]
pub(super) async fn list_items(
    State(orders): State<Arc<Orders>>,
    request: Checked<((OnlyCustomer, OrderRange), Paging)>,
) -> Result<(NextPage, Json<AllOrderItems>), Error> {
    let Checked(((OnlyCustomer(customer), range), paging)) = request;
    let items = orders.items(customer, range, &paging).await?;
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
    request_body(content = Option<OrderBody>, description = "Leave it out to order the cart"),
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
        (status = 412, description = "The cart, or a price, is not as the body says", body = ErrorDetail),
        (status = 503, description = "Another service is not available, and nothing was ordered; or it is not known yet whether, as the detail says: ask again with the same Idempotency-Key", body = ErrorDetail),
    )
)]
pub(super) async fn create(
    State(orders): State<Arc<Orders>>,
    request: CheckedBody<(CustomerId, IdempotencyKey), OrderRequest>,
) -> Result<Answer, Error> {
    let CheckedBody((CustomerId(customer), key), request) = request;
    in_own_task(orders.place(customer, key, request)).await
}

/// Return the books of an order, or the items in the body.
#[utoipa::path(
    post,
    path = "/orders/{customer_id}/{order_id}/returns",
    operation_id = "return_books",
    params(
        ("customer_id" = i64, Path, minimum = 1),
        ("order_id" = i64, Path, minimum = 1),
        ("Idempotency-Key" = Option<String>, Header, nullable = false,
            min_length = 1, max_length = 255, pattern = "^[!-~]+$",
            description = "Repeated requests with the same key are one return"),
    ),
    request_body(content = Option<OrderedItems>, description = "Leave it out to return everything"),
    responses(
        (status = 201, description = "Returned, and back in stock", body = ReturnedBooks),
        (status = 202, description = "Returned; the stock follows", body = ReturnedBooks),
        (status = 400, description = "More copies than are left to return", body = ErrorDetail),
        (status = 404, description = "The customer has no such order", body = ErrorDetail),
        (status = 409, description = "Everything was returned before", body = ErrorDetail),
    )
)]
pub(super) async fn create_return(
    State(orders): State<Arc<Orders>>,
    request: CheckedBody<((CustomerId, OrderId), IdempotencyKey), ReturnRequest>,
) -> Result<Answer, Error> {
    let CheckedBody(((CustomerId(customer), OrderId(order)), key), request) = request;
    in_own_task(orders.take_back(customer, order, key, request)).await
}

/// What was begun is finished even if the client goes away. The work holds on to the orders, and the
/// process stays until they are let go.
async fn in_own_task(
    work: impl Future<Output = Result<Answer, Error>> + Send + 'static,
) -> Result<Answer, Error> {
    let task = tokio::spawn(trace::carried(work));
    task.await.expect("work on orders does not panic")
}

/// Orders that were placed. Ends in `AND`.
const PLACED: &str =
    "SELECT id, customer_id, status FROM orders WHERE status IN ('Ordered', 'Returned') AND";

impl Orders {
    /// Orders that were placed, by id: a customer's, or everybody's.
    async fn orders(
        &self,
        customer: Option<i64>,
        NewestFirst(newest_first): NewestFirst,
        paging: &Paging,
    ) -> Result<Vec<Order>, Error> {
        let whose = customer.map_or("$1 = 0", |_| "customer_id = $1");
        let (seen, page) = match newest_first {
            true => (paging.before(), "id < $2 ORDER BY id DESC"),
            false => (paging.after(), "id > $2 ORDER BY id"),
        };
        let query = format!("{PLACED} {whose} AND {page} LIMIT $3");
        with_reader!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(query.as_str()),
            customer.unwrap_or(0),
            seen,
            paging.rows(),
        ))
    }

    /// Lines of these orders, by id: a customer's, or everybody's.
    async fn items(
        &self,
        customer: Option<i64>,
        range: OrderRange,
        paging: &Paging,
    ) -> Result<Vec<OrderItem>, Error> {
        let (lines, id) = match (customer, range) {
            // Only orders that were placed have lines; saying so lets an index find them.
            (Some(_), _) => (
                "order_items JOIN orders ON orders.id = order_id
                 WHERE customer_id = $1 AND status IN ('Ordered', 'Returned')
                 AND orders.id BETWEEN $2 AND $3",
                "order_items.id",
            ),
            (None, OrderRange::ALL) => ("order_items WHERE $1 = 0 AND $2 <= $3", "id"),
            // The sign keeps SQLite from looking through every line by id.
            (None, _) => (
                "order_items WHERE $1 = 0 AND order_id BETWEEN $2 AND $3",
                "+id",
            ),
        };
        let query = format!(
            "SELECT order_items.id, product_id, quantity, returned, order_id, price
             FROM {lines} AND {id} > $4 ORDER BY {id} LIMIT $5"
        );
        with_reader!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(query.as_str()),
            customer.unwrap_or(0),
            range.first_order,
            range.last_order,
            paging.after(),
            paging.rows(),
        ))
    }
}
