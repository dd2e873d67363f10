//! The carts as the other services see them.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    audit::{CheckoutState, Checkouts},
    checkout_routes::{Checkout, CheckoutRequest},
};
use crate::{Error, client::ServiceClient, item::Item, token::Token};

/// A client of the cart service; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct CartClient(ServiceClient);

#[derive(Deserialize)]
struct CartItems {
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Quantity {
    quantity: i64,
}

impl CartClient {
    /// A client that asks on behalf of `caller`.
    pub(crate) fn new(
        caller: &'static str,
        base_url: &str,
        timeout: Duration,
    ) -> reqwest::Result<Self> {
        ServiceClient::new(caller, "cart", base_url, timeout).map(Self)
    }

    /// What is in the customer's active cart.
    pub(crate) async fn items(&self, customer: i64) -> Result<Vec<Item>, Error> {
        let path = &format!("/cart_items?customer_id={customer}");
        let reply = self.0.get(path).await?.success()?;
        Ok(reply.json::<CartItems>()?.items)
    }

    /// Adds copies of a product to the customer's active cart.
    pub(crate) async fn add(&self, customer: i64, item: &Item) -> Result<(), Error> {
        let path = &format!("/carts/{customer}");
        let call = self.0.call_once(Method::POST, path, Some(item));
        call.await?.success()?;
        Ok(())
    }

    /// Changes how many copies of a product are in the customer's active cart.
    pub(crate) async fn change(&self, customer: i64, item: &Item) -> Result<(), Error> {
        let path = &format!("/carts/{customer}/{}", item.product_id);
        let quantity = Quantity {
            quantity: item.quantity,
        };
        let call = self.0.call(Method::PUT, path, Some(&quantity));
        call.await?.success()?;
        Ok(())
    }

    /// Takes a product out of the customer's active cart; fine if it is not there any more.
    pub(crate) async fn remove(&self, customer: i64, product_id: i64) -> Result<(), Error> {
        let path = &format!("/carts/{customer}/{product_id}");
        let reply = self.0.call(Method::DELETE, path, None::<&()>).await?;
        if reply.status != StatusCode::NOT_FOUND {
            reply.success()?;
        }
        Ok(())
    }

    /// Locks the customer's active cart to an order and tells what is in it.
    pub(crate) async fn lock(&self, order: &Token, customer_id: i64) -> Result<Vec<Item>, Error> {
        let path = &format!("/checkouts/{order}");
        let body = CheckoutRequest { customer_id };
        let reply = self
            .0
            .call(Method::PUT, path, Some(&body))
            .await?
            .success()?;
        Ok(reply.json::<Checkout>()?.items)
    }

    /// Checkouts of orders after this one, by order; from the first on where there is none.
    pub(crate) async fn checkouts(
        &self,
        after: Option<&Token>,
        limit: usize,
    ) -> Result<Vec<CheckoutState>, Error> {
        let after = after.map(|after| format!("&after={after}"));
        let path = format!("/checkouts?limit={limit}{}", after.unwrap_or_default());
        let reply = self.0.get(&path).await?.success()?;
        Ok(reply.json::<Checkouts>()?.checkouts)
    }

    /// Marks the order's cart as ordered.
    pub(crate) async fn complete(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/checkouts/{order}/completion");
        self.0
            .call(Method::POST, path, None::<&()>)
            .await?
            .success()?;
        Ok(())
    }

    /// Lets go of the order's cart.
    pub(crate) async fn unlock(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/checkouts/{order}");
        self.0
            .call(Method::DELETE, path, None::<&()>)
            .await?
            .success()?;
        Ok(())
    }
}
