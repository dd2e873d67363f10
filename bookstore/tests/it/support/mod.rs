//! What the stories need: a shop to talk to, and the databases it stands on.

mod browser;
mod collector;
mod distributed;
mod fake;
pub(crate) mod postgres;
mod proxy;
mod shop;
mod visitor;

pub(crate) use browser::Browser;
pub(crate) use collector::Collector;
pub(crate) use distributed::{DistributedShop, Pace, ends_in_a_clean_audit};
pub(crate) use fake::Fake;
pub(crate) use proxy::{Mishap, Proxy, kill};
pub(crate) use shop::{ADMIN_PASSWORD, Process, Service, Shop, command};
pub(crate) use visitor::{Page, Visitor};

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
