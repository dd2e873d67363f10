//! Placing an order: a short protocol over three services that share no transaction.
//!
//! 0. The order is written down as `Pending`, under the client's idempotency key.
//! 1. The cart is locked to the order, so that no other order buys it and nothing changes in it.
//! 2. The catalog holds the copies for the order: all, or none.
//! 3. The pivot: one transaction makes the order `Ordered`, with its items and its answer.
//! 4. The settlement: the copies are sold and the cart is ordered. From the pivot on there is no
//!    way back, only the same calls again.
//!
//! Until the pivot an order can be cancelled: first its row, by compare-and-set, then what it may
//! hold is given back. Whoever changes the row decides; everything else follows from the row, so
//! an order that a crash has left behind is finished or cancelled from it (see `recovery`).

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    Orders,
    model::{Order, OrderStatus},
    request::OrderRequest,
    settlement::{Decision, Kind},
    store::{NewOrder, Opened},
};
use crate::{
    item::{Item, PricedItem},
    platform::{
        Error,
        error::Answer,
        idempotency::{self, IdempotencyKey},
    },
};

/// The answer to an order that was placed.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlacedOrder<'a> {
    message: &'static str,
    order: Order,
    items: &'a [Item],
}

struct Checkout {
    orders: Arc<Orders>,
    order: NewOrder,
    customer: i64,
    request: OrderRequest,
}

impl Orders {
    /// Places an order, or answers as before when its key says that it was placed already.
    pub(super) async fn place(
        self: Arc<Self>,
        customer: i64,
        key: IdempotencyKey,
        request: OrderRequest,
    ) -> Result<Answer, Error> {
        let mut opened = self.open(customer, &key, &request).await?;
        if let Opened::Unfinished(lease) = &opened
            && lease
                .as_ref()
                .is_none_or(|lease| lease.until <= self.database.now_ms())
        {
            if let Some(lease) = lease {
                // Left by a crash: the client need not wait until recovery comes by.
                self.recover(Kind::Order, lease).await;
            }
            opened = self.open(customer, &key, &request).await?;
        }
        let order = match opened {
            Opened::New(order) => order,
            Opened::Finished(answer) => return Ok(answer),
            Opened::Unfinished(_) => {
                return Err(Error::Conflict(
                    "An order with this Idempotency-Key is being placed".into(),
                ));
            }
            Opened::OtherRequest => return Err(idempotency::used_otherwise()),
        };
        let checkout = Checkout {
            orders: self,
            order,
            customer,
            request,
        };
        checkout.run().await
    }
}

impl Checkout {
    async fn run(self) -> Result<Answer, Error> {
        let (items, priced) = match self.hold().await {
            Ok(held) => held,
            Err(error) => return self.cancel(error).await,
        };
        let (token, answer) = (&self.order.token, self.placed(&items));
        match self.orders.finish(token, &items, &priced, &answer).await {
            Ok(true) => {
                self.settle(true).await;
                Ok(answer)
            }
            // Someone else has decided.
            Ok(false) => self.decided().await,
            // Whether the pivot happened is unknown; cancelling finds out.
            Err(error) => self.cancel(error).await,
        }
    }

    /// Steps 1 and 2: gets hold of the cart, and of the copies.
    async fn hold(&self) -> Result<(Vec<Item>, Vec<PricedItem>), Error> {
        let (token, begun) = (&self.order.token, Instant::now());
        let items = match &self.request {
            OrderRequest::Cart | OrderRequest::CartAsShown(_) => {
                self.orders.cart.lock(token, self.customer).await?
            }
            OrderRequest::Items(items) => items.clone(),
        };
        if begun.elapsed() > self.orders.lease / 3 {
            self.orders.renew_lease(token).await?;
        }
        if let OrderRequest::CartAsShown(shown) = &self.request
            && !shown.iter().map(PricedItem::item).eq(items.iter().cloned())
        {
            return Err(Error::Changed("The cart has changed".into()));
        }
        let priced = self.reserve(&items).await?;
        match &self.request {
            OrderRequest::CartAsShown(shown) if *shown != priced => {
                Err(Error::Changed("A price has changed".into()))
            }
            _ => Ok((items, priced)),
        }
    }

    /// Holds the copies; after a repair, where the catalog has lost what it had.
    async fn reserve(&self, items: &[Item]) -> Result<Vec<PricedItem>, Error> {
        let (orders, order) = (&self.orders, &self.order.token);
        let mut standing = self.order.standing.clone();
        for _ in 0..2 {
            let noticed = Instant::now();
            if !standing.is_in_repair {
                let latest = standing.latest.as_ref();
                match orders.catalog.reserve(order, items, latest).await {
                    Err(Error::Changed(_)) => {}
                    outcome => return outcome,
                }
            }
            orders.repair(noticed).await?;
            standing = orders.standing().await?;
        }
        Err(Error::Unavailable {
            service: "catalog",
            cause: "it has lost reservations, which are not repaired yet".to_owned(),
        })
    }

