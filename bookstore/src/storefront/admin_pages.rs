//! The catalog in an administrator's hands: see the stock, add, change and delete books.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};

use super::{
    Shared, Storefront,
    book_form::BookForm,
    form::{Form, new_key},
    page::{Flash, Layout, PageError, Section, grouped, money, render},
    patiently,
    session::Session,
    shelf::Search,
    visitor::{Admin, Id},
};
use crate::{
    Error,
    catalog::{Product, Replaced},
};

/// The answer about a book that somebody else has deleted.
const GONE: PageError = PageError::NotFound("There is no such book, or it was deleted meanwhile.");

#[derive(Template)]
#[template(path = "storefront/admin_books.html")]
struct BooksPage {
    layout: Layout,
    search: Search,
    books: Vec<Product>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "storefront/admin_new.html")]
struct NewBookPage {
    layout: Layout,
    form: BookForm,
    key: String,
}

#[derive(Template)]
#[template(path = "storefront/admin_book.html")]
struct BookPage {
    layout: Layout,
    id: i64,
    form: BookForm,
    /// The book as the form's reader has seen it.
    version: String,
    /// What has changed since the form was opened.
    changed: Option<String>,
}

#[derive(Template)]
#[template(path = "storefront/admin_deletion.html")]
struct DeletionPage {
    layout: Layout,
    book: Product,
}

/// `GET /admin`
pub(super) async fn list(
    State(store): State<Shared>,
    Admin(session): Admin,
    uri: Uri,
) -> Result<Response, PageError> {
    let search = Search::of(&uri);
    let shelf = patiently(store.shelf(&search)).await?;
    let section = Section::AdminBooks;
    let page = BooksPage {
        layout: store.layout(&session, section, "Books and stock").await?,
        books: shelf.books,
        next: shelf
            .next
            .map(|after| format!("/admin{}", search.address(after))),
        search,
    };
    Ok(render(StatusCode::OK, &page))
}

/// `GET /admin/books/new`
pub(super) async fn show_new(
    State(store): State<Shared>,
    Admin(session): Admin,
) -> Result<Response, PageError> {
    let form = BookForm::default();
    Ok(new_book_page(&store, &session, StatusCode::OK, form, new_key()).await?)
}

/// `POST /admin/books`
pub(super) async fn add(
    State(store): State<Shared>,
    Admin(session): Admin,
    form: Form,
) -> Result<Response, PageError> {
    let mut fields = BookForm::sent(&form);
    let Some(book) = fields.book() else {
        let (status, key) = (
            StatusCode::UNPROCESSABLE_ENTITY,
            form.field("key").to_owned(),
        );
        return Ok(new_book_page(&store, &session, status, fields, key).await?);
    };
    let key = form.key();
    if !store.submitted_first(&key).await? {
        let flash =
            Flash::refused("This form was sent before. See below whether the book is there.");
        return store.go_on(&session, "/admin", flash).await;
    }
    let added = patiently(store.catalog.add(&book)).await;
    let added = match added {
        Ok(added) => added,
        // Unknown whether it was added: the form must not be sent again unseen.
        Err(error @ Error::Unavailable { .. }) => return Err(error.into()),
        Err(error) => {
            store.take_back_submission(&key).await?;
            return Err(error.into());
        }
    };
    let text = format!("“{}” is added as no. {}.", added.name, added.id);
    store.go_on(&session, "/admin", Flash::done(text)).await
}

async fn new_book_page(
    store: &Storefront,
    session: &Session,
    status: StatusCode,
    form: BookForm,
    key: String,
) -> Result<Response, Error> {
    let layout = store
        .layout(session, Section::AdminNew, "Add a book")
        .await?;
    Ok(render(status, &NewBookPage { layout, form, key }))
}

/// `GET /admin/books/{product_id}`
pub(super) async fn show(
    State(store): State<Shared>,
    Admin(session): Admin,
    Id(id): Id,
) -> Result<Response, PageError> {
    let (book, version) = patiently(store.catalog.product_to_change(id))
        .await?
        .ok_or(GONE)?;
    let page = BookPage {
        layout: store
            .layout(&session, Section::AdminBooks, &book.name)
            .await?,
        id,
        form: BookForm::of(&book),
        version,
        changed: None,
    };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /admin/books/{product_id}`
pub(super) async fn change(
    State(store): State<Shared>,
    Admin(session): Admin,
    Id(id): Id,
    form: Form,
) -> Result<Response, PageError> {
    let mut fields = BookForm::sent(&form);
    let version = form.field("version");
    let Some(book) = fields.book() else {
        let page = BookPage {
            layout: store
                .layout(&session, Section::AdminBooks, "Change a book")
                .await?,
            id,
            form: fields,
            version: version.to_owned(),
            changed: None,
        };
        return Ok(render(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    let replaced = patiently(store.catalog.replace(id, version, &book)).await?;
    if replaced == Replaced::Gone {
        return Err(GONE);
    }
    if replaced == Replaced::Changed {
        let (now, version) = patiently(store.catalog.product_to_change(id))
            .await?
            .ok_or(GONE)?;
        // The same change made before, by this very request whose answer was lost.
        let is_done =
            (&now.name, now.price, now.quantity) == (&book.name, book.price, book.quantity);
        if !is_done {
            let layout = store
                .layout(&session, Section::AdminBooks, &now.name)
                .await?;
            let page = changed_meanwhile(layout, &now, version, fields);
            return Ok(render(StatusCode::PRECONDITION_FAILED, &page));
        }
    }
    let text = format!("“{}” is changed.", book.name);
    store.go_on(&session, "/admin", Flash::done(text)).await
}

/// The form again, with what was typed but for the stock, which is what it is by now.
fn changed_meanwhile(
    layout: Layout,
    now: &Product,
    version: String,
    mut typed: BookForm,
) -> BookPage {
    let changed = format!(
        "“{}” was sold or changed since you opened this form, so nothing was saved. It is now {} \
         with {} in stock; you had entered {}. Check the fields and save again.",
        now.name,
        money(now.price),
        grouped(now.quantity),
        typed.quantity.text,
    );
    typed.quantity.text = now.quantity.to_string();
    BookPage {
        layout,
        id: now.id,
        form: typed,
        version,
        changed: Some(changed),
    }
}

/// `GET /admin/books/{product_id}/deletion`
pub(super) async fn confirm_deletion(
    State(store): State<Shared>,
    Admin(session): Admin,
    Id(id): Id,
) -> Result<Response, PageError> {
    let book = patiently(store.catalog.product(id)).await?.ok_or(GONE)?;
    let section = Section::AdminBooks;
    let layout = store.layout(&session, section, "Delete a book").await?;
    Ok(render(StatusCode::OK, &DeletionPage { layout, book }))
}

/// `POST /admin/books/{product_id}/deletion`
pub(super) async fn delete(
    State(store): State<Shared>,
    Admin(session): Admin,
    Id(id): Id,
    _: Form,
) -> Result<Response, PageError> {
    let flash = if patiently(store.catalog.remove(id)).await? {
        Flash::done("The book is deleted.")
    } else {
        Flash::done("The book was deleted already.")
    };
    store.go_on(&session, "/admin", flash).await
}
