//! The catalog in an administrator's hands: see the stock, add, change and delete books, and take a
//! deletion back.

use std::iter;

use askama::Template;
use axum::{extract::RawQuery, http::StatusCode};

use super::{
    book_form::BookForm,
    errors::{Answer, PageError},
    form::{self, Form, new_key},
    page::{self, Flash, Layout, Question, Section, copies, grouped, money, render},
    patiently,
    search::{FEW, Search, Stock},
    shop_pages::SORTS,
    visitor::{Admin, AdminForm, Id, Visit},
};
use crate::{catalog::Book, item::MOST, orders::FailingSettlements, platform::Error};

const GONE: PageError = PageError::not_found("There is no such book, or it was deleted meanwhile.");

#[derive(Template)]
#[template(path = "storefront/admin_books.html")]
struct BooksPage {
    layout: Layout,
    search: Search,
    categories: Vec<String>,
    books: Vec<Book>,
    next: Option<Search>,
    /// Nothing, if the orders cannot be reached.
    work: Option<FailingSettlements>,
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
    search: Search,
}

fn list_address(search: &Search) -> String {
    format!("/admin{}", search.suffix())
}

/// `GET /admin`
pub(super) async fn list(Admin(visit): Admin, RawQuery(query): RawQuery) -> Answer {
    let search = Search::of(&query.unwrap_or_default());
    let store = &visit.store;
    let (shelf, categories, work) = tokio::join!(
        patiently(store.shelf(&search)),
        patiently(store.catalog.categories()),
        patiently(store.orders.failing()),
    );
    let (books, next) = shelf?;
    let mut layout = visit.layout(Section::AdminBooks, "Books and stock").await?;
    layout.places("book", books.iter().map(|book| book.id));
    let page = BooksPage {
        layout,
        search,
        categories: categories?,
        books,
        next,
        work: work.inspect_err(Error::log).ok(),
    };
    Ok(render(StatusCode::OK, &page))
}

/// `GET /admin/books/new`
pub(super) async fn show_new(Admin(visit): Admin) -> Answer {
    let typed = visit.take_typed("/admin/books").await?;
    let form = typed.map_or_else(BookForm::default, |typed| BookForm::sent(&typed));
    new_book_page(&visit, StatusCode::OK, form, new_key()).await
}

async fn new_book_page(visit: &Visit, status: StatusCode, form: BookForm, key: String) -> Answer {
    let layout = visit.layout(Section::AdminNew, "Add a book").await?;
    Ok(render(status, &NewBookPage { layout, form, key }))
}

