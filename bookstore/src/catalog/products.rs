//! `/products`: the report's calls, and a stock that changes by a difference.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use utoipa::ToSchema;

use super::{
    Catalog, Product,
    answers::{KeptAnswer, Question},
    model::NewProduct,
    reservations::not_enough_in_stock,
    search::SearchTerms,
};
use crate::{
    item::MOST,
    platform::{
        Error,
        database::{execute, now_ms, row, rows, with_reader, with_replica, with_writer},
        error::ErrorDetail,
        extract::{Checked, CheckedBody, FromBody, FromParameters, Parameters, ProductId},
        paging::Paging,
        validation::{Field, Problems},
    },
};

/// Every book.
#[derive(Serialize, ToSchema)]
pub(crate) struct Products {
    pub(super) data: Vec<Product>,
}

/// The book that was added.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CreatedProduct {
    pub(super) data: Product,
}

/// One book.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ProductDetail {
    pub(super) product_detail: Product,
}

/// The book after the change.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct UpdatedProduct {
    message: Cow<'static, str>,
    pub(super) updated_product: Product,
}

impl UpdatedProduct {
    pub(super) fn new(updated_product: Product) -> Self {
        Self {
            message: "Product updated successfully".into(),
            updated_product,
        }
    }
}

/// Get all products, or those whose names have some words, or a page of them.
#[utoipa::path(
    get,
    path = "/products",
    params(
        ("q" = Option<String>, Query, nullable = false, max_length = 255,
            description = "List only books whose names have each of these words, in any case and \
                anywhere"),
        Paging,
    ),
    responses((status = 200, body = Products))
)]
pub(super) async fn list(
    State(catalog): State<Arc<Catalog>>,
    Checked((words, paging)): Checked<(SearchTerms, Paging)>,
) -> Result<Response, Error> {
    if words.is_empty()
        && paging.is_first()
        && let Some(answer) = catalog.answer(Question::All).await?
    {
        return Ok(answer.into_response());
    }
    let products = match words.is_empty() {
        true => catalog.products(&paging).await?,
        false => catalog.products_named(&words, &paging).await?,
    };
    let (next, data) = paging.cut(products, |product| product.id);
    Ok((next, Json(Products { data })).into_response())
}

/// Get one product.
#[utoipa::path(
    get,
    path = "/products/{product_id}",
    params(("product_id" = i64, Path, minimum = 1)),
    responses(
        (status = 200, body = ProductDetail, headers(("ETag" = String,
            description = "The version that was read; changes with every sale, too"))),
        (status = 404, body = ErrorDetail),
    )
)]
pub(super) async fn show(
    State(catalog): State<Arc<Catalog>>,
    Checked(ProductId(id)): Checked<ProductId>,
) -> Result<KeptAnswer, Error> {
    let answer = catalog.answer(Question::One(id)).await?;
    answer.ok_or_else(|| product_not_found(id))
}

/// Add a product.
#[utoipa::path(
    post,
    path = "/products",
    request_body = NewProduct,
    responses((status = 201, body = CreatedProduct))
)]
pub(super) async fn create(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody((), product): CheckedBody<(), NewProduct>,
) -> Result<(StatusCode, Json<CreatedProduct>), Error> {
    let added = with_writer!(&catalog.database, |writer| row!(
        writer,
        "INSERT INTO products (name, price, quantity, added) VALUES ($1, $2, $3, $3)
         RETURNING id, name, price, quantity",
        &product.name,
        product.price,
        product.quantity,
    ))?;
    let data = added.ok_or(sqlx::Error::RowNotFound)?;
    Ok((StatusCode::CREATED, Json(CreatedProduct { data })))
}

/// Replace a product's data; with `If-Match` only if nobody has changed or sold it meanwhile.
#[utoipa::path(
    put,
    path = "/products/{product_id}",
    params(
        ("product_id" = i64, Path, minimum = 1),
        ("If-Match" = Option<String>, Header,
            description = "The `ETag` that was read; the change is refused if it is not the latest"),
    ),
    request_body = NewProduct,
    responses(
        (status = 200, body = UpdatedProduct),
        (status = 404, body = ErrorDetail),
        (status = 412, description = "Changed since it was read", body = ErrorDetail),
    )
)]
pub(super) async fn update(
    State(catalog): State<Arc<Catalog>>,
    request: CheckedBody<(ProductId, IfMatch), NewProduct>,
) -> Result<Json<UpdatedProduct>, Error> {
    let CheckedBody((ProductId(id), seen), product) = request;
    let changed =
        || Error::Changed(format!("product with id: {id} has changed since it was read").into());
    let current = catalog.current(id).await?;
    let current = current.ok_or_else(|| product_not_found(id))?;
    if !seen.allows(&current) {
        return Err(changed());
    }
    let _turn = catalog.turns(&[id]).await?;
    // A compare-and-set: a sale since that moment makes the condition false.
    let replaced = with_writer!(&catalog.database, |writer| row!(
        writer,
        "UPDATE products SET name = $1, price = $2, quantity = $3, added = added + $3 - quantity
         WHERE id = $4 AND deleted_at IS NULL
         AND ($5 OR (name = $6 AND price = $7 AND quantity = $8))
         RETURNING id, name, price, quantity",
        &product.name,
        product.price,
        product.quantity,
        id,
        seen.is_any(),
        &current.name,
        current.price,
        current.quantity,
    ))?;
    match replaced {
        Some(product) => Ok(Json(UpdatedProduct::new(product))),
        None if seen.is_any() => Err(product_not_found(id)),
        None => Err(changed()),
    }
}

