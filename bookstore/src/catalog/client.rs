//! The catalog as the other services see it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use url::form_urlencoded;

use super::{
    Book, BookDetails, NewProduct, Product,
    audit::Reservations,
    books::{Books, Categories},
    internal_routes::{HeldItems, ReservationRequest, ReturnRequest},
    model::Reservation,
    products::{CreatedProduct, ProductDetail, StockChange, UpdatedProduct},
};
use crate::{
    item::{Item, MOST, MOST_LINES, PricedItem},
    platform::{
        Error,
        client::{Caller, NO_BODY, ServiceClient},
        token::Token,
        token_list::TokenList,
    },
};

#[derive(Clone, Debug)]
pub(crate) struct CatalogClient(ServiceClient);

impl CatalogClient {
    pub(crate) fn new(caller: &Caller, base_url: &str, timeout: Duration) -> anyhow::Result<Self> {
        ServiceClient::new(caller, "catalog", base_url, timeout).map(Self)
    }

    pub(crate) async fn product(&self, id: i64) -> Result<Option<Product>, Error> {
        let reply = self.0.get(&format!("/products/{id}")).await?.found()?;
        let detail = reply
            .map(|reply| reply.json::<ProductDetail>())
            .transpose()?;
        Ok(detail.map(|detail| detail.product_detail))
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

    /// Books with their details, as the parameters of `/books` say.
    pub(crate) async fn books(&self, query: &[(&str, &str)]) -> Result<Vec<Book>, Error> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let reply = self.0.get(&format!("/books?{query}")).await?.success()?;
        Ok(reply.json::<Books>()?.books)
    }

    /// Those of these books that there are or were.
    pub(crate) async fn books_by_id(&self, ids: &[i64]) -> Result<Vec<Book>, Error> {
        let mut books = Vec::new();
        for ids in ids.chunks(MOST_LINES) {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            let path = format!("/books_by_id?ids={}", ids.join(","));
            let reply = self.0.get(&path).await?.success()?;
            books.extend(reply.json::<Books>()?.books);
        }
        Ok(books)
    }

    pub(crate) async fn categories(&self) -> Result<Vec<String>, Error> {
        let reply = self.0.get("/categories").await?.success()?;
        Ok(reply.json::<Categories>()?.categories)
    }

    /// Says what readers are told about a book; whether there is such a book.
    pub(crate) async fn describe(&self, id: i64, details: &BookDetails) -> Result<bool, Error> {
        let path = &format!("/books/{id}");
        let reply = self.0.call(Method::PUT, path, Some(details)).await?;
        Ok(reply.found()?.is_some())
    }

    pub(crate) async fn restore(&self, id: i64) -> Result<Product, Error> {
        let path = &format!("/products/{id}/restoration");
        let reply = self.0.call(Method::POST, path, NO_BODY).await?;
        Ok(reply.success()?.json::<UpdatedProduct>()?.updated_product)
    }

    /// The version that a book has, if there is such a book.
    pub(crate) async fn version(&self, id: i64) -> Result<Option<String>, Error> {
        let reply = self.0.get(&format!("/products/{id}")).await?.found()?;
        Ok(reply.and_then(|reply| reply.header(header::ETAG).map(str::to_owned)))
    }

    pub(crate) async fn add(&self, product: &NewProduct) -> Result<Product, Error> {
        let call = self.0.call_once(Method::POST, "/products", Some(product));
        let reply = call.await?.success()?;
        Ok(reply.json::<CreatedProduct>()?.data)
    }

    /// Replaces a book's data if it still has the version that was read ([`Error::Changed`]).
    pub(crate) async fn replace(
        &self,
        id: i64,
        version: &str,
        product: &NewProduct,
    ) -> Result<(), Error> {
        let version = HeaderValue::from_str(version);
        let version = version.map_err(|_| Error::Changed("no book has this version".into()))?;
        let headers = HeaderMap::from_iter([(header::IF_MATCH, version)]);
        let path = &format!("/products/{id}");
        let call = self.0.call_with(Method::PUT, path, &headers, Some(product));
        call.await?.success().map(drop)
    }

    /// Adds copies to a book's stock, or takes them off it; the book after that.
    pub(crate) async fn change_stock(&self, id: i64, change: i64) -> Result<Product, Error> {
        let path = &format!("/products/{id}/stock");
        let body = StockChange { change };
        let call = self.0.call_once(Method::PATCH, path, Some(&body));
        let reply = call.await?.success()?;
        Ok(reply.json::<UpdatedProduct>()?.updated_product)
    }

    /// Removes a book; whether there was one.
    pub(crate) async fn remove(&self, id: i64) -> Result<bool, Error> {
        let path = &format!("/products/{id}");
        let reply = self.0.call(Method::DELETE, path, NO_BODY).await?;
        Ok(reply.found()?.is_some())
    }

    /// Takes the items from stock for an order, all or none, and tells their prices, where the catalog
    /// knows them; nothing ([`Error::Changed`]) when the order
    /// `after` which it comes has no copies any more.
    pub(crate) async fn reserve(
        &self,
        order: &Token,
        items: &[Item],
        after: Option<&Token>,
    ) -> Result<Vec<PricedItem>, Error> {
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
        let body = ReservationRequest {
            items: items.to_vec(),
            after: after.cloned(),
        };
        let reply = self.0.call(Method::PUT, path, Some(&body)).await?;
        let held = reply.success()?.json::<HeldItems>();
        Ok(held.map(|held| held.items).unwrap_or_default())
    }

    pub(crate) async fn confirm(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/reservations/{order}/confirmation");
        self.0.send(Method::POST, path, NO_BODY).await
    }

    /// Sells items to an order that is final and holds nothing any more.
    pub(crate) async fn sell(&self, order: &Token, items: &[Item]) -> Result<(), Error> {
        let path = &format!("/reservations/{order}/confirmation");
        let body = ReservationRequest {
            items: items.to_vec(),
            after: None,
        };
        self.0.send(Method::POST, path, Some(&body)).await
    }

    /// Orders that hold copies: a thousand of them at most.
    pub(crate) async fn held(&self) -> Result<Vec<Token>, Error> {
        let reply = self.0.get("/held_reservations").await?.success()?;
        Ok(reply.json::<TokenList>()?.tokens)
    }

    /// Those of these orders that have taken no copies.
    pub(crate) async fn without_reservation(
        &self,
        tokens: Vec<Token>,
    ) -> Result<Vec<Token>, Error> {
        self.0.select("/missing_reservations", tokens).await
    }

    /// Those of these returns that have brought nothing back.
    pub(crate) async fn missing_returns(&self, tokens: Vec<Token>) -> Result<Vec<Token>, Error> {
        self.0.select("/missing_returns", tokens).await
    }

    /// Puts copies that an order has bought back in stock.
    pub(crate) async fn take_back(
        &self,
        id: &Token,
        returned: &ReturnRequest,
    ) -> Result<(), Error> {
        let path = &format!("/returns/{id}");
        self.0.send(Method::PUT, path, Some(returned)).await
    }

    /// Puts what the order holds back in stock.
    pub(crate) async fn release(&self, order: &Token) -> Result<(), Error> {
        let path = &format!("/reservations/{order}");
        self.0.send(Method::DELETE, path, NO_BODY).await
    }
}
