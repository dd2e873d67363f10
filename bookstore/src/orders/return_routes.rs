//! `/orders/{customer_id}/{order_id}/returns`.

use std::sync::Arc;

use axum::extract::State;

use super::{
    Orders,
    request::{IdempotencyKey, OrderedItems, ReturnRequest},
    returns::ReturnedBooks,
    routes::in_a_task_of_its_own,
};
use crate::{
    Error,
    error::{Answer, ErrorDetail},
    extract::{CheckedBody, CustomerId, OrderId},
    validation::HttpValidationError,
};

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
        (status = 422, body = HttpValidationError),
    )
)]
pub(super) async fn create_return(
    State(orders): State<Arc<Orders>>,
    request: CheckedBody<((CustomerId, OrderId), IdempotencyKey), ReturnRequest>,
) -> Result<Answer, Error> {
    let CheckedBody(((CustomerId(customer), OrderId(order)), key), request) = request;
    in_a_task_of_its_own(orders.take_back(customer, order, key, request)).await
}
