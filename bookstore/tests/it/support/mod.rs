//! What the stories need: a shop to talk to, and the databases it stands on.

mod browser;
mod collector;
mod data;
mod distributed;
mod fake;
mod patience;
pub(crate) mod postgres;
mod proxy;
mod shop;
mod visitor;
mod wire;

pub(crate) use browser::Browser;
pub(crate) use collector::Collector;
pub(crate) use data::{Data, administrate};
pub(crate) use distributed::{
    DistributedShop, Pace, ends_in_a_clean_audit, insist, nothing_is_unfinished,
};
pub(crate) use fake::Fake;
pub(crate) use patience::Patience;
pub(crate) use proxy::{Mishap, Proxy, kill};
pub(crate) use shop::{ADMIN_PASSWORD, Process, Service, Shop, command, in_shell};
pub(crate) use visitor::{Page, Visitor};
pub(crate) use wire::{RoundTrips, Wire};

/// The n-th token of an order that only the story knows.
pub(crate) fn token(n: u64) -> String {
    format!("00000000-0000-7000-8000-{n:012}")
}

/// The whole list of books, page by page.
pub(crate) async fn every_book(catalog: &Service) -> Vec<serde_json::Value> {
    let mut books: Vec<serde_json::Value> = Vec::new();
    loop {
        let after = books.last().map_or(0, |book| book["id"].as_i64().unwrap());
        let (status, answer) = catalog.get(&format!("/products?after={after}")).await;
        assert_eq!(status, 200, "{answer}");
        let page = answer["data"].as_array().unwrap();
        if page.is_empty() {
            return books;
        }
        books.extend_from_slice(page);
    }
}

/// Tells each story on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($(async fn $name:ident($shop:ident: Shop) $story:block)*) => {
        $(
            async fn $name($shop: $crate::support::Shop) $story

            mod $name {
                use $crate::support::{Shop, postgres};

                #[tokio::test]
                async fn on_sqlite() {
                    super::$name(Shop::open("sqlite")).await;
                }

                #[tokio::test]
                async fn on_postgres() {
                    if let Some(url) = postgres::url() {
                        super::$name(Shop::open(url)).await;
                    }
                }
            }
        )*
    };
}
pub(crate) use on_both_databases;

/// Tells stories that start processes themselves on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name("sqlite").await; })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(url) = $crate::support::postgres::url() {
                    super::$name(url).await;
                }
            })*
        }
    };
}
pub(crate) use on_both;
