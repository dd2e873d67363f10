//! The books, and putting one into the cart.

use std::iter;

use askama::Template;
use axum::{extract::RawQuery, http::StatusCode};

use super::{
    basket::Basket,
    errors::{Answer, PageError},
    form::{self, Form},
    page::{self, Flash, Layout, Question, Section, copies, grouped, money, render},
    patiently,
    search::{FEW, Search, Stock},
    visitor::{Id, Visit},
};
use crate::{
    catalog::{Book, Sort},
    item::Item,
    platform::Error,
};

/// So many copies of a book are rather a slip of the finger than a wish.
pub(super) const MANY: i64 = 1_000;

const COVERS: i64 = 8;

/// What is asked for where no number of copies stands.
pub(super) const HOW_MANY: &str = "Please say how many copies you want, at least 1.";

/// The orders of a shelf, as they are offered.
pub(super) const SORTS: [(Sort, &str); 5] = [
    (Sort::Id, "Featured"),
    (Sort::Newest, "Newest first"),
    (Sort::Name, "Title"),
    (Sort::Price, "Price, low to high"),
    (Sort::PriceDown, "Price, high to low"),
];

#[derive(Template)]
#[template(path = "storefront/shop.html")]
struct ShopPage {
    layout: Layout,
    search: Search,
    categories: Vec<String>,
    books: Vec<Book>,
    next: Option<Search>,
    /// Nothing, if the cart cannot be reached.
    basket: Option<Basket>,
}

#[derive(Template)]
#[template(path = "storefront/book.html")]
struct BookPage {
    layout: Layout,
    search: Search,
    book: Book,
}

impl Book {
    /// What is said of its stock.
    fn stock(&self) -> String {
        match self.quantity {
            0 => "Sold out".to_owned(),
            left @ 1..=FEW => format!("Only {left} left"),
            many => format!("{} in stock", grouped(many)),
        }
    }

    fn is_scarce(&self) -> bool {
        self.quantity <= FEW
    }

    fn cover(&self) -> i64 {
        self.id % COVERS
    }
}

fn search_of_visitor(query: Option<String>) -> Search {
    Search {
        stock: Stock::Any,
        ..Search::of(&query.unwrap_or_default())
    }
}

/// `GET /`
pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let search = search_of_visitor(query);
    let store = &visit.store;
    let (shelf, categories, basket) = tokio::join!(
        patiently(store.shelf(&search)),
        patiently(store.catalog.categories()),
        patiently(store.basket(visit.session.customer)),
    );
    let (books, next) = shelf?;
    let basket = basket.inspect_err(Error::log).ok();
    let title = match (search.words.as_str(), search.category.as_str()) {
        ("", "") => "Books".to_owned(),
        ("", category) => category.to_owned(),
        (words, _) => format!("Books with “{words}”"),
    };
    let mut layout = visit.layout(Section::Books, title).await?;
    layout.places("book", books.iter().map(|book| book.id));
    layout.in_cart = basket.as_ref().map(Basket::copies);
    layout.search = search.suffix();
    let page = ShopPage {
        layout,
        search,
        categories: categories?,
        books,
        next,
        basket,
    };
    Ok(render(StatusCode::OK, &page))
}

/// `GET /books/{product_id}`
pub(super) async fn show_book(visit: Visit, Id(id): Id, RawQuery(query): RawQuery) -> Answer {
    let search = search_of_visitor(query);
    let mut books = patiently(visit.store.books(iter::once(id))).await?;
    let book = books.remove(&id).filter(|book| !book.deleted);
    let book = book.ok_or(PageError::not_found(
        "There is no such book, or it is no longer sold.",
    ))?;
    let mut layout = visit
        .layout_with_cart(Section::Books, book.name.clone())
        .await?;
    layout.places("book", iter::once(id));
    layout.search = search.suffix();
    let page = BookPage {
        layout,
        search,
        book,
    };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /cart`
pub(super) async fn add_to_cart(visit: Visit, form: Form) -> Answer {
    let product_id: Option<i64> = form.field("product_id").parse().ok();
    let product_id = product_id.filter(|id| *id > 0);
    let product_id = product_id.ok_or(PageError::FORM_UNREADABLE)?;
    let search = form.search().suffix();
    let back = match form.field("from") {
        "book" => format!("/books/{product_id}{search}"),
        _ => format!("/{search}"),
    };
    let refuse = |text: &str| visit.go_on(&back, Flash::refused(text).at("book", product_id));
    let store = &visit.store;
    let Some(book) = patiently(store.catalog.product(product_id)).await? else {
        return refuse("This book is no longer sold.").await;
    };
    let Some(quantity) = form.copies() else {
        return refuse(HOW_MANY).await;
    };
    if (MANY..=book.quantity).contains(&quantity) && !form.is_confirmed() {
        let cost = money(book.price.saturating_mul(quantity));
        let text = format!("{} of “{}” cost {cost}.", copies(quantity), book.name);
        let question = Question::again(&form, "/cart", text, "Add them to the cart");
        let cancel = back.clone();
        return visit
            .ask(Section::Books, Question { cancel, ..question })
            .await;
    }
    let item = Item {
        product_id,
        quantity,
    };
    let key = form.key();
    let added = patiently(store.cart.add(visit.session.customer, &key, &item)).await;
    let flash = match refusal(added, &book.name)? {
        Some(refusal) => refusal,
        None => Flash::done(format!("{} in your cart.", copies_of(quantity, &book.name))),
    };
    visit.go_on(&back, flash.at("book", product_id)).await
}

/// What to say of copies of a book.
pub(super) fn copies_of(number: i64, name: &str) -> String {
    match number {
        1 => format!("“{name}” is"),
        more => format!("{} of “{name}” are", copies(more)),
    }
}

/// What the cart has against a change, if anything; an error, if it is not for the visitor to mend.
pub(super) fn refusal(changed: Result<(), Error>, name: &str) -> Result<Option<Flash>, Error> {
    let text = match changed {
        Ok(()) => return Ok(None),
        Err(Error::Refused(_)) => format!("There is not enough of “{name}” in stock."),
        Err(Error::NotFound(_)) => format!("“{name}” is not there any more."),
        Err(Error::Conflict(_)) => {
            "Your cart is being ordered at this moment. Look at your orders, then try again."
                .to_owned()
        }
        Err(error) => return Err(error),
    };
    Ok(Some(Flash::refused(text)))
}
