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
use utoipa::ToSchema;

use super::{
    Orders,
    recovery::Lease,
    request::{IdempotencyKey, OrderRequest, key_was_used_otherwise},
    settlement::{Decision, Kind},
    store::{NewOrder, Opened, Order},
};
use crate::{Error, error::Answer, item::Item};

/// The answer to an order that was placed.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlacedOrder<'a> {
    message: &'static str,
    order: Order,
    items: &'a [Item],
}

/// An order on its way.
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
            && lease.as_ref().is_none_or(Lease::is_over)
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
            Opened::OtherRequest => return Err(key_was_used_otherwise().into()),
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
        let items = match self.hold().await {
            Ok(items) => items,
            Err(error) => return self.cancel(error).await,
        };
        let answer = self.placed(&items);
        match self.orders.finish(&self.order.token, &items, &answer).await {
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
    async fn hold(&self) -> Result<Vec<Item>, Error> {
        let token = &self.order.token;
        let items = match &self.request {
            OrderRequest::Cart => self.orders.cart.lock(token, self.customer).await?,
            OrderRequest::Items(items) => items.clone(),
        };
        self.orders.catalog.reserve(token, &items).await?;
        Ok(items)
    }

    /// Step 4, or giving back what may be held.
    async fn settle(&self, bought: bool) {
        let decision = Decision {
            order: self.order.token.clone(),
            bought,
            from_cart: self.request == OrderRequest::Cart,
        };
        self.orders.settle(decision).await;
    }

    /// Gives up, if the order is still pending.
    async fn cancel(&self, error: Error) -> Result<Answer, Error> {
        let answer = error.answer();
        // A refusal is an answer. A failure is not, nor is a conflict, which passes when another
        // order lets go of the cart: the client may try again with its key.
        let passes = answer.status.is_server_error() || matches!(error, Error::Conflict(_));
        let refusal = (!passes).then_some(&answer);
        let cancelled = self.orders.cancel(&self.order.token, refusal).await;
        if !cancelled.map_err(Error::undecided)? {
            return self.decided().await;
        }
        self.settle(false).await;
        Err(error)
    }

    /// The answer of an order that someone else has finished or cancelled.
    async fn decided(&self) -> Result<Answer, Error> {
        let answer = self.orders.answer(&self.order.token).await;
        match answer.map_err(Error::undecided)? {
            Some(answer) => Ok(answer),
            None => Err(Error::Conflict("The order was cancelled".into())),
        }
    }

    fn placed(&self, items: &[Item]) -> Answer {
        let placed = PlacedOrder {
            message: "Order created successfully",
            order: Order {
                id: self.order.id,
                customer_id: self.customer,
                status: "Ordered".to_owned(),
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
    use crate::{cart::CartClient, catalog::CatalogClient, database::Database};

    #[tokio::test]
    async fn when_the_database_fails_at_the_pivot_the_client_is_not_told_that_nothing_was_ordered()
    {
        let (unused, second) = ("http://127.0.0.1:9", Duration::from_secs(1));
        let orders = Arc::new(Orders {
            database: Database::in_memory().await,
            catalog: CatalogClient::new("orders", unused, second).unwrap(),
            cart: CartClient::new("orders", unused, second).unwrap(),
            lease: second,
            settled: mpsc::unbounded_channel().0,
            at_work: mpsc::channel(1).0,
        });
        orders.migrate().await.unwrap();
        let (key, request) = (IdempotencyKey(None), OrderRequest::Cart);
        let opened = orders.open(5, &key, &request).await.unwrap();
        let Opened::New(order) = opened else {
            panic!("{opened:?}");
        };
        orders.database.close().await;
        let checkout = Checkout {
            orders,
            order,
            customer: 5,
            request,
        };
        // The pivot may have been committed, with its answer lost.
        let failed = Error::Database(sqlx::Error::PoolClosed);
        let answer = checkout.cancel(failed).await.unwrap_err();
        assert!(matches!(answer, Error::Undecided(_)), "{answer:?}");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
