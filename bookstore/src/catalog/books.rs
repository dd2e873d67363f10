//! What readers are told about a book besides its price and its stock: `/books`, `/categories`, and
//! taking a deletion back. The report's `/products` knows nothing of this.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use utoipa::ToSchema;

use super::{
    Catalog,
    products::{UpdatedProduct, product_not_found},
    search::{BookQuery, Ids},
};
use crate::platform::{
    Error,
    database::{List, execute, row, rows, with_reader, with_replica, with_writer},
    error::ErrorDetail,
    extract::{Checked, CheckedBody, FromBody, ProductId},
    paging::{NextPage, Paging},
    validation::{Field, Problems},
};

/// Characters that an author's name, and a category, may have.
pub(crate) const LABEL_LENGTH: std::ops::RangeInclusive<usize> = 0..=100;

pub(crate) const DESCRIPTION_LENGTH: std::ops::RangeInclusive<usize> = 0..=2_000;

/// A book with everything that is known about it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Book {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// In whole units of the currency.
    pub(crate) price: i64,
    /// Copies in stock.
    pub(crate) quantity: i64,
    /// Empty where it is not known; so are the next two.
    pub(crate) author: String,
    pub(crate) category: String,
    pub(crate) description: String,
    /// Whether it was taken out of the catalog.
    pub(crate) deleted: bool,
}

/// What readers are told about a book. Empty texts are what is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BookDetails {
    #[schema(max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub(crate) author: String,
    #[schema(max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub(crate) category: String,
    #[schema(max_length = 2000, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub(crate) description: String,
}

impl FromBody for BookDetails {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let body = body.object(problems)?;
        let author = body.field("author").text(LABEL_LENGTH, problems);
        let category = body.field("category").text(LABEL_LENGTH, problems);
        let description = body.field("description").text(DESCRIPTION_LENGTH, problems);
        Some(Self {
            author: author?.to_owned(),
            category: category?.to_owned(),
            description: description?.to_owned(),
        })
    }
}

/// Books, in the order that was asked for.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Books {
    pub(super) books: Vec<Book>,
}

/// Categories that have a book, by name.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Categories {
    pub(super) categories: Vec<String>,
}

/// Get books with their details: all, or those that are asked for, or a page of them.
#[utoipa::path(
    get,
    path = "/books",
    operation_id = "list_books",
    params(BookQuery, Paging),
    responses((status = 200, body = Books))
)]
pub(super) async fn list(
    State(catalog): State<Arc<Catalog>>,
    Checked((wanted, paging)): Checked<(BookQuery, Paging)>,
) -> Result<(NextPage, Json<Books>), Error> {
    let books = catalog.books(&wanted, &paging).await?;
    let (next, books) = paging.cut(books, |book| wanted.place_of(book));
    Ok((next, Json(Books { books })))
}

/// Get these books with their details, deleted ones too; ids that no book has are left out.
#[utoipa::path(
    get,
    path = "/books_by_id",
    operation_id = "list_books_by_id",
    params(("ids" = String, Query, description = "Up to 100 ids, with commas between them",
        pattern = r"^[1-9][0-9]{0,17}(,[1-9][0-9]{0,17}){0,99}$")),
    responses((status = 200, body = Books))
)]
pub(super) async fn list_by_id(
    State(catalog): State<Arc<Catalog>>,
    Checked(Ids(ids)): Checked<Ids>,
) -> Result<Json<Books>, Error> {
    let statement = format!("{BOOK} WHERE products.id {}", catalog.database.in_list());
    let ids = List::of_ids(ids);
    // From the primary: prices and stock of what somebody is about to order are not to be old.
    let books = with_reader!(&catalog.database, |reader| rows!(
        reader,
        AssertSqlSafe(statement.as_str()),
        ids.clone(),
    ))?;
    Ok(Json(Books { books }))
}

