//! The books, and the way of a book into the cart.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};

use super::{
    Shared,
    basket::Basket,
    form::Form,
    page::{Flash, Layout, PageError, Section, grouped, money, render},
    patiently,
    shelf::Search,
    visitor::Visitor,
};
use crate::{Error, catalog::Product, item::Item};

/// So few copies are worth a hint.
const FEW: i64 = 5;

/// Covers that the style sheet knows.
const COVERS: i64 = 8;

#[derive(Template)]
#[template(path = "storefront/shop.html")]
struct ShopPage {
    layout: Layout,
    search: Search,
    books: Vec<BookView>,
    next: Option<String>,
    /// Nothing, if the cart cannot be reached.
    basket: Option<Basket>,
}

struct BookView {
    id: i64,
    name: String,
    price: String,
    in_stock: i64,
    stock: String,
    few: bool,
    cover: i64,
}

impl From<Product> for BookView {
    fn from(book: Product) -> Self {
        let stock = match book.quantity {
            0 => "Sold out".to_owned(),
            left @ 1..=FEW => format!("Only {left} left"),
            many => format!("{} in stock", grouped(many)),
        };
        Self {
            id: book.id,
            name: book.name,
            price: money(book.price),
            in_stock: book.quantity,
            stock,
            few: book.quantity <= FEW,
            cover: book.id % COVERS,
        }
    }
}

/// `GET /`
pub(super) async fn show(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    uri: Uri,
) -> Result<Response, PageError> {
    let search = Search::of(&uri);
    let (shelf, basket) = tokio::join!(
        patiently(store.shelf(&search)),
        patiently(store.basket(session.customer)),
    );
    let shelf = shelf?;
    let basket = basket.inspect_err(Error::log).ok();
    let title = match search.words.as_str() {
        "" => "Books".to_owned(),
        words => format!("Books with “{words}”"),
    };
    let layout = store.layout(&session, Section::Books, title).await?;
    let page = ShopPage {
        layout: Layout {
            in_cart: basket.as_ref().map(Basket::copies),
            ..layout
        },
        books: shelf.books.into_iter().map(BookView::from).collect(),
        next: shelf
            .next
            .map(|after| format!("/{}", search.address(after))),
        search,
        basket,
    };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /cart`
pub(super) async fn add_to_cart(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    form: Form,
) -> Result<Response, PageError> {
    let product_id = form.field("product_id").parse().unwrap_or(0);
    let search = Search {
        words: form.field("q").to_owned(),
        after: form.field("after").parse().unwrap_or(0),
    };
    let back = format!("/{}#book-{product_id}", search.address(search.after));
    let Some(book) = patiently(store.catalog.product(product_id.max(1))).await? else {
        let flash = Flash::refused("This book is no longer sold.");
        return store.go_on(&session, &back, flash).await;
    };
    let Some(quantity) = form.copies() else {
        let flash = Flash::refused("Please say how many copies you want, at least 1.");
        return store.go_on(&session, &back, flash).await;
    };
    let item = Item {
        product_id: book.id,
        quantity,
    };
    let added = patiently(store.cart.add(session.customer, &item)).await;
    let flash = match refusal(added, &book.name)? {
        Some(refusal) => refusal,
        None => Flash::done(format!("{} in your cart.", copies_of(quantity, &book.name))),
    };
    store.go_on(&session, &back, flash).await
}

/// What to say of copies of a book.
pub(super) fn copies_of(copies: i64, name: &str) -> String {
    match copies {
        1 => format!("“{name}” is"),
        more => format!("{} copies of “{name}” are", grouped(more)),
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
