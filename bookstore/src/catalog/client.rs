//! The catalog as the other services see it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::{
    NewProduct, Product,
    audit::{Reservation, Reservations},
    return_routes::ReturnRequest,
};
use crate::{
    Error,
    client::ServiceClient,
    item::{Item, MOST, MOST_LINES},
    token::Token,
};

/// A client of the catalog; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct CatalogClient(ServiceClient);

#[derive(Deserialize)]
struct ProductDetail {
    product_detail: Product,
}

#[derive(Deserialize)]
struct Products {
    data: Vec<Product>,
}

#[derive(Deserialize)]
struct CreatedProduct {
    data: Product,
}

/// What became of a change to a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    Done,
    /// The book is not the one that was read: it was changed or sold meanwhile.
    Changed,
    /// There is no such book any more.
    Gone,
}

#[derive(Serialize)]
struct ReservationRequest<'a> {
    items: &'a [Item],
}

fn page_of(words: &str, after: i64, limit: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !words.is_empty() {
        query.append_pair("q", words);
    }
    query.append_pair("limit", &limit.to_string());
    if after > 0 {
        query.append_pair("after", &after.to_string());
    }
    format!("/products?{}", query.finish())
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

    /// Reservations of orders after this one, by order; from the first on where there is none.
    pub(crate) async fn reservations(
        &self,
        after: Option<&Token>,
        limit: usize,
    ) -> Result<Vec<Reservation>, Error> {
        let after = after.map(|after| format!("&after={after}"));
        let path = format!("/reservations?limit={limit}{}", after.unwrap_or_default());
        let reply = self.0.get(&path).await?.success()?;
        Ok(reply.json::<Reservations>()?.reservations)
    }

    /// Up to `limit` books by id, those after an id; only those with all these words in their
    /// names, if there are any.
    pub(crate) async fn products(
        &self,
        words: &str,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Product>, Error> {
        let path = page_of(words, after, limit);
        let reply = self.0.get(&path).await?.success()?;
        Ok(reply.json::<Products>()?.data)
    }

    /// One book with the version that it has, if there is such a book.
    pub(crate) async fn product_to_change(
        &self,
        id: i64,
    ) -> Result<Option<(Product, String)>, Error> {
        let reply = self.0.get(&format!("/products/{id}")).await?;
        match reply.status {
            StatusCode::OK => {
                let version = reply.header(header::ETAG).unwrap_or_default().to_owned();
                let product = reply.json::<ProductDetail>()?.product_detail;
                Ok(Some((product, version)))
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(reply.refusal()),
        }
    }

    /// Adds a book.
    pub(crate) async fn add(&self, product: &NewProduct) -> Result<Product, Error> {
        let call = self.0.call_once(Method::POST, "/products", Some(product));
        let reply = call.await?.success()?;
        Ok(reply.json::<CreatedProduct>()?.data)
    }

    /// Replaces a book's data if it still has the version that was read.
    pub(crate) async fn replace(
        &self,
        id: i64,
        version: &str,
        product: &NewProduct,
    ) -> Result<Replaced, Error> {
        let Ok(version) = HeaderValue::from_str(version) else {
            return Ok(Replaced::Changed);
        };
        let headers = HeaderMap::from_iter([(header::IF_MATCH, version)]);
        let path = &format!("/products/{id}");
        let call = self.0.call_with(Method::PUT, path, &headers, Some(product));
        let reply = call.await?;
        match reply.status {
            StatusCode::OK => Ok(Replaced::Done),
            StatusCode::PRECONDITION_FAILED => Ok(Replaced::Changed),
            StatusCode::NOT_FOUND => Ok(Replaced::Gone),
            _ => Err(reply.refusal()),
        }
    }

    /// Removes a book; whether there was one.
    pub(crate) async fn remove(&self, id: i64) -> Result<bool, Error> {
        let path = &format!("/products/{id}");
        let reply = self.0.call(Method::DELETE, path, None::<&()>).await?;
        match reply.status {
            StatusCode::NO_CONTENT => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(reply.refusal()),
        }
    }

    /// Takes the items from stock for an order, all or none.
    pub(crate) async fn reserve(&self, order: &Token, items: &[Item]) -> Result<(), Error> {
        // Lines of one product were added up. The catalog takes no request for more than can ever
        // be in stock.
        if let Some(item) = items.iter().find(|item| item.quantity > MOST) {
            return Err(super::reservations::not_enough_in_stock(item.product_id));
        }
        if items.len() > MOST_LINES {
            return Err(Error::Refused(
                format!("An order has up to {MOST_LINES} different products").into(),
            ));
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
    pub(crate) async fn confirm(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/reservations/{order}/confirmation");
        self.0
            .call(Method::POST, path, None::<&()>)
            .await?
            .success()?;
        Ok(())
    }

    /// Puts copies that an order has bought back in stock.
    pub(crate) async fn take_back(
        &self,
        id: &Token,
        returned: &ReturnRequest,
    ) -> Result<(), Error> {
        let path = &format!("/returns/{id}");
        self.0
            .call(Method::PUT, path, Some(returned))
            .await?
            .success()?;
        Ok(())
    }

    /// Puts what the order holds back in stock.
    pub(crate) async fn release(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/reservations/{order}");
        self.0
            .call(Method::DELETE, path, None::<&()>)
            .await?
            .success()?;
        Ok(())
    }
}
