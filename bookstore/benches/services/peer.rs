//! What reads are held against, each in a process of its own: a bare axum handler that has the catalog's
//! bytes in memory, and one that asks PostgreSQL one query, as an axum service of a few lines would.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

use anyhow::Context;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    routing::get,
    serve::ListenerExt,
};
use serde::Serialize;
use serde_json::json;
use sqlx::{FromRow, PgPool, postgres::PgPoolOptions};
use tokio::net::TcpListener;

use crate::{calls::PRODUCTS, transactions::POSTGRES_CONNECTIONS};

/// What the catalog has answered: that it is there, all books, and each book.
struct Answers {
    health: Bytes,
    list: Bytes,
    products: Vec<Bytes>,
}

type Answer = ([(HeaderName, &'static str); 1], Bytes);

/// Answers from memory.
#[tokio::main]
pub(crate) async fn serve_bare(catalog: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let fetch = async |path: String| -> anyhow::Result<Bytes> {
        let answer = client.get(format!("{catalog}{path}")).send().await?;
        Ok(answer.error_for_status()?.bytes().await?)
    };
    let mut products = Vec::new();
    for id in 1..=PRODUCTS {
        products.push(fetch(format!("/products/{id}")).await?);
    }
    let answers = Arc::new(Answers {
        health: fetch("/health".to_owned()).await?,
        list: fetch("/products".to_owned()).await?,
        products,
    });
    let router = Router::new()
        .route("/health", get(show_health))
        .route("/products", get(show_list))
        .route("/products/{id}", get(show))
        .with_state(answers);
    serve(router).await
}

/// Answers from the database.
#[tokio::main]
pub(crate) async fn serve_one_query(database: &str) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .test_before_acquire(false)
        .connect(database)
        .await?;
    let router = Router::new()
        .route("/products", get(query_list))
        .route("/products/{id}", get(query))
        .with_state(pool);
    serve(router).await
}

/// Serves until standard input ends.
async fn serve(router: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // As the bookstore does. A connection that has just gone needs nothing.
        let _ = stream.set_nodelay(true);
    });
    let announcement = json!({"services": {"catalog": url}});
    writeln!(std::io::stdout(), "{announcement}").context("nobody listens")?;
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // However it ended.
        let _ = ended.await;
    });
    Ok(server.await?)
}

async fn show_health(State(answers): State<Arc<Answers>>) -> Answer {
    json_of(&answers.health)
}

async fn show_list(State(answers): State<Arc<Answers>>) -> Answer {
    json_of(&answers.list)
}

async fn show(State(answers): State<Arc<Answers>>, Path(id): Path<usize>) -> Answer {
    json_of(&answers.products[id - 1])
}

fn json_of(bytes: &Bytes) -> Answer {
    ([(header::CONTENT_TYPE, "application/json")], bytes.clone())
}

#[derive(Serialize, FromRow)]
struct Product {
    id: i64,
    name: String,
    price: i64,
    quantity: i64,
}

async fn query(
    State(pool): State<PgPool>,
    Path(id): Path<i64>,
) -> Result<Json<BTreeMap<&'static str, Product>>, StatusCode> {
    let product = sqlx::query_as("SELECT id, name, price, quantity FROM products WHERE id = $1")
        .bind(id)
        .fetch_all(&pool)
        .await
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let product = product.into_iter().next().ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(BTreeMap::from([("product_detail", product)])))
}

async fn query_list(
    State(pool): State<PgPool>,
) -> Result<Json<BTreeMap<&'static str, Vec<Product>>>, StatusCode> {
    let products = sqlx::query_as("SELECT id, name, price, quantity FROM products ORDER BY id")
        .fetch_all(&pool)
        .await
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(BTreeMap::from([("data", products)])))
}
