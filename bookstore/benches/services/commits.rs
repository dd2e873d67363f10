//! The peer of orders: the transactions that an order of one line costs, run straight through sqlx
//! on tables of the same kind, one after the other for each client, without HTTP between them.
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

/// Which of an order's transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those in the orders database: it is opened, it becomes final.
    Orders,
    /// Those of the whole shop, also the catalog's: copies are reserved, and sold.
    WholeShop,
}

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

pub(crate) struct Straight {
    runtime: tokio::runtime::Runtime,
    databases: Databases,
}

/// As many as a service of the bookstore has.
const POSTGRES_CONNECTIONS: u32 = 16;

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

const REQUEST: &str = r#"[{"product_id":100,"quantity":1}]"#;
const ANSWER: &str = r#"{"message":"Order created successfully","order":{"id":100000,"customer_id":100000,"status":"Ordered"},"items":[{"product_id":100,"quantity":1}]}"#;

/// An order's transactions, for either kind of database.
macro_rules! place_order {
    ($scope:expr, $n:expr, $orders:expr, $catalog:expr, $begin:literal) => {{
        let (customer, product, now) = ($n as i64 + 1, product($n) as i64, 1_700_000_000_000_i64);
        let token = format!("00000000-0000-7000-8000-{:012x}", $n);
        let ids: Vec<i64> = sqlx::query_scalar(OPEN)
            .bind(customer)
            .bind(REQUEST)
            .bind(now)
            .bind(&token)
            .fetch_all(&mut *$orders)
            .await?;
        let order = ids[0];
        if $scope == Scope::WholeShop {
            let mut connection = $catalog;
            let mut transaction = connection.begin_with($begin).await?;
            sqlx::query(HOLD)
                .bind(&token)
                .bind(now)
                .fetch_all(&mut *transaction)
                .await?;
            sqlx::query(TAKE)
                .bind(product)
                .fetch_all(&mut *transaction)
                .await?;
            sqlx::query(RESERVE_ITEM)
                .bind(&token)
                .bind(product)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
        {
            let mut connection = $orders;
            let mut transaction = connection.begin_with($begin).await?;
            sqlx::query(FINISH)
                .bind(ANSWER)
                .bind(&token)
                .fetch_all(&mut *transaction)
                .await?;
            sqlx::query(ADD_ITEM)
                .bind(product)
                .bind(order)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
        if $scope == Scope::WholeShop {
            sqlx::query(CONFIRM)
                .bind(&token)
                .fetch_all(&mut *$catalog)
                .await?;
        }
    }};
}

impl Straight {
    /// Opens databases that a shop has made.
    pub(crate) fn open(url: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Runtime::new()?;
        let databases = runtime.block_on(Databases::open(url))?;
        Ok(Self { runtime, databases })
    }

    /// Does it for as long as told, so many at once.
    pub(crate) fn run(
        &self,
        scope: Scope,
        clients: usize,
        time: Duration,
    ) -> anyhow::Result<Round> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.runtime.block_on(async {
            let processor_before = processor_time(std::process::id())?;
            let (started, orders) = (Instant::now(), Arc::new(AtomicU64::new(0)));
            let mut running = JoinSet::new();
            for _ in 0..clients {
                let (databases, orders) = (self.databases.clone(), Arc::clone(&orders));
                running.spawn(async move {
                    while started.elapsed() < time {
                        let n = NEXT.fetch_add(1, Ordering::Relaxed);
                        databases.place_order(scope, n).await?;
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
                processor: processor_time(std::process::id())? - processor_before,
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
                    .synchronous(SqliteSynchronous::Normal)
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

    async fn place_order(&self, scope: Scope, n: u64) -> sqlx::Result<()> {
        match self {
            Self::Sqlite { orders, catalog } => {
                place_order!(
                    scope,
                    n,
                    orders.lock().await,
                    catalog.lock().await,
                    "BEGIN IMMEDIATE"
                );
            }
            Self::Postgres { orders, catalog } => {
                place_order!(
                    scope,
                    n,
                    orders.acquire().await?,
                    catalog.acquire().await?,
                    "BEGIN"
                );
            }
        }
        Ok(())
    }
}
