//! What orders are held against: the transactions that an order of one line costs, run straight through
//! sqlx on tables of the same kind, one after the other for each customer, without HTTP between them.
//! On PostgreSQL each is one statement, as the services have it.
//!
//! An order's mark as settled is left out: it is written for many orders at once, beside their way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use sqlx::{
    ConnectOptions, Connection, PgPool, SqliteConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::{sync::Mutex, task::JoinSet};

use crate::{calls::product, load::Round, process::processor_time};

/// The databases of a shop that does not run.
#[derive(Clone)]
enum Databases {
    /// One connection each, as there is one writer.
    Sqlite {
        orders: Arc<Mutex<SqliteConnection>>,
        catalog: Arc<Mutex<SqliteConnection>>,
    },
    Postgres {
        orders: PgPool,
        catalog: PgPool,
    },
}

pub(crate) struct Transactions {
    runtime: tokio::runtime::Runtime,
    databases: Databases,
}

/// As many as a service of the bookstore has.
pub(crate) const POSTGRES_CONNECTIONS: u32 = 16;

const OPEN: &str = "INSERT INTO orders
    (customer_id, status, idempotency_key, request, created_at, lease_until, token)
    VALUES ($1, 'Pending', NULL, $2, $3, $3, $4)
    ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING id";
const FINISH: &str = "UPDATE orders SET status = 'Ordered', answer_status = 201, answer_body = $1
    WHERE token = $2 AND status = 'Pending' RETURNING id";
const ADD_ITEM: &str =
    "INSERT INTO order_items (product_id, quantity, order_id) VALUES ($1, 1, $2)";
const HOLD: &str = "INSERT INTO reservations (order_token, status, reserved_at)
    VALUES ($1, 'Held', $2) ON CONFLICT (order_token) DO NOTHING RETURNING order_token";
const TAKE: &str = "UPDATE products SET quantity = quantity - 1
    WHERE id = $1 AND quantity >= 1 RETURNING id";
const RESERVE_ITEM: &str =
    "INSERT INTO reservation_items (order_token, product_id, quantity) VALUES ($1, $2, 1)";
const CONFIRM: &str = "UPDATE reservations SET status = 'Confirmed'
    WHERE order_token = $1 AND status IN ('Held', 'Confirmed') RETURNING order_token";

const HOLD_AT_ONCE: &str = "WITH taken AS (
        UPDATE products SET quantity = quantity - 1 WHERE id = $3 AND quantity >= 1 RETURNING id
    ), made AS (
        INSERT INTO reservations (order_token, status, reserved_at)
        VALUES ($1, 'Held', $2) ON CONFLICT (order_token) DO NOTHING
    )
    INSERT INTO reservation_items (order_token, product_id, quantity) SELECT $1, id, 1 FROM taken";
const FINISH_AT_ONCE: &str = "WITH placed AS (
        UPDATE orders SET status = 'Ordered', answer_status = 201, answer_body = $1
        WHERE token = $2 AND status = 'Pending' RETURNING id
    )
    INSERT INTO order_items (product_id, quantity, order_id) SELECT $3, 1, id FROM placed";

const REQUEST: &str = r#"[{"product_id":100,"quantity":1}]"#;
const ANSWER: &str = r#"{"message":"Order created successfully","order":{"id":100000,"customer_id":100000,"status":"Ordered"},"items":[{"product_id":100,"quantity":1}]}"#;

/// The parameters of the n-th order: customer, product, time and token.
fn parameters(n: u64) -> (i64, i64, i64, String) {
    let token = format!("00000000-0000-7000-8000-{n:012x}");
    (n as i64 + 1, product(n) as i64, 1_700_000_000_000, token)
}