    /// Step 4, or giving back what may be held.
    async fn settle(&self, bought: bool) {
        let decision = Decision {
            order: self.order.token.clone(),
            bought,
            from_cart: self.request.is_cart(),
        };
        self.orders.settle(decision).await;
    }

    /// Gives up, if the order is still pending.
    async fn cancel(&self, error: Error) -> Result<Answer, Error> {
        let answer = error.answer();
        // A refusal is an answer. A failure is not, nor is what passes when the cart is another one, or
        // another order lets go of it: the client may try again with its key.
        let passes = answer.status.is_server_error() || self.request.is_cart();
        let refusal = (!passes).then_some(&answer);
        let cancelled = self.orders.cancel(&self.order.token, refusal).await;
        if !cancelled.map_err(|error| self.undecided(error))? {
            return self.decided().await;
        }
        self.settle(false).await;
        Err(error)
    }

    /// The answer of an order that is finished or cancelled already: by someone else, or by a commit
    /// whose answer was lost.
    async fn decided(&self) -> Result<Answer, Error> {
        let decided = self.orders.decided(&self.order.token).await;
        let (is_placed, answer) = decided.map_err(|error| self.undecided(error))?;
        self.settle(is_placed).await;
        answer.ok_or_else(|| Error::Conflict("The order was cancelled".into()))
    }

    /// The database does not say what became of the order. Recovery finds out.
    fn undecided(&self, cause: Error) -> Error {
        self.orders.let_go(Kind::Order, &self.order.token);
        Error::undecided(cause)
    }

    fn placed(&self, items: &[Item]) -> Answer {
        let placed = PlacedOrder {
            message: "Order created successfully",
            order: Order {
                id: self.order.id,
                customer_id: self.customer,
                status: OrderStatus::Ordered,
            },
            items,
        };
        Answer::json(StatusCode::CREATED, &placed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;
    use crate::{
        cart::CartClient,
        catalog::CatalogClient,
        platform::{
            client::Caller,
            database::{Database, rows, with_writer},
        },
    };

    /// Orders whose catalog and cart are away, and one of them that is pending.
    async fn pending_order() -> Checkout {
        let (unused, second) = ("http://127.0.0.1:9", Duration::from_secs(1));
        let caller = Caller {
            name: "orders",
            token: None,
        };
        let orders = Arc::new(Orders {
            database: Database::in_memory().await,
            catalog: CatalogClient::new(&caller, unused, second).unwrap(),
            cart: CartClient::new(&caller, unused, second).unwrap(),
            lease: second,
            settled: mpsc::unbounded_channel().0,
            at_work: mpsc::channel(1).0,
            last_repair: Arc::default(),
            last_audit: Arc::default(),
            last_shop_audit: Arc::default(),
        });
        orders.migrate(true).await.unwrap();
        let (key, request) = (IdempotencyKey(None), OrderRequest::Cart);
        let opened = orders.open(5, &key, &request).await.unwrap();
        let Opened::New(order) = opened else {
            panic!("{opened:?}");
        };
        Checkout {
            orders,
            order,
            customer: 5,
            request,
        }
    }

    #[tokio::test]
    async fn an_order_whose_pivot_was_committed_without_an_answer_is_settled() {
        let checkout = pending_order().await;
        let orders = Arc::clone(&checkout.orders);
        let items = [Item {
            product_id: 7,
            quantity: 2,
        }];
        let answer = checkout.placed(&items);
        let finished = orders
            .finish(&checkout.order.token, &items, &[], &answer)
            .await;
        assert!(finished.unwrap());
        let lost = Error::Database(sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into()));
        assert_eq!(checkout.cancel(lost).await.unwrap(), answer);
        let tried: Vec<(i64,)> = with_writer!(&orders.database, |writer| rows!(
            writer,
            "SELECT attempts FROM orders"
        ))
        .unwrap();
        assert_eq!(tried, [(1,)], "nobody is there to be told");
    }

    #[tokio::test]
    async fn when_the_database_fails_at_the_pivot_the_client_is_not_told_that_nothing_was_ordered()
    {
        let checkout = pending_order().await;
        checkout.orders.database.close().await;
        // The pivot may have been committed, with its answer lost.
        let failed = Error::Database(sqlx::Error::PoolClosed);
        let answer = checkout.cancel(failed).await.unwrap_err();
        assert!(matches!(answer, Error::Undecided(_)), "{answer:?}");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