/// The versions that a client has seen, one of which a book must have to be changed. It may have any
/// where the client names none.
pub(super) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    fn is_any(&self) -> bool {
        self.0.is_none()
    }

    fn allows(&self, product: &Product) -> bool {
        let versions = self.0.as_ref();
        versions.is_none_or(|versions| versions.contains(&product.version()))
    }
}

impl FromParameters for IfMatch {
    fn read(parameters: &Parameters<'_>, _: &mut Problems) -> Option<Self> {
        let header = parameters.header("if-match").map(String::from_utf8_lossy);
        // What is no version of ours matches nothing; our versions hold no commas.
        let versions = header.map(|header| {
            let versions = header.split(',').map(|version| version.trim().to_owned());
            versions.collect::<Vec<_>>()
        });
        let versions = versions.filter(|all| !all.iter().any(|version| version == "*"));
        Some(Self(versions))
    }
}

/// By how much a stock changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct StockChange {
    #[schema(minimum = -2147483647, maximum = 2147483647)]
    pub(super) change: i64,
}

impl FromBody for StockChange {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let field = body.object(problems)?.field("change");
        let change = field.integer(-MOST..=MOST, problems)?;
        Some(Self { change })
    }
}

/// Add copies to a product's stock, or take them off it. What is sold meanwhile stays sold.
#[utoipa::path(
    patch,
    path = "/products/{product_id}/stock",
    params(("product_id" = i64, Path, minimum = 1)),
    request_body = StockChange,
    responses(
        (status = 200, body = UpdatedProduct),
        (status = 400, description = "Not so many in stock, or too many then", body = ErrorDetail),
        (status = 404, body = ErrorDetail),
    )
)]
pub(super) async fn change_stock(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody(ProductId(id), StockChange { change }): CheckedBody<ProductId, StockChange>,
) -> Result<Json<UpdatedProduct>, Error> {
    let _turn = catalog.turns(&[id]).await?;
    // Returns may have brought back more than can be added.
    let changed = with_writer!(&catalog.database, |writer| row!(
        writer,
        "UPDATE products SET quantity = quantity + $1, added = added + $1
         WHERE id = $2 AND deleted_at IS NULL AND quantity + $1 >= 0
         AND ($1 < 0 OR quantity + $1 <= $3) RETURNING id, name, price, quantity",
        change,
        id,
        MOST,
    ))?;
    if let Some(product) = changed {
        return Ok(Json(UpdatedProduct::new(product)));
    }
    Err(match catalog.current(id).await? {
        Some(_) if change < 0 => not_enough_in_stock(id),
        Some(_) => Error::Refused(format!("A stock has up to {MOST} copies").into()),
        None => product_not_found(id),
    })
}

/// Remove a product.
#[utoipa::path(
    delete,
    path = "/products/{product_id}",
    params(("product_id" = i64, Path, minimum = 1)),
    responses(
        (status = 204),
        (status = 404, body = ErrorDetail),
    )
)]
pub(super) async fn delete(
    State(catalog): State<Arc<Catalog>>,
    Checked(ProductId(id)): Checked<ProductId>,
) -> Result<StatusCode, Error> {
    let _turn = catalog.turns(&[id]).await?;
    // The row stays: what orders hold and bring back of the book is counted on.
    let removed = with_writer!(&catalog.database, |writer| execute!(
        writer,
        "UPDATE products SET deleted_at = $1 WHERE id = $2 AND deleted_at IS NULL",
        now_ms(),
        id,
    ))?;
    match removed {
        0 => Err(product_not_found(id)),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

pub(super) const PRODUCT: &str =
    "SELECT id, name, price, quantity FROM products WHERE id = $1 AND deleted_at IS NULL";

impl Catalog {
    /// Books, by id; maybe from a read replica.
    pub(super) async fn products(&self, paging: &Paging) -> Result<Vec<Product>, Error> {
        with_replica!(&self.database, |reader| rows!(
            reader,
            "SELECT id, name, price, quantity FROM products
             WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2",
            paging.after(),
            paging.rows(),
        ))
    }

    /// Those whose names have every word.
    async fn products_named(
        &self,
        words: &SearchTerms,
        paging: &Paging,
    ) -> Result<Vec<Product>, Error> {
        if words.cannot_be_found() {
            return Ok(Vec::new());
        }
        let (has_words, patterns) = words.condition(&self.database, "name");
        let query = format!(
            "SELECT id, name, price, quantity FROM products
             WHERE id > $2 AND deleted_at IS NULL AND {has_words} ORDER BY id LIMIT $3"
        );
        with_replica!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(query.as_str()),
            patterns.clone(),
            paging.after(),
            paging.rows(),
        ))
    }

    /// One book as it is now.
    async fn current(&self, id: i64) -> Result<Option<Product>, Error> {
        with_reader!(&self.database, |reader| row!(reader, PRODUCT, id))
    }
}

pub(super) fn product_not_found(id: i64) -> Error {
    Error::NotFound(format!("product with id: {id} was not found").into())
}
