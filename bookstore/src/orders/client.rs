//! The orders as the storefront sees them.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    audit::FailingSettlements,
    history::{History, PastOrder},
    model::Order,
    request::{OrderedItems, ShownCart},
};
use crate::{
    item::{Item, PricedItem},
    platform::{
        Error,
        client::{Caller, Reply, ServiceClient, key_header},
    },
};

#[derive(Clone, Debug)]
pub(crate) struct OrdersClient(ServiceClient);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose<'a> {
    Everybody,
    Customer(i64),
    /// The one with this code, whoever's it is: 16 hexadecimal digits.
    Code(&'a str),
}

/// Whether a return is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Now,
    /// Accepted; the catalog could not be reached, so the stock follows later.
    Later,
}

#[derive(Deserialize)]
struct PlacedOrder {
    order: Order,
}

impl OrdersClient {
    pub(crate) fn new(caller: &Caller, base_url: &str, timeout: Duration) -> anyhow::Result<Self> {
        ServiceClient::new(caller, "orders", base_url, timeout).map(Self)
    }

    /// Orders the customer's active cart, once for each key; not if it is not as it was `shown`.
    pub(crate) async fn place(
        &self,
        customer: i64,
        key: &str,
        shown: Option<&[PricedItem]>,
    ) -> Result<Order, Error> {
        let path = format!("/orders/{customer}");
        let body = shown.map(|cart| ShownCart { cart });
        let reply = self.post(&path, key, body.as_ref()).await?.success()?;
        Ok(reply.json::<PlacedOrder>()?.order)
    }

    /// Up to `limit` orders, the latest first: a customer's, or the one with a code, or everybody's; those
    /// before an order, or from the very latest on (0).
    pub(crate) async fn history(
        &self,
        whose: Whose<'_>,
        before: i64,
        limit: usize,
    ) -> Result<Vec<PastOrder>, Error> {
        let whose = match whose {
            Whose::Everybody => String::new(),
            Whose::Customer(customer) => format!("&customer_id={customer}"),
            Whose::Code(code) => format!("&code={code}"),
        };
        let path = format!("/order_history?limit={limit}&after={before}{whose}");
        let reply = self.0.get(&path).await?.success()?;
        Ok(reply.json::<History>()?.orders)
    }

    pub(crate) async fn failing(&self) -> Result<FailingSettlements, Error> {
        let reply = self.0.get("/failing_settlements").await?.success()?;
        reply.json()
    }

    /// Gives books back, once for each key: these copies, or all that are left.
    pub(crate) async fn give_back(
        &self,
        customer: i64,
        order: i64,
        key: &str,
        item: Option<Item>,
    ) -> Result<Returned, Error> {
        let path = format!("/orders/{customer}/{order}/returns");
        let items = item.as_ref().map(std::slice::from_ref);
        let body = items.map(|items| OrderedItems { items });
        let reply = self.post(&path, key, body.as_ref()).await?.success()?;
        Ok(match reply.status {
            StatusCode::ACCEPTED => Returned::Later,
            _ => Returned::Now,
        })
    }

    async fn post(
        &self,
        path: &str,
        key: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Reply, Error> {
        let headers = key_header(key)?;
        self.0.call_with(Method::POST, path, &headers, body).await
    }
}
