//! Returns: books that were bought come back, each copy once.
//!
//! One transaction of the orders' database takes the copies back from the order; from then on there
//! is no way back. The catalog is notified afterwards, as often as it takes.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Orders,
    model::{
        Order,
        OrderStatus::{self, Ordered, Returned},
    },
    request::ReturnRequest,
    settlement::Kind,
    store::stored_answer,
};
use crate::{
    catalog,
    item::Item,
    platform::{
        Error,
        database::{execute, in_transaction, now_ms, row, rows, value, with_writer},
        error::Answer,
        idempotency::{self, IdempotencyKey},
        process,
        token::Token,
    },
};

/// The answer to a return.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReturnedBooks<'a> {
    message: &'static str,
    order: Order,
    items: &'a [Item],
}

/// What a request for a return has led to, now or when it came before.
struct Accepted {
    token: Token,
    answer: Answer,
    /// Whether it is known that the copies are back in stock.
    settled: bool,
}

/// A return that had the same key: its token, its request and its answer, and whether it is settled.
type KnownReturn = (Token, String, i64, String, bool);

impl Orders {
    /// Takes books of an order back, or answers as before when the key says that it was done.
    pub(super) async fn take_back(
        self: Arc<Self>,
        customer: i64,
        order: i64,
        key: IdempotencyKey,
        request: ReturnRequest,
    ) -> Result<Answer, Error> {
        let accepted = self.accept(customer, order, &key, &request).await?;
        if accepted.settled || self.restock(accepted.token).await {
            return Ok(accepted.answer);
        }
        // Accepted for good; the stock follows.
        Ok(Answer {
            status: StatusCode::ACCEPTED,
            ..accepted.answer
        })
    }

    /// The pivot of a return. The order's row is written first: returns of one order take turns.
    async fn accept(
        &self,
        customer: i64,
        order: i64,
        key: &IdempotencyKey,
        request: &ReturnRequest,
    ) -> Result<Accepted, Error> {
        let canonical = request.canonical();
        let token = Token::new();
        let accepted = in_transaction!(&self.database, |connection| {
            let found = execute!(
                connection,
                "UPDATE orders SET status = status
                 WHERE id = $1 AND customer_id = $2 AND status IN ('Ordered', 'Returned')",
                order,
                customer,
            )?;
            if found == 0 {
                return Err(order_not_found(customer, order));
            }
            let known: Option<KnownReturn> = row!(
                connection,
                "SELECT token, request, answer_status, answer_body, settled_at IS NOT NULL
                 FROM returns WHERE order_id = $1 AND idempotency_key = $2",
                order,
                key.0.as_deref(),
            )?;
            if let Some((token, request, status, body, settled)) = known {
                return if request == canonical {
                    Ok(Accepted {
                        token,
                        answer: stored_answer(status, body),
                        settled,
                    })
                } else {
                    Err(idempotency::used_otherwise())
                };
            }
            let left: Vec<Item> = rows!(
                connection,
                "SELECT product_id, quantity - returned AS quantity FROM order_items
                 WHERE order_id = $1 AND returned < quantity ORDER BY product_id",
                order,
            )?;
            let items = to_take_back(order, &left, request)?;
            for item in &items {
                execute!(
                    connection,
                    "UPDATE order_items SET returned = returned + $1
                     WHERE order_id = $2 AND product_id = $3",
                    item.quantity,
                    order,
                    item.product_id,
                )?;
            }
            let status = if items == left { Returned } else { Ordered };
            let update = "UPDATE orders SET status = $1 WHERE id = $2";
            execute!(connection, update, status, order)?;
            let answer = answer(customer, order, status, &items);
            let id: i64 = value!(
                connection,
                "INSERT INTO returns (order_id, idempotency_key, request, answer_status,
                 answer_body, created_at, lease_until, token, owner)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
                order,
                key.0.as_deref(),
                &canonical,
                i64::from(answer.status.as_u16()),
                &answer.body,
                now_ms(),
                self.lease_from_now(),
                &token,
                process::THIS.as_deref(),
            )?;
            for item in &items {
                execute!(
                    connection,
                    "INSERT INTO return_items (return_id, product_id, quantity)
                     VALUES ($1, $2, $3)",
                    id,
                    item.product_id,
                    item.quantity,
                )?;
            }
            Accepted {
                token: token.clone(),
                answer,
                settled: false,
            }
        });
        if let Err(Error::Database(_)) = &accepted {
            // It may be there all the same.
            self.let_go(Kind::Return, &token);
        }
        accepted
    }

    /// What a return is about.
    pub(super) async fn returned(&self, token: &Token) -> Result<catalog::ReturnRequest, Error> {
        let order_token = with_writer!(&self.database, |writer| value!(
            writer,
            "SELECT orders.token FROM returns JOIN orders ON orders.id = order_id
             WHERE returns.token = $1",
            token,
        ))?;
        let items = with_writer!(&self.database, |writer| rows!(
            writer,
            "SELECT product_id, quantity FROM return_items JOIN returns ON return_id = returns.id
             WHERE token = $1 ORDER BY product_id",
            token,
        ))?;
        Ok(catalog::ReturnRequest { order_token, items })
    }
}

/// The items of a return, given what is left of the order.
fn to_take_back(order: i64, left: &[Item], request: &ReturnRequest) -> Result<Vec<Item>, Error> {
    if left.is_empty() {
        return Err(Error::Conflict(
            format!("Order with id: {order} was returned already").into(),
        ));
    }
    let items = match request {
        ReturnRequest::All => return Ok(left.to_vec()),
        ReturnRequest::Items(items) => items,
    };
    for item in items {
        let line = left.iter().find(|line| line.product_id == item.product_id);
        if line.is_none_or(|line| line.quantity < item.quantity) {
            return Err(Error::Refused(
                format!(
                    "Order with id: {order} has not so many copies to return of product id {}",
                    item.product_id
                )
                .into(),
            ));
        }
    }
    Ok(items.clone())
}

fn answer(customer: i64, order: i64, status: OrderStatus, items: &[Item]) -> Answer {
    let returned = ReturnedBooks {
        message: "Books returned successfully",
        order: Order {
            id: order,
            customer_id: customer,
            status,
        },
        items,
    };
    Answer::json(StatusCode::CREATED, &returned)
}

pub(super) fn order_not_found(customer: i64, order: i64) -> Error {
    Error::NotFound(
        format!("Order with id: {order} of customer with id: {customer} was not found").into(),
    )
}
