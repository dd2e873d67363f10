//! Orders in the database. An order's row is its log: `Pending` from before anything else happens,
//! then `Ordered` or `Cancelled`, once, by compare-and-set.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Orders,
    request::{IdempotencyKey, OrderRequest},
};
use crate::{
    Error,
    database::{in_transaction, now_ms, with_reader, with_writer},
    error::Answer,
    item::Item,
    paging::Paging,
};

/// An order that was placed.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Order {
    pub id: i64,
    pub customer_id: i64,
    /// `Ordered`.
    #[schema(example = "Ordered")]
    pub status: String,
}

/// What a request for an order finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// A new order, pending.
    New(i64),
    /// This request was answered before.
    Finished(Answer),
    /// This request is being worked on, or was left unfinished.
    Unfinished,
    /// Another request had this key.
    OtherRequest,
}

/// An order with the same customer and key: its request, and its answer if it is finished.
type KnownOrder = (String, Option<i64>, Option<String>);

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

    /// Writes down that an order is to be placed, unless its key says that it was already.
    pub(super) async fn open(
        &self,
        customer: i64,
        key: &IdempotencyKey,
        request: &OrderRequest,
    ) -> Result<Opened, Error> {
        let request = request.canonical();
        let opened: Option<i64> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar(
                "INSERT INTO orders (customer_id, status, idempotency_key, request, created_at)
                 VALUES ($1, 'Pending', $2, $3, $4)
                 ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING id",
            )
            .bind(customer)
            .bind(key.0.as_deref())
            .bind(&request)
            .bind(now_ms())
            .fetch_optional(writer)
            .await
        })?;
        if let Some(id) = opened {
            return Ok(Opened::New(id));
        }
        let known: Option<KnownOrder> = with_writer!(&self.database, |writer| {
            sqlx::query_as(
                "SELECT request, answer_status, answer_body FROM orders
                 WHERE customer_id = $1 AND idempotency_key = $2",
            )
            .bind(customer)
            .bind(key.0.as_deref())
            .fetch_optional(writer)
            .await
        })?;
        Ok(match known {
            Some((known, _, _)) if known != request => Opened::OtherRequest,
            Some((_, Some(status), Some(body))) => Opened::Finished(stored_answer(status, body)),
            // Pending, or cancelled in this very moment.
            _ => Opened::Unfinished,
        })
    }

    /// The pivot: the order becomes final with its items. Whether it was still pending.
    pub(super) async fn finish(
        &self,
        order: i64,
        items: &[Item],
        answer: &Answer,
    ) -> Result<bool, Error> {
        in_transaction!(&self.database, |connection| {
            let finished: Option<i64> = sqlx::query_scalar(
                "UPDATE orders SET status = 'Ordered', answer_status = $1, answer_body = $2
                 WHERE id = $3 AND status = 'Pending' RETURNING id",
            )
            .bind(i64::from(answer.status.as_u16()))
            .bind(&answer.body)
            .bind(order)
            .fetch_optional(&mut *connection)
            .await?;
            if finished.is_some() {
                for item in items {
                    sqlx::query(
                        "INSERT INTO order_items (product_id, quantity, order_id)
                         VALUES ($1, $2, $3)",
                    )
                    .bind(item.product_id)
                    .bind(item.quantity)
                    .bind(order)
                    .execute(&mut *connection)
                    .await?;
                }
            }
            finished.is_some()
        })
    }

    /// Cancels the order if it is still pending; whether it was. A refusal is kept to be replayed;
    /// after what may pass (`None`) the key is free, so that the client can try again.
    pub(super) async fn cancel(&self, order: i64, refusal: Option<&Answer>) -> Result<bool, Error> {
        let status = refusal.map(|answer| i64::from(answer.status.as_u16()));
        let body = refusal.map(|answer| answer.body.as_str());
        let cancelled: Option<i64> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar(
                "UPDATE orders SET status = 'Cancelled', answer_status = $1, answer_body = $2,
                 idempotency_key = CASE WHEN $1 IS NULL THEN NULL ELSE idempotency_key END
                 WHERE id = $3 AND status = 'Pending' RETURNING id",
            )
            .bind(status)
            .bind(body)
            .bind(order)
            .fetch_optional(writer)
            .await
        })?;
        Ok(cancelled.is_some())
    }

    /// What was answered about an order, if it is finished.
    pub(super) async fn answer(&self, order: i64) -> Result<Option<Answer>, Error> {
        let answer: Option<(Option<i64>, Option<String>)> =
            with_writer!(&self.database, |writer| {
                sqlx::query_as("SELECT answer_status, answer_body FROM orders WHERE id = $1")
                    .bind(order)
                    .fetch_optional(writer)
                    .await
            })?;
        Ok(match answer {
            Some((Some(status), Some(body))) => Some(stored_answer(status, body)),
            _ => None,
        })
    }
}

fn stored_answer(status: i64, body: String) -> Answer {
    let status = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .expect("only statuses of answers are stored");
    Answer { status, body }
}