async fn order_on_sqlite(
    n: u64,
    orders: &Mutex<SqliteConnection>,
    catalog: &Mutex<SqliteConnection>,
) -> sqlx::Result<()> {
    let (customer, product, now, token) = parameters(n);
    let opening = sqlx::query_scalar(OPEN).bind(customer).bind(REQUEST);
    let opening = opening.bind(now).bind(&token);
    let ids: Vec<i64> = opening.fetch_all(&mut *orders.lock().await).await?;
    {
        let mut connection = catalog.lock().await;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let holding = sqlx::query(HOLD).bind(&token).bind(now);
        holding.fetch_all(&mut *transaction).await?;
        let taking = sqlx::query(TAKE).bind(product);
        taking.fetch_all(&mut *transaction).await?;
        let noting = sqlx::query(RESERVE_ITEM).bind(&token).bind(product);
        noting.execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    {
        let mut connection = orders.lock().await;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let finishing = sqlx::query(FINISH).bind(ANSWER).bind(&token);
        finishing.fetch_all(&mut *transaction).await?;
        let noting = sqlx::query(ADD_ITEM).bind(product).bind(ids[0]);
        noting.execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    let confirming = sqlx::query(CONFIRM).bind(&token);
    confirming.fetch_all(&mut *catalog.lock().await).await?;
    Ok(())
}

async fn order_on_postgres(n: u64, orders: &PgPool, catalog: &PgPool) -> sqlx::Result<()> {
    let (customer, product, now, token) = parameters(n);
    let opening = sqlx::query(OPEN).bind(customer).bind(REQUEST);
    opening.bind(now).bind(&token).fetch_all(orders).await?;
    let holding = sqlx::query(HOLD_AT_ONCE).bind(&token).bind(now);
    holding.bind(product).execute(catalog).await?;
    let finishing = sqlx::query(FINISH_AT_ONCE).bind(ANSWER).bind(&token);
    finishing.bind(product).execute(orders).await?;
    let confirming = sqlx::query(CONFIRM).bind(&token);
    confirming.fetch_all(catalog).await?;
    Ok(())
}

impl Transactions {
    /// Opens databases that a shop has made.
    pub(crate) fn open(url: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Runtime::new()?;
        let databases = runtime.block_on(Databases::open(url))?;
        Ok(Self { runtime, databases })
    }

    /// Places orders for that time, so many at once.
    pub(crate) fn run(&self, clients: usize, time: Duration) -> anyhow::Result<Round> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.runtime.block_on(async {
            let processor_before = processor_time(&[std::process::id()])?;
            let (started, orders) = (Instant::now(), Arc::new(AtomicU64::new(0)));
            let mut running = JoinSet::new();
            for _ in 0..clients {
                let (databases, orders) = (self.databases.clone(), Arc::clone(&orders));
                running.spawn(async move {
                    while started.elapsed() < time {
                        let n = NEXT.fetch_add(1, Ordering::Relaxed);
                        databases.place_order(n).await?;
                        orders.fetch_add(1, Ordering::Relaxed);
                    }
                    anyhow::Ok(())
                });
            }
            while let Some(client) = running.join_next().await {
                client??;
            }
            Ok(Round {
                requests: orders.load(Ordering::Relaxed),
                elapsed: started.elapsed(),
                processor: processor_time(&[std::process::id()])? - processor_before,
            })
        })
    }
}

impl Databases {
    async fn open(url: &str) -> anyhow::Result<Self> {
        if let Some(folder) = url.strip_prefix("sqlite:") {
            let connect = async |name: &str| {
                let connection = SqliteConnectOptions::new()
                    .filename(format!("{folder}/{name}.db"))
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .disable_statement_logging()
                    .connect()
                    .await?;
                Ok::<_, sqlx::Error>(Arc::new(Mutex::new(connection)))
            };
            return Ok(Self::Sqlite {
                orders: connect("orders").await?,
                catalog: connect("catalog").await?,
            });
        }
        let options: PgConnectOptions = url.parse()?;
        let prefix = options.get_database().context("no database")?.to_owned();
        let connect = async |name: &str| {
            PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .test_before_acquire(false)
                .connect_with(options.clone().database(&format!("{prefix}_{name}")))
                .await
        };
        Ok(Self::Postgres {
            orders: connect("orders").await?,
            catalog: connect("catalog").await?,
        })
    }

    async fn place_order(&self, n: u64) -> sqlx::Result<()> {
        match self {
            Self::Sqlite { orders, catalog } => order_on_sqlite(n, orders, catalog).await,
            Self::Postgres { orders, catalog } => order_on_postgres(n, orders, catalog).await,
        }
    }
}
