//! The peer of reads: a bare axum handler in a process of its own, with the catalog's very bytes in
//! memory.

use std::{
    io::{Read, Write},
    sync::Arc,
};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderName, header},
    routing::get,
    serve::ListenerExt,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::calls::PRODUCTS;

/// What the catalog has answered: that it is there, all books, and each book.
struct Answers {
    health: Bytes,
    list: Bytes,
    products: Vec<Bytes>,
}

type Answer = ([(HeaderName, &'static str); 1], Bytes);

/// Serves until standard input ends.
#[tokio::main]
pub(crate) async fn serve(catalog: &str) -> anyhow::Result<()> {
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
