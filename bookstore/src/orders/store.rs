//! Orders in the database. An order's row is its log: `Pending` from before anything else happens,
//! then `Ordered` or `Cancelled`, once, by compare-and-set; an order whose every copy came back is
//! `Returned`.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Orders,
    recovery::Lease,
    request::{IdempotencyKey, OrderRange, OrderRequest},
};
use crate::{
    Error,
    database::{at_most_one, in_transaction, now_ms, with_reader, with_writer},
    error::Answer,
    item::Item,
    paging::Paging,
    token::Token,
};

/// An order that was placed.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) customer_id: i64,
    /// `Ordered`, or `Returned` when every copy came back.
    #[schema(example = "Ordered")]
    pub(crate) status: String,
}

/// Copies of a product that an order has bought.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct OrderItem {
    pub(crate) id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    /// Copies that came back.
    pub(crate) returned: i64,
    pub(crate) order_id: i64,
}

/// What a request for an order finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// A new order, pending.
    New(NewOrder),
    /// This request was answered before.
    Finished(Answer),
    /// This request is being worked on, by whoever holds the lease; or was cancelled in this very
    /// moment, which has freed its key.
    Unfinished(Option<Lease>),
    /// Another request had this key.
    OtherRequest,
}

/// An order that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewOrder {
    /// Its number, for people. Another order may have it after the database was restored or reset.
    pub(super) id: i64,
    /// What it is known by among the services, and by whoever works on it.
    pub(super) token: Token,
}

/// An order with the same customer and key: its request, its lease, and its answer if it is
/// finished.
type KnownOrder = (String, Token, i64, Option<i64>, Option<String>);