/// Get the categories of the books that are for sale: a hundred at most.
#[utoipa::path(
    get,
    path = "/categories",
    operation_id = "list_categories",
    responses((status = 200, body = Categories))
)]
pub(super) async fn list_categories(
    State(catalog): State<Arc<Catalog>>,
) -> Result<Json<Categories>, Error> {
    let categories: Vec<(String,)> = with_replica!(&catalog.database, |reader| rows!(
        reader,
        "SELECT DISTINCT category FROM book_details
         WHERE category <> '' AND EXISTS (SELECT 1 FROM products
             WHERE products.id = product_id AND deleted_at IS NULL)
         ORDER BY category LIMIT 100"
    ))?;
    let categories = categories.into_iter().map(|(category,)| category).collect();
    Ok(Json(Categories { categories }))
}

/// Say what readers are told about a book.
#[utoipa::path(
    put,
    path = "/books/{product_id}",
    operation_id = "describe_book",
    params(("product_id" = i64, Path, minimum = 1)),
    request_body = BookDetails,
    responses(
        (status = 200, body = BookDetails),
        (status = 404, body = ErrorDetail),
    )
)]
pub(super) async fn describe(
    State(catalog): State<Arc<Catalog>>,
    CheckedBody(ProductId(id), details): CheckedBody<ProductId, BookDetails>,
) -> Result<Json<BookDetails>, Error> {
    let described = with_writer!(&catalog.database, |writer| execute!(
        writer,
        "INSERT INTO book_details (product_id, author, category, description)
         SELECT id, $2, $3, $4 FROM products WHERE id = $1 AND deleted_at IS NULL
         ON CONFLICT (product_id) DO UPDATE SET author = excluded.author,
         category = excluded.category, description = excluded.description",
        id,
        &details.author,
        &details.category,
        &details.description,
    ))?;
    match described {
        0 => Err(product_not_found(id)),
        _ => Ok(Json(details)),
    }
}

/// Take the deletion of a product back.
#[utoipa::path(
    post,
    path = "/products/{product_id}/restoration",
    operation_id = "restore_product",
    params(("product_id" = i64, Path, minimum = 1)),
    responses(
        (status = 200, body = UpdatedProduct),
        (status = 404, body = ErrorDetail),
    )
)]
pub(super) async fn restore(
    State(catalog): State<Arc<Catalog>>,
    Checked(ProductId(id)): Checked<ProductId>,
) -> Result<Json<UpdatedProduct>, Error> {
    let restored = with_writer!(&catalog.database, |writer| row!(
        writer,
        "UPDATE products SET deleted_at = NULL WHERE id = $1
         RETURNING id, name, price, quantity",
        id,
    ))?;
    let restored = restored.ok_or_else(|| product_not_found(id))?;
    Ok(Json(UpdatedProduct::new(restored)))
}

/// A book's columns.
const BOOK: &str = "SELECT products.id, name, price, quantity, COALESCE(author, '') AS author,
    COALESCE(category, '') AS category, COALESCE(description, '') AS description,
    deleted_at IS NOT NULL AS deleted
    FROM products LEFT JOIN book_details ON product_id = products.id";

impl Catalog {
    async fn books(&self, wanted: &BookQuery, paging: &Paging) -> Result<Vec<Book>, Error> {
        if wanted.words.cannot_be_found() || wanted.category.contains(char::is_control) {
            return Ok(Vec::new());
        }
        let text = "name || ' ' || COALESCE(author, '')";
        let (has_words, words) = wanted.words.condition(&self.database, text);
        let (after, order) = wanted.sort.sql();
        let statement = format!(
            "{BOOK} WHERE {has_words} AND ($2 = '' OR category = $2) AND quantity <= $3
             AND (deleted_at IS NOT NULL) = $4 AND {after} ORDER BY {order} LIMIT $6"
        );
        with_replica!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(statement.as_str()),
            words.clone(),
            &wanted.category,
            wanted.most_in_stock,
            wanted.deleted,
            paging.after(),
            paging.rows(),
            &wanted.seen,
        ))
    }
}
