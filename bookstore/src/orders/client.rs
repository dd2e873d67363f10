//! The orders as the storefront sees them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    client::{Reply, ServiceClient},
    item::Item,
};

/// A client of the orders service; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct OrdersClient(ServiceClient);

/// An order that was placed.
#[derive(Debug, Deserialize)]
pub(crate) struct OrderSummary {
    pub(crate) id: i64,
    pub(crate) status: String,
}

/// Copies of a product in an order.
#[derive(Debug, Deserialize)]
pub(crate) struct OrderLine {
    pub(crate) order_id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    /// How many of them were given back.
    pub(crate) returned: i64,
}

/// Whether a return is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Now,
    /// Accepted; the catalog could not be reached, so the stock follows later.
    Later,
}

#[derive(Deserialize)]
struct Orders {
    orders: Vec<OrderSummary>,
}

#[derive(Deserialize)]
struct OrderLines {
    items: Vec<OrderLine>,
}

#[derive(Deserialize)]
struct PlacedOrder {
    order: OrderSummary,
}

#[derive(Serialize)]
struct ReturnRequest<'a> {
    items: &'a [Item],
}

impl OrdersClient {
    /// A client that asks on behalf of `caller`.
    pub(crate) fn new(
        caller: &'static str,
        base_url: &str,
        timeout: Duration,
    ) -> reqwest::Result<Self> {
        ServiceClient::new(caller, "orders", base_url, timeout).map(Self)
    }

    /// Orders the customer's active cart, once for each key.
    pub(crate) async fn place(&self, customer: i64, key: &str) -> Result<OrderSummary, Error> {
        let path = format!("/orders/{customer}");
        let reply = self.post(&path, key, None::<&()>).await?.success()?;
        Ok(reply.json::<PlacedOrder>()?.order)
    }

    /// Up to `limit` of a customer's orders, the latest first; those before an order, or from the
    /// very latest on (0).
    pub(crate) async fn latest(
        &self,
        customer: i64,
        before: i64,
        limit: usize,
    ) -> Result<Vec<OrderSummary>, Error> {
        let path = format!("/orders/{customer}?newest_first=true&limit={limit}&after={before}");
        let reply = self.0.get(&path).await?;
        Ok(reply.success()?.json::<Orders>()?.orders)
    }

    /// What is in a customer's orders from the first to the last of these.
    pub(crate) async fn lines(
        &self,
        customer: i64,
        first: i64,
        last: i64,
    ) -> Result<Vec<OrderLine>, Error> {
        let path =
            format!("/order_items?customer_id={customer}&first_order={first}&last_order={last}");
        let reply = self.0.get(&path).await?.success()?;
        Ok(reply.json::<OrderLines>()?.items)
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
        let items: Vec<Item> = item.into_iter().collect();
        let body = (!items.is_empty()).then_some(ReturnRequest { items: &items });
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
        let Ok(key) = HeaderValue::from_str(key) else {
            return Err(Error::Refused("the form was not sent as it came".into()));
        };
        let headers = HeaderMap::from_iter([(HeaderName::from_static("idempotency-key"), key)]);
        self.0.call_with(Method::POST, path, &headers, body).await
    }
}
