//! The catalog's books in the database.

use super::{Catalog, Product, product::NewProduct, version::IfMatch};
use crate::{
    Error,
    database::{PostgresPool, at_most_one, exactly_one, with_reader, with_writer},
    paging::Paging,
};

impl Catalog {
    /// Books, by id.
    pub(super) async fn products(&self, paging: &Paging) -> Result<Vec<Product>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, name, price, quantity FROM products
                 WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// One book.
    pub(super) async fn product(&self, id: i64) -> Result<Option<Product>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as("SELECT id, name, price, quantity FROM products WHERE id = $1")
                .bind(id)
                .fetch_all(reader)
                .await
                .map(at_most_one)
        })?)
    }

    /// Those of the books that there are. PostgreSQL takes a list for one value.
    pub(super) async fn products_of(
        &self,
        pool: &PostgresPool,
        ids: Vec<i64>,
    ) -> Result<Vec<Product>, Error> {
        let books =
            sqlx::query_as("SELECT id, name, price, quantity FROM products WHERE id = ANY($1)");
        let mut connection = pool.acquire().await?;
        Ok(books.bind(ids).fetch_all(&mut *connection).await?)
    }

    /// Adds a book.
    pub(super) async fn insert(&self, product: &NewProduct) -> Result<Product, Error> {
        with_writer!(&self.database, |writer| {
            sqlx::query_as(
                "INSERT INTO products (name, price, quantity, added) VALUES ($1, $2, $3, $3)
                 RETURNING id, name, price, quantity",
            )
            .bind(&product.name)
            .bind(product.price)
            .bind(product.quantity)
            .fetch_all(writer)
            .await
            .and_then(exactly_one)
        })
    }

    /// Replaces a book's data, if there is such a book and it is as the client has seen it.
    pub(super) async fn replace(
        &self,
        id: i64,
        seen: &IfMatch,
        product: &NewProduct,
    ) -> Result<Option<Product>, Error> {
        if *seen == IfMatch::Always {
            return self.replace_any(id, product).await;
        }
        let changed = || {
            Error::Changed(format!("product with id: {id} has changed since it was read").into())
        };
        let Some(current) = self.product(id).await? else {
            return Ok(None);
        };
        if !seen.allows(&current) {
            return Err(changed());
        }
        let _turn = self.turns(&[id]).await?;
        // A compare-and-set: a sale since that moment makes the condition false.
        let replaced = with_writer!(&self.database, |writer| {
            sqlx::query_as(
                "UPDATE products SET name = $1, price = $2, quantity = $3,
                 added = added + $3 - quantity
                 WHERE id = $4 AND name = $5 AND price = $6 AND quantity = $7
                 RETURNING id, name, price, quantity",
            )
            .bind(&product.name)
            .bind(product.price)
            .bind(product.quantity)
            .bind(id)
            .bind(&current.name)
            .bind(current.price)
            .bind(current.quantity)
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        replaced.map(Some).ok_or_else(changed)
    }

    async fn replace_any(&self, id: i64, product: &NewProduct) -> Result<Option<Product>, Error> {
        let _turn = self.turns(&[id]).await?;
        with_writer!(&self.database, |writer| {
            sqlx::query_as(
                "UPDATE products SET name = $1, price = $2, quantity = $3,
                 added = added + $3 - quantity WHERE id = $4
                 RETURNING id, name, price, quantity",
            )
            .bind(&product.name)
            .bind(product.price)
            .bind(product.quantity)
            .bind(id)
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })
    }

    /// Removes a book; whether there was one.
    pub(super) async fn remove(&self, id: i64) -> Result<bool, Error> {
        let _turn = self.turns(&[id]).await?;
        let removed: Option<i64> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar("DELETE FROM products WHERE id = $1 RETURNING id")
                .bind(id)
                .fetch_all(writer)
                .await
                .map(at_most_one)
        })?;
        Ok(removed.is_some())
    }
}

/// The answer about a book that does not exist.
pub(super) fn product_not_found(id: i64) -> Error {
    Error::NotFound(format!("product with id: {id} was not found").into())
}
