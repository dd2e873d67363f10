//! The catalog's books in the database.

use super::{
    Catalog, Product, model::NewProduct, reservations::not_enough_in_stock, version::IfMatch,
};
use crate::{
    item::MOST,
    platform::{
        Error,
        database::{now_ms, row, rows, with_reader, with_replica, with_writer},
        paging::Paging,
    },
};

macro_rules! columns {
    () => {
        "id, name, price, quantity"
    };
}
pub(super) use columns;

impl Catalog {
    /// Books, by id; maybe from a read replica.
    pub(super) async fn products(&self, paging: &Paging) -> Result<Vec<Product>, Error> {
        with_replica!(&self.database, |reader| rows!(
            reader,
            concat!(
                "SELECT ",
                columns!(),
                " FROM products WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2"
            ),
            paging.after(),
            paging.rows(),
        ))
    }

    /// One book; maybe from a read replica.
    pub(super) async fn product(&self, id: i64) -> Result<Option<Product>, Error> {
        with_replica!(&self.database, |reader| row!(reader, PRODUCT, id))
    }

    /// One book as it is now.
    async fn current(&self, id: i64) -> Result<Option<Product>, Error> {
        with_reader!(&self.database, |reader| row!(reader, PRODUCT, id))
    }

    pub(super) async fn insert(&self, product: &NewProduct) -> Result<Product, Error> {
        let inserted = with_writer!(&self.database, |writer| row!(
            writer,
            concat!(
                "INSERT INTO products (name, price, quantity, added) VALUES ($1, $2, $3, $3)
                 RETURNING ",
                columns!()
            ),
            &product.name,
            product.price,
            product.quantity,
        ))?;
        inserted.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// Replaces a book's data, if there is such a book and it is as the client has seen it.
    pub(super) async fn replace(
        &self,
        id: i64,
        seen: &IfMatch,
        product: &NewProduct,
    ) -> Result<Option<Product>, Error> {
        let Some(current) = self.current(id).await? else {
            return Ok(None);
        };
        let changed = || {
            Error::Changed(format!("product with id: {id} has changed since it was read").into())
        };
        if !seen.allows(&current) {
            return Err(changed());
        }
        let _turn = self.turns(&[id]).await?;
        // A compare-and-set: a sale since that moment makes the condition false.
        let replaced = with_writer!(&self.database, |writer| row!(
            writer,
            concat!(
                "UPDATE products SET name = $1, price = $2, quantity = $3,
                 added = added + $3 - quantity
                 WHERE id = $4 AND deleted_at IS NULL
                 AND ($5 OR (name = $6 AND price = $7 AND quantity = $8)) RETURNING ",
                columns!()
            ),
            &product.name,
            product.price,
            product.quantity,
            id,
            *seen == IfMatch::Always,
            &current.name,
            current.price,
            current.quantity,
        ))?;
        match replaced {
            None if *seen != IfMatch::Always => Err(changed()),
            replaced => Ok(replaced),
        }
    }

    /// Adds so many copies to the stock, or takes them off it, whatever is sold meanwhile. Returns may have
    /// brought back more than can be added.
    pub(super) async fn change_stock(&self, id: i64, change: i64) -> Result<Product, Error> {
        let _turn = self.turns(&[id]).await?;
        let changed = with_writer!(&self.database, |writer| row!(
            writer,
            concat!(
                "UPDATE products SET quantity = quantity + $1, added = added + $1
                 WHERE id = $2 AND deleted_at IS NULL AND quantity + $1 >= 0
                 AND ($1 < 0 OR quantity + $1 <= $3) RETURNING ",
                columns!()
            ),
            change,
            id,
            MOST,
        ))?;
        if let Some(changed) = changed {
            return Ok(changed);
        }
        match self.current(id).await? {
            Some(_) if change < 0 => Err(not_enough_in_stock(id)),
            Some(_) => Err(Error::Refused(
                format!("A stock has up to {MOST} copies").into(),
            )),
            None => Err(product_not_found(id)),
        }
    }

    /// Removes a book; whether there was one. What orders hold and bring back of it stays counted.
    pub(super) async fn remove(&self, id: i64) -> Result<bool, Error> {
        let _turn = self.turns(&[id]).await?;
        let removed: Option<(i64,)> = with_writer!(&self.database, |writer| row!(
            writer,
            "UPDATE products SET deleted_at = $1
             WHERE id = $2 AND deleted_at IS NULL RETURNING id",
            now_ms(),
            id,
        ))?;
        Ok(removed.is_some())
    }
}

const PRODUCT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM products WHERE id = $1 AND deleted_at IS NULL"
);

pub(super) fn product_not_found(id: i64) -> Error {
    Error::NotFound(format!("product with id: {id} was not found").into())
}
