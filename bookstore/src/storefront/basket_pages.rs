//! The cart: look at it, change it, order it.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    Shared, Storefront,
    basket::{Basket, name_of},
    form::{Form, new_key},
    page::{Flash, Layout, PageError, Section, grouped, render},
    patiently,
    shop_pages::{copies_of, refusal},
    visitor::{Id, Visitor},
};
use crate::{Error, item::Item, orders::OrderSummary};

/// How often, and after which wait each time, a request is sent again that is still at work under
/// its key.
const TRIES: u32 = 15;
const WAIT: Duration = Duration::from_millis(200);

#[derive(Template)]
#[template(path = "storefront/cart.html")]
struct CartPage {
    layout: Layout,
    basket: Basket,
    /// Makes the order one order, however often the form is sent.
    key: String,
}

#[derive(Template)]
#[template(path = "storefront/order_unknown.html")]
struct OrderUnknownPage {
    layout: Layout,
    key: String,
}

/// `GET /cart`
pub(super) async fn show(
    State(store): State<Shared>,
    Visitor(session): Visitor,
) -> Result<Response, PageError> {
    let basket = patiently(store.basket(session.customer)).await?;
    let layout = store.layout(&session, Section::Cart, "Your cart").await?;
    let page = CartPage {
        layout: Layout {
            in_cart: Some(basket.copies()),
            ..layout
        },
        basket,
        key: new_key(),
    };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /cart/{product_id}`
pub(super) async fn change(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    Id(product_id): Id,
    form: Form,
) -> Result<Response, PageError> {
    let Some(quantity) = form.copies() else {
        let flash = Flash::refused("Please say how many copies you want, at least 1.");
        return store.go_on(&session, "/cart", flash).await;
    };
    let book = patiently(store.catalog.product(product_id)).await?;
    let name = name_of(product_id, book.as_ref());
    let item = Item {
        product_id,
        quantity,
    };
    let changed = patiently(store.cart.change(session.customer, &item)).await;
    let flash = match refusal(changed, &name)? {
        Some(refusal) => refusal,
        None => Flash::done(format!("{} in your cart now.", copies_of(quantity, &name))),
    };
    store.go_on(&session, "/cart", flash).await
}

/// `POST /cart/{product_id}/removal`
pub(super) async fn remove(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    Id(product_id): Id,
    _: Form,
) -> Result<Response, PageError> {
    let book = patiently(store.catalog.product(product_id)).await?;
    let name = name_of(product_id, book.as_ref());
    let removed = patiently(store.cart.remove(session.customer, product_id)).await;
    let flash = match refusal(removed, &name)? {
        Some(refusal) => refusal,
        None => Flash::done(format!("“{name}” is no longer in your cart.")),
    };
    store.go_on(&session, "/cart", flash).await
}

/// `POST /orders`
pub(super) async fn order(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    form: Form,
) -> Result<Response, PageError> {
    let key = form.key();
    let placed = place(&store, session.customer, &key).await;
    let (to, flash) = match placed {
        Ok(order) => {
            let number = grouped(order.id);
            let text = format!("Thank you! Order {number} is placed.");
            ("/orders", Flash::done(text))
        }
        Err(Error::Refused(_) | Error::NotFound(_)) => {
            let text = "Nothing was ordered: your cart is empty, or a book in it has been sold to \
                        somebody else meanwhile.";
            ("/cart", Flash::refused(text))
        }
        Err(Error::Conflict(_)) => {
            let text = "Your cart is being ordered already. Look here again in a moment.";
            ("/orders", Flash::refused(text))
        }
        Err(error) => {
            // It may have been placed or not. The same form with the same key makes sure.
            error.log();
            let title = "Is your order placed?";
            let layout = store.layout(&session, Section::Elsewhere, title).await?;
            let key = form.field("key").to_owned();
            let page = OrderUnknownPage { layout, key };
            let mut response = render(StatusCode::SERVICE_UNAVAILABLE, &page);
            let soon = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
            return Ok(response);
        }
    };
    store.go_on(&session, to, flash).await
}

/// Orders a customer's cart. Every conflict passes: a second click finds the first at work and waits
/// for its answer, and an order from another page buys the cart or lets go of it.
async fn place(store: &Storefront, customer: i64, key: &str) -> Result<OrderSummary, Error> {
    for _ in 0..TRIES {
        match store.orders.place(customer, key).await {
            Err(Error::Conflict(_)) => tokio::time::sleep(WAIT).await,
            outcome => return outcome,
        }
    }
    store.orders.place(customer, key).await
}
