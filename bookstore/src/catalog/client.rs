//! The catalog as the other services see it.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    Product,
    audit::{Reservation, Reservations},
    return_routes::ReturnRequest,
};
use crate::{
    Error,
    client::ServiceClient,
    item::{Item, MOST},
};

/// A client of the catalog; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct CatalogClient(ServiceClient);

#[derive(Deserialize)]
struct ProductDetail {
    product_detail: Product,
}

#[derive(Serialize)]
struct ReservationRequest<'a> {
    items: &'a [Item],
}

impl CatalogClient {
    /// A client that asks on behalf of `caller`.
    pub(crate) fn new(
        caller: &'static str,
        base_url: &str,
        timeout: Duration,
    ) -> reqwest::Result<Self> {
        ServiceClient::new(caller, "catalog", base_url, timeout).map(Self)
    }

    /// One book, if there is such a book.
    pub(crate) async fn product(&self, id: i64) -> Result<Option<Product>, Error> {
        let reply = self.0.get(&format!("/products/{id}")).await?;
        match reply.status {
            StatusCode::OK => Ok(Some(reply.json::<ProductDetail>()?.product_detail)),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(reply.refusal()),
        }
    }

    /// Reservations of orders after this one, by order.
    pub(crate) async fn reservations(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Reservation>, Error> {
        let path = &format!("/reservations?after={after}&limit={limit}");
        let reply = self.0.get(path).await?.success()?;
        Ok(reply.json::<Reservations>()?.reservations)
    }

    /// Takes the items from stock for an order, all or none.
    pub(crate) async fn reserve(&self, order: i64, items: &[Item]) -> Result<(), Error> {
        // Lines of one product were added up. The catalog takes no request for more than can ever
        // be in stock.
        if let Some(item) = items.iter().find(|item| item.quantity > MOST) {
            return Err(super::reservations::not_enough_in_stock(item.product_id));
        }
        let path = &format!("/reservations/{order}");
        let body = ReservationRequest { items };
        self.0
            .call(Method::PUT, path, Some(&body))
            .await?
            .success()?;
        Ok(())
    }

    /// Sells what the order holds.
    pub(crate) async fn confirm(&self, order: i64) -> Result<(), Error> {
        let path = &format!("/reservations/{order}/confirmation");
        self.0
            .call(Method::POST, path, None::<&()>)
            .await?
            .success()?;
        Ok(())
    }

    /// Puts copies that an order has bought back in stock.
    pub(crate) async fn take_back(&self, id: i64, returned: &ReturnRequest) -> Result<(), Error> {
        let path = &format!("/returns/{id}");
        self.0
            .call(Method::PUT, path, Some(returned))
            .await?
            .success()?;
        Ok(())
    }

    /// Puts what the order holds back in stock.
    pub(crate) async fn release(&self, order: i64) -> Result<(), Error> {
        let path = &format!("/reservations/{order}");
        self.0
            .call(Method::DELETE, path, None::<&()>)
            .await?
            .success()?;
        Ok(())
    }
}
