//! `/products`.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Catalog, Product,
    answers::{KeptAnswer, Question},
    model::NewProduct,
    search::SearchTerms,
    store::product_not_found,
    version::IfMatch,
};
use crate::{
    item::MOST,
    platform::{
        Error,
        error::ErrorDetail,
        extract::{Checked, CheckedBody, FromBody, ProductId},
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
    let products = if words.is_empty() {
        catalog.products(&paging).await?
    } else {
        catalog.products_named(&words, &paging).await?
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
    let data = catalog.insert(&product).await?;
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
    match catalog.replace(id, &seen, &product).await? {
        Some(product) => Ok(Json(UpdatedProduct::new(product))),
        None => Err(product_not_found(id)),
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
    let product = catalog.change_stock(id, change).await?;
    Ok(Json(UpdatedProduct::new(product)))
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
    if catalog.remove(id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(product_not_found(id))
    }
}
