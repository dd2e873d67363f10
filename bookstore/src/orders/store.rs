//! Orders in the database. An order's row is its log: `Pending` from before anything else happens,
//! then `Ordered` or `Cancelled`, once, by compare-and-set; an order whose every copy came back is
//! `Returned`.

use axum::http::StatusCode;
use sqlx::AssertSqlSafe;

use super::{
    Orders,
    model::{Order, OrderItem, OrderStatus},
    recovery::Lease,
    repair::{Standing, standing},
    request::{OrderRange, OrderRequest},
    settlement::Kind,
};
use crate::{
    item::{Item, PricedItem},
    platform::{
        Error,
        database::{
            Database, Moment, execute, in_transaction, now_ms, on_pool, row, rows, with_reader,
            with_writer,
        },
        error::Answer,
        idempotency::IdempotencyKey,
        paging::{NewestFirst, Paging},
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewOrder {
    /// Its number, for people. Another order may have it after the database was restored or reset.
    pub(super) id: i64,
    /// What it is known by among the services, and by whoever works on it.
    pub(super) token: Token,
    /// How the shop stood when it was written down.
    pub(super) standing: Standing,
}

#[derive(sqlx::FromRow)]
struct Inserted {
    id: i64,
    #[sqlx(flatten)]
    standing: Standing,
}

/// An order with the same customer and key: its request, its lease, and its answer if it is
/// finished.
type KnownOrder = (String, Token, i64, Option<i64>, Option<String>);

/// Orders that were placed. Ends in `AND`.
const PLACED: &str =
    "SELECT id, customer_id, status FROM orders WHERE status IN ('Ordered', 'Returned') AND";

impl Orders {
    /// Orders that were placed, by id: a customer's, or everybody's.
    pub(super) async fn orders(
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

    pub(super) async fn order_of(&self, customer: i64, id: i64) -> Result<Option<Order>, Error> {
        let query = format!("{PLACED} id = $1 AND customer_id = $2");
        with_reader!(&self.database, |reader| row!(
            reader,
            AssertSqlSafe(query.as_str()),
            id,
            customer,
        ))
    }

    /// Lines of whatever order, by id.
    pub(super) async fn items(&self, paging: &Paging) -> Result<Vec<OrderItem>, Error> {
        with_reader!(&self.database, |reader| rows!(
            reader,
            "SELECT id, product_id, quantity, returned, order_id, price FROM order_items
             WHERE id > $1 ORDER BY id LIMIT $2",
            paging.after(),
            paging.rows(),
        ))
    }

    /// Lines of these orders, by id. The signs keep SQLite from looking through every line by id.
    pub(super) async fn items_within(
        &self,
        range: OrderRange,
        paging: &Paging,
    ) -> Result<Vec<OrderItem>, Error> {
        with_reader!(&self.database, |reader| rows!(
            reader,
            "SELECT id, product_id, quantity, returned, order_id, price FROM order_items
             WHERE order_id BETWEEN $1 AND $2 AND +id > $3 ORDER BY +id LIMIT $4",
            range.first_order,
            range.last_order,
            paging.after(),
            paging.rows(),
        ))
    }

    /// Lines of those of these orders that are a customer's, by id. Only orders that were placed
    /// have lines; saying so lets an index find them.
    pub(super) async fn items_of(
        &self,
        customer: i64,
        range: OrderRange,
        paging: &Paging,
    ) -> Result<Vec<OrderItem>, Error> {
        with_reader!(&self.database, |reader| rows!(
            reader,
            "SELECT order_items.id, product_id, quantity, returned, order_id, price
             FROM order_items JOIN orders ON orders.id = order_id
             WHERE customer_id = $1 AND status IN ('Ordered', 'Returned')
             AND orders.id BETWEEN $2 AND $3 AND order_items.id > $4
             ORDER BY order_items.id LIMIT $5",
            customer,
            range.first_order,
            range.last_order,
            paging.after(),
            paging.rows(),
        ))
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
        let opened: Result<Option<Inserted>, Error> = with_writer!(&self.database, |writer| row!(
            writer,
            concat!(
                "INSERT INTO orders (customer_id, status, idempotency_key, request, created_at,
                     lease_until, token, owner)
                     VALUES ($1, 'Pending', $2, $3, $4, $5, $6, $7)
                     ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING id, ",
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
        if let Some(Inserted { id, standing }) = opened {
            return Ok(Opened::New(NewOrder {
                id,
                token,
                standing,
            }));
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