impl Orders {
    /// Orders that were placed, by id.
    pub(super) async fn orders(&self, paging: &Paging) -> Result<Vec<Order>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, customer_id, status FROM orders
                 WHERE status IN ('Ordered', 'Returned') AND id > $1 ORDER BY id LIMIT $2",
            )
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// A customer's orders, by id.
    pub(super) async fn orders_of(
        &self,
        customer: i64,
        paging: &Paging,
    ) -> Result<Vec<Order>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, customer_id, status FROM orders
                 WHERE customer_id = $1 AND status IN ('Ordered', 'Returned') AND id > $2
                 ORDER BY id LIMIT $3",
            )
            .bind(customer)
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// A customer's orders, the latest first.
    pub(super) async fn latest_orders_of(
        &self,
        customer: i64,
        paging: &Paging,
    ) -> Result<Vec<Order>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, customer_id, status FROM orders
                 WHERE customer_id = $1 AND status IN ('Ordered', 'Returned') AND id < $2
                 ORDER BY id DESC LIMIT $3",
            )
            .bind(customer)
            .bind(paging.before())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// Lines of whatever order, by id.
    pub(super) async fn items(&self, paging: &Paging) -> Result<Vec<OrderItem>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, product_id, quantity, returned, order_id FROM order_items
                 WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// Lines of these orders, by id. The signs keep SQLite from looking through every line by id.
    pub(super) async fn items_within(
        &self,
        range: OrderRange,
        paging: &Paging,
    ) -> Result<Vec<OrderItem>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, product_id, quantity, returned, order_id FROM order_items
                 WHERE order_id BETWEEN $1 AND $2 AND +id > $3 ORDER BY +id LIMIT $4",
            )
            .bind(range.first_order)
            .bind(range.last_order)
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// Lines of those of these orders that are a customer's, by id. Only orders that were placed
    /// have lines; saying so lets an index find them.
    pub(super) async fn items_of(
        &self,
        customer: i64,
        range: OrderRange,
        paging: &Paging,
    ) -> Result<Vec<OrderItem>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT order_items.id, product_id, quantity, returned, order_id
                 FROM order_items JOIN orders ON orders.id = order_id
                 WHERE customer_id = $1 AND status IN ('Ordered', 'Returned')
                 AND orders.id BETWEEN $2 AND $3 AND order_items.id > $4
                 ORDER BY order_items.id LIMIT $5",
            )
            .bind(customer)
            .bind(range.first_order)
            .bind(range.last_order)
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// Writes down that an order is to be placed, unless its key says that it was already.
    pub(super) async fn open(
        &self,
        customer: i64,
        key: &IdempotencyKey,
        request: &OrderRequest,
    ) -> Result<Opened, Error> {
        let request = request.canonical();
        let token = Token::new();
        let opened: Option<i64> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar(
                "INSERT INTO orders
                 (customer_id, status, idempotency_key, request, created_at, lease_until, token)
                 VALUES ($1, 'Pending', $2, $3, $4, $5, $6)
                 ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING id",
            )
            .bind(customer)
            .bind(key.0.as_deref())
            .bind(&request)
            .bind(now_ms())
            .bind(self.lease_from_now())
            .bind(&token)
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        if let Some(id) = opened {
            return Ok(Opened::New(NewOrder { id, token }));
        }
        let known: Option<KnownOrder> = with_writer!(&self.database, |writer| {
            sqlx::query_as(
                "SELECT request, token, lease_until, answer_status, answer_body FROM orders
                 WHERE customer_id = $1 AND idempotency_key = $2",
            )
            .bind(customer)
            .bind(key.0.as_deref())
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        Ok(match known {
            Some((known, ..)) if known != request => Opened::OtherRequest,
            Some((.., Some(status), Some(body))) => Opened::Finished(stored_answer(status, body)),
            Some((_, token, until, ..)) => Opened::Unfinished(Some(Lease { token, until })),
            None => Opened::Unfinished(None),
        })
    }

    /// The pivot: the order becomes final with its items. Whether it was still pending.
    pub(super) async fn finish(
        &self,
        order: &Token,
        items: &[Item],
        answer: &Answer,
    ) -> Result<bool, Error> {
        in_transaction!(&self.database, |connection| {
            let finished: Option<i64> = sqlx::query_scalar(
                "UPDATE orders SET status = 'Ordered', answer_status = $1, answer_body = $2
                 WHERE token = $3 AND status = 'Pending' RETURNING id",
            )
            .bind(i64::from(answer.status.as_u16()))
            .bind(&answer.body)
            .bind(order)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if let Some(id) = finished {
                for item in items {
                    sqlx::query(
                        "INSERT INTO order_items (product_id, quantity, order_id)
                         VALUES ($1, $2, $3)",
                    )
                    .bind(item.product_id)
                    .bind(item.quantity)
                    .bind(id)
                    .execute(&mut *connection)
                    .await?;
                }
            }
            finished.is_some()
        })
    }

    /// Cancels the order if it is still pending; whether it was. A refusal is kept to be replayed;
    /// after what may pass (`None`) the key is free, so that the client can try again.
    pub(super) async fn cancel(
        &self,
        order: &Token,
        refusal: Option<&Answer>,
    ) -> Result<bool, Error> {
        let status = refusal.map(|answer| i64::from(answer.status.as_u16()));
        let body = refusal.map(|answer| answer.body.as_str());
        let cancelled: Option<i64> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar(
                "UPDATE orders SET status = 'Cancelled', answer_status = $1, answer_body = $2,
                 idempotency_key = CASE WHEN $1 IS NULL THEN NULL ELSE idempotency_key END
                 WHERE token = $3 AND status = 'Pending' RETURNING id",
            )
            .bind(status)
            .bind(body)
            .bind(order)
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        Ok(cancelled.is_some())
    }

    /// What was answered about an order, if it is finished.
    pub(super) async fn answer(&self, order: &Token) -> Result<Option<Answer>, Error> {
        let answer: Option<(Option<i64>, Option<String>)> =
            with_writer!(&self.database, |writer| {
                sqlx::query_as("SELECT answer_status, answer_body FROM orders WHERE token = $1")
                    .bind(order)
                    .fetch_all(writer)
                    .await
                    .map(at_most_one)
            })?;
        Ok(match answer {
            Some((Some(status), Some(body))) => Some(stored_answer(status, body)),
            _ => None,
        })
    }
}

pub(super) fn stored_answer(status: i64, body: String) -> Answer {
    let status = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .expect("only statuses of answers are stored");
    Answer { status, body }
}