/// Does once what a form asks for that would do its work twice; nothing where it was sent before.
async fn once<T>(
    visit: &Visit,
    form: &Form,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<Option<T>, Error> {
    let key = form.key();
    if !visit.store.submitted_first(&key).await? {
        return Ok(None);
    }
    match patiently(work).await {
        // Unknown whether it was done: the form must not be sent again unseen.
        Ok(done) => Ok(Some(done)),
        Err(error @ Error::Unavailable { .. }) => Err(error),
        Err(error) => {
            visit.store.take_back_submission(&key).await?;
            Err(error)
        }
    }
}

/// `POST /admin/books`
pub(super) async fn add(AdminForm(visit, form): AdminForm) -> Answer {
    let mut fields = BookForm::sent(&form);
    let Some((book, details)) = fields.book() else {
        let key = form.field("key").to_owned();
        return new_book_page(&visit, StatusCode::UNPROCESSABLE_ENTITY, fields, key).await;
    };
    let catalog = &visit.store.catalog;
    let Some(added) = once(&visit, &form, catalog.add(&book)).await? else {
        let text = "This form was sent before. See below whether the book is there.";
        return visit.go_on("/admin", Flash::refused(text)).await;
    };
    patiently(catalog.describe(added.id, &details)).await?;
    let text = format!("“{}” is added as no. {}.", added.name, added.id);
    let flash = Flash::done(text).at("book", added.id);
    visit.go_on("/admin?sort=-id", flash).await
}

/// `GET /admin/books/{product_id}`
pub(super) async fn show(Admin(visit): Admin, Id(id): Id, RawQuery(query): RawQuery) -> Answer {
    let (book, version) = book_to_change(&visit, id).await?;
    let (form, version) = match visit.take_typed(&format!("/admin/books/{id}")).await? {
        Some(typed) => (BookForm::sent(&typed), typed.field("version").to_owned()),
        None => (BookForm::of(&book), version),
    };
    let mut layout = visit.layout(Section::AdminBooks, &book.name).await?;
    layout.places("book", iter::once(id));
    let page = BookPage {
        layout,
        id,
        form,
        version,
        changed: None,
        search: Search::of(&query.unwrap_or_default()),
    };
    Ok(render(StatusCode::OK, &page))
}

/// A book, and the version that a change of it must name. The version is read first: what is sold
/// meanwhile makes the change one to look at again.
async fn book_to_change(visit: &Visit, id: i64) -> Result<(Book, String), PageError> {
    let store = &visit.store;
    let version = patiently(store.catalog.version(id)).await?.ok_or(GONE)?;
    let mut books = patiently(store.books(iter::once(id))).await?;
    Ok((books.remove(&id).ok_or(GONE)?, version))
}

/// `POST /admin/books/{product_id}`
pub(super) async fn change(Id(id): Id, AdminForm(visit, form): AdminForm) -> Answer {
    let mut fields = BookForm::sent(&form);
    let catalog = &visit.store.catalog;
    let version = form.field("version").to_owned();
    let Some((book, details)) = fields.book() else {
        let layout = visit.layout(Section::AdminBooks, "Change a book").await?;
        let page = BookPage {
            layout,
            id,
            form: fields,
            version,
            changed: None,
            search: form.search(),
        };
        return Ok(render(StatusCode::UNPROCESSABLE_ENTITY, &page));
    };
    match patiently(catalog.replace(id, &version, &book)).await {
        Ok(()) => {}
        Err(Error::NotFound(_)) => return Err(GONE),
        Err(Error::Changed(_)) => {
            let (now, version) = book_to_change(&visit, id).await?;
            // The same change made before, by this very request whose answer was lost.
            let is_done =
                (&now.name, now.price, now.quantity) == (&book.name, book.price, book.quantity);
            if !is_done {
                return changed_meanwhile(&visit, &now, version, fields, form.search()).await;
            }
        }
        Err(error) => return Err(error.into()),
    }
    if form.has("author") {
        patiently(catalog.describe(id, &details)).await?;
    }
    let flash = Flash::done(format!("“{}” is changed.", book.name)).at("book", id);
    visit.go_on(&list_address(&form.search()), flash).await
}

/// The form again, with what was typed but for the stock, which is what it is by now.
async fn changed_meanwhile(
    visit: &Visit,
    now: &Book,
    version: String,
    mut typed: BookForm,
    search: Search,
) -> Answer {
    let changed = format!(
        "“{}” was sold or changed since you opened this form, so nothing was saved. It is now {} \
         with {} in stock; you had entered {}. Check the fields and save again.",
        now.name,
        money(now.price),
        grouped(now.quantity),
        typed.quantity.text,
    );
    typed.quantity.text = now.quantity.to_string();
    let page = BookPage {
        layout: visit.layout(Section::AdminBooks, &now.name).await?,
        id: now.id,
        form: typed,
        version,
        changed: Some(changed),
        search,
    };
    Ok(render(StatusCode::PRECONDITION_FAILED, &page))
}

/// `POST /admin/books/{product_id}/stock`
pub(super) async fn change_stock(Admin(visit): Admin, Id(id): Id, form: Form) -> Answer {
    let back = match form.field("from") {
        "list" => list_address(&form.search()),
        _ => format!("/admin/books/{id}{}", form.search().suffix()),
    };
    let answer = |flash: Flash| visit.go_on(&back, flash.at("book", id));
    let change = form.field("change").trim().parse().ok();
    let Some(change) = change.filter(|change| (-MOST..=MOST).contains(change)) else {
        let text = "Please say how many copies to add, or to take off with a minus.";
        return answer(Flash::refused(text)).await;
    };
    let changed = once(&visit, &form, visit.store.catalog.change_stock(id, change)).await;
    answer(match changed {
        Ok(Some(book)) => {
            let stock = grouped(book.quantity);
            Flash::done(format!("“{}” has {stock} in stock now.", book.name))
        }
        Ok(None) => Flash::refused("This form was sent before. See the stock here."),
        Err(Error::Refused(_)) => Flash::refused(
            "Nothing was changed: there are not so many in stock, or it would be too many.",
        ),
        Err(Error::NotFound(_)) => return Err(GONE),
        Err(error) => return Err(error.into()),
    })
    .await
}

/// `GET /admin/books/{product_id}/deletion`
pub(super) async fn confirm_deletion(
    Admin(visit): Admin,
    Id(id): Id,
    RawQuery(query): RawQuery,
) -> Answer {
    let search = Search::of(&query.unwrap_or_default());
    let book = patiently(visit.store.catalog.product(id)).await?;
    let book = book.ok_or(GONE)?;
    let question = Question {
        title: "Delete a book".to_owned(),
        text: format!(
            "“{}”, {} in stock at {} each, will be gone from the shop. Orders that were placed stay, \
             and can be returned. A deletion can be undone.",
            book.name,
            copies(book.quantity),
            money(book.price),
        ),
        action: format!("/admin/books/{id}/deletion"),
        fields: vec![("search".to_owned(), search.query())],
        yes: "Delete the book",
        cancel: list_address(&search),
    };
    visit.ask(Section::AdminBooks, question).await
}

/// `POST /admin/books/{product_id}/deletion`
pub(super) async fn delete(Admin(visit): Admin, Id(id): Id, form: Form) -> Answer {
    let deleted = patiently(visit.store.catalog.remove(id)).await?;
    let text = match deleted {
        true => "The book is deleted.",
        false => "The book was deleted already.",
    };
    let flash = Flash::done(text).at("deleted", id);
    visit.go_on(&list_address(&form.search()), flash).await
}

/// `POST /admin/books/{product_id}/restoration`
pub(super) async fn restore(Admin(visit): Admin, Id(id): Id, form: Form) -> Answer {
    let flash = match patiently(visit.store.catalog.restore(id)).await {
        Ok(book) => Flash::done(format!("“{}” is for sale again.", book.name)),
        Err(Error::NotFound(_)) => return Err(GONE),
        Err(error) => return Err(error.into()),
    };
    let back = list_address(&form.search());
    visit.go_on(&back, flash.at("book", id)).await
}
