//! The carts as the other services see them.

use std::time::Duration;

use axum::http::Method;
use serde::Deserialize;

use super::{
    checkouts::{Checkout, CheckoutRequest, CheckoutState, Checkouts},
    items::Quantity,
};
use crate::{
    item::Item,
    platform::{
        Error,
        client::{Caller, NO_BODY, ServiceClient, key_header},
        token::Token,
        token_list::TokenList,
    },
};

#[derive(Clone, Debug)]
pub(crate) struct CartClient(ServiceClient);

#[derive(Deserialize)]
struct CartItems {
    items: Vec<Item>,
}

impl CartClient {
    pub(crate) fn new(caller: &Caller, base_url: &str, timeout: Duration) -> anyhow::Result<Self> {
        ServiceClient::new(caller, "cart", base_url, timeout).map(Self)
    }

    pub(crate) async fn items(&self, customer: i64) -> Result<Vec<Item>, Error> {
        let path = &format!("/cart_items?customer_id={customer}");
        let reply = self.0.get(path).await?.success()?;
        Ok(reply.json::<CartItems>()?.items)
    }

    /// Adds copies of a product to the customer's active cart, once for each key.
    pub(crate) async fn add(&self, customer: i64, key: &str, item: &Item) -> Result<(), Error> {
        let path = &format!("/carts/{customer}");
        let headers = key_header(key)?;
        let call = self.0.call_with(Method::POST, path, &headers, Some(item));
        call.await?.success()?;
        Ok(())
    }

    pub(crate) async fn change(&self, customer: i64, item: &Item) -> Result<(), Error> {
        let path = &format!("/carts/{customer}/{}", item.product_id);
        let quantity = Quantity {
            quantity: item.quantity,
        };
        self.0.send(Method::PUT, path, Some(&quantity)).await
    }

    /// Takes a product out of the customer's active cart; fine if it is not there any more.
    pub(crate) async fn remove(&self, customer: i64, product_id: i64) -> Result<(), Error> {
        let path = &format!("/carts/{customer}/{product_id}");
        let reply = self.0.call(Method::DELETE, path, NO_BODY).await?;
        reply.found().map(drop)
    }

    /// Locks the customer's active cart to an order and tells what is in it.
    pub(crate) async fn lock(&self, order: &Token, customer_id: i64) -> Result<Vec<Item>, Error> {
        let path = &format!("/checkouts/{order}");
        let body = CheckoutRequest { customer_id };
        let reply = self.0.call(Method::PUT, path, Some(&body)).await?;
        Ok(reply.success()?.json::<Checkout>()?.items)
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

    pub(crate) async fn complete(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/checkouts/{order}/completion");
        self.0.send(Method::POST, path, NO_BODY).await
    }

    /// Orders that hold a cart: a thousand of them at most.
    pub(crate) async fn locked(&self) -> Result<Vec<Token>, Error> {
        let reply = self.0.get("/locked_checkouts").await?.success()?;
        Ok(reply.json::<TokenList>()?.tokens)
    }

    /// Those of these orders that have never held a cart.
    pub(crate) async fn without_checkout(&self, tokens: Vec<Token>) -> Result<Vec<Token>, Error> {
        self.0.select("/missing_checkouts", tokens).await
    }

    pub(crate) async fn unlock(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/checkouts/{order}");
        self.0.send(Method::DELETE, path, NO_BODY).await
    }
}
