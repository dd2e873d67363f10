//! Orders in the database. An order's row is its log: `Pending` from before anything else happens,
//! then `Ordered` or `Cancelled`, once, by compare-and-set; an order whose every copy came back is
//! `Returned`.

use axum::http::StatusCode;

use super::{
    Orders,
    model::OrderStatus,
    recovery::Lease,
    repair::{Standing, standing},
    request::OrderRequest,
    settlement::Kind,
};
use crate::{
    item::{Item, PricedItem},
    platform::{
        Error,
        database::{Database, Moment, execute, in_transaction, now_ms, on_pool, row, with_writer},
        error::Answer,
        idempotency::IdempotencyKey,
        process, retention,
        token::Token,
    },
};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// A new order, pending.
    New(NewOrder),
    /// This request was answered before.
    Finished(Answer),
    /// This request is being worked on, by whoever holds the lease; or was cancelled in this very
    /// moment, which has freed its key.
    Unfinished(Option<Lease>),
    OtherRequest,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct NewOrder {
    /// Its number, for people. Another order may have it after the database was restored or reset.
    pub(super) id: i64,
    /// What it is known by among the services, and by whoever works on it.
    pub(super) token: Token,
    /// How the shop stood when it was written down.
    #[sqlx(flatten)]
    pub(super) standing: Standing,
}

/// An order with the same customer and key: its request, its lease, and its answer if it is
/// finished.
type KnownOrder = (String, Token, i64, Option<i64>, Option<String>);

impl Orders {
    /// Writes down that an order is to be placed, unless its key says that it was already.
    pub(super) async fn open(
        &self,
        customer: i64,
        key: &IdempotencyKey,
        request: &OrderRequest,
    ) -> Result<Opened, Error> {
        let request = request.canonical();
        let token = Token::new();
        let opened: Result<Option<NewOrder>, Error> = with_writer!(&self.database, |writer| row!(
            writer,
            concat!(
                "INSERT INTO orders (customer_id, status, idempotency_key, request, created_at,
                     lease_until, token, owner)
                     VALUES ($1, 'Pending', $2, $3, $4, $5, $6, $7)
                     ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING id, token, ",
                standing!()
            ),
            customer,
            key.0.as_deref(),
            &request,
            now_ms(),
            self.lease_from_now(),
            &token,
            process::THIS.as_deref(),
        ));
        // It may be there all the same.
        let opened = opened.inspect_err(|_| self.let_go(Kind::Order, &token))?;
        if let Some(order) = opened {
            return Ok(Opened::New(order));
        }
        let known: Option<KnownOrder> = with_writer!(&self.database, |writer| row!(
            writer,
            "SELECT request, token, lease_until, answer_status, answer_body FROM orders
             WHERE customer_id = $1 AND idempotency_key = $2",
            customer,
            key.0.as_deref(),
        ))?;
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
        priced: &[PricedItem],
        answer: &Answer,
    ) -> Result<bool, Error> {
        let (status, body) = (i64::from(answer.status.as_u16()), &answer.body);
        let price_of = |item: &Item| {
            let same = |priced: &&PricedItem| priced.product_id == item.product_id;
            priced.iter().find(same).map(|priced| priced.price)
        };
        if let Database::Postgres(pools) = &self.database {
            let books: Vec<i64> = items.iter().map(|item| item.product_id).collect();
            let copies: Vec<i64> = items.iter().map(|item| item.quantity).collect();
            let prices: Vec<Option<i64>> = items.iter().map(price_of).collect();
            let placed: Option<(i64,)> =
                on_pool!(pools.writers, Moment::Statement, |writer| row!(
                    writer,
                    "WITH placed AS (
                         UPDATE orders SET status = 'Ordered', answer_status = $1, answer_body = $2
                         WHERE token = $3 AND status = 'Pending' RETURNING id
                     ), lines AS (
                         INSERT INTO order_items (product_id, quantity, order_id, price)
                         SELECT product_id, copies, id, price FROM placed, unnest($4::BIGINT[],
                             $5::BIGINT[], $6::BIGINT[]) AS lines (product_id, copies, price)
                     )
                     SELECT id FROM placed",
                    status,
                    body,
                    order,
                    &books,
                    &copies,
                    &prices,
                ))?;
            return Ok(placed.is_some());
        }
        in_transaction!(&self.database, |connection| {
            let placed: Option<(i64,)> = row!(
                connection,
                "UPDATE orders SET status = 'Ordered', answer_status = $1, answer_body = $2
                 WHERE token = $3 AND status = 'Pending' RETURNING id",
                status,
                body,
                order,
            )?;
            if let Some((id,)) = placed {
                for item in items {
                    execute!(
                        connection,
                        "INSERT INTO order_items (product_id, quantity, order_id, price)
                         VALUES ($1, $2, $3, $4)",
                        item.product_id,
                        item.quantity,
                        id,
                        price_of(item),
                    )?;
                }
            }
            placed.is_some()
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
        let cancelled = with_writer!(&self.database, |writer| execute!(
            writer,
            "UPDATE orders SET status = 'Cancelled', answer_status = $1, answer_body = $2,
             idempotency_key = CASE WHEN $1 IS NULL THEN NULL ELSE idempotency_key END
             WHERE token = $3 AND status = 'Pending'",
            status,
            body,
            order,
        ))?;
        Ok(cancelled > 0)
    }

    /// Removes a batch of orders that were cancelled before a token was made; how many.
    pub(crate) async fn remove_cancelled(&self, before: Token) -> Result<u64, Error> {
        with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM orders WHERE id IN (SELECT id FROM orders
             WHERE status = 'Cancelled' AND settled_at IS NOT NULL AND token < $1
             ORDER BY token LIMIT $2)",
            &before,
            retention::BATCH,
        ))
    }

    /// Whether an order that is not pending was placed, and what was answered.
    pub(super) async fn decided(&self, order: &Token) -> Result<(bool, Option<Answer>), Error> {
        let found: Option<(OrderStatus, Option<i64>, Option<String>)> =
            with_writer!(&self.database, |writer| row!(
                writer,
                "SELECT status, answer_status, answer_body FROM orders WHERE token = $1",
                order,
            ))?;
        let (status, code, body) = found.ok_or(sqlx::Error::RowNotFound)?;
        let answer = code.zip(body);
        let answer = answer.map(|(code, body)| stored_answer(code, body));
        Ok((status.is_placed(), answer))
    }
}

/// The answer that was written down.
pub(super) fn stored_answer(status: i64, body: String) -> Answer {
    let status = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .expect("only statuses of answers are stored");
    Answer { status, body }
}
