//! The cart: look at it, change it, order it.

use std::time::Duration;

use askama::Template;
use axum::{extract::RawQuery, http::StatusCode};

use super::{
    basket::{Basket, name_of},
    errors::Answer,
    form::{Form, new_key},
    page::{Flash, Layout, Question, Section, copies, grouped, render, try_again_soon},
    patiently,
    search::Search,
    shop_pages::{HOW_MANY, MANY, copies_of, refusal},
    visitor::{Id, Visit},
};
use crate::{
    item::{Item, PricedItem},
    orders::Order,
    platform::Error,
};

/// How often, and after which wait each time, a request is sent again that is still at work under
/// its key.
const TRIES: u32 = 15;
const WAIT: Duration = Duration::from_millis(200);

#[derive(Template)]
#[template(path = "storefront/cart.html")]
struct CartPage {
    layout: Layout,
    search: Search,
    basket: Basket,
    /// Makes the order one order, however often the form is sent.
    key: String,
}

#[derive(Template)]
#[template(path = "storefront/order_unknown.html")]
struct OrderUnknownPage {
    layout: Layout,
    key: String,
    shown: String,
}

/// What comes of the numbers that were typed beside the books of a cart.
enum Typed {
    /// They were in the cart already.
    Same,
    /// They are in the cart now; or one of them is not, as the text says.
    Changed(Flash),
    /// It is to be asked whether they are meant.
    Many(String),
}

/// `GET /cart`
pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let search = Search::of(&query.unwrap_or_default());
    let basket = patiently(visit.store.basket(visit.session.customer)).await?;
    let mut layout = visit.layout(Section::Cart, "Your cart").await?;
    layout.places("line", basket.lines.iter().map(|line| line.product_id));
    layout.in_cart = Some(basket.copies());
    layout.search = search.suffix();
    let page = CartPage {
        layout,
        search,
        basket,
        key: new_key(),
    };
    Ok(render(StatusCode::OK, &page))
}

fn cart(form: &Form) -> String {
    format!("/cart{}", form.search().suffix())
}

/// `POST /cart/quantities`
pub(super) async fn update(visit: Visit, form: Form) -> Answer {
    let typed = form.copies_by_book();
    change_and_go_on(&visit, &form, "/cart/quantities", typed).await
}

/// `POST /cart/{product_id}`
pub(super) async fn update_one(visit: Visit, Id(product_id): Id, form: Form) -> Answer {
    let typed = vec![(product_id, form.copies())];
    change_and_go_on(&visit, &form, &format!("/cart/{product_id}"), typed).await
}

async fn change_and_go_on(
    visit: &Visit,
    form: &Form,
    action: &str,
    typed: Vec<(i64, Option<i64>)>,
) -> Answer {
    let flash = match change(visit, typed, form.is_confirmed()).await? {
        Typed::Same => Flash::done("Your cart is as it was."),
        Typed::Changed(flash) => flash,
        Typed::Many(text) => return ask(visit, form, action, text, "Update").await,
    };
    visit.go_on(&cart(form), flash).await
}

async fn ask(visit: &Visit, form: &Form, action: &str, text: String, yes: &'static str) -> Answer {
    let question = Question {
        cancel: cart(form),
        ..Question::again(form, action, text, yes)
    };
    visit.ask(Section::Cart, question).await
}

/// Changes the lines of a cart beside which another number was typed.
async fn change(
    visit: &Visit,
    typed: Vec<(i64, Option<i64>)>,
    is_confirmed: bool,
) -> Result<Typed, Error> {
    let (store, customer) = (&visit.store, visit.session.customer);
    let basket = patiently(store.basket(customer)).await?;
    let mut changes = Vec::new();
    for (product_id, quantity) in typed {
        let mut lines = basket.lines.iter();
        let Some(line) = lines.find(|line| line.product_id == product_id) else {
            continue;
        };
        match quantity {
            None => {
                return Ok(Typed::Changed(
                    Flash::refused(HOW_MANY).at("line", product_id),
                ));
            }
            Some(quantity) if quantity == line.quantity => {}
            Some(quantity) => changes.push((line, quantity)),
        }
    }
    let many = changes.iter().find(|(_, quantity)| *quantity >= MANY);
    if let Some((line, quantity)) = many.filter(|_| !is_confirmed) {
        let text = format!("You have typed {} of “{}”.", copies(quantity), line.name());
        return Ok(Typed::Many(text));
    }
    let mut outcome = Typed::Same;
    let changed_lines = changes.len();
    for (line, quantity) in changes {
        let (name, product_id) = (line.name(), line.product_id);
        let item = Item {
            product_id,
            quantity,
        };
        let changed = match quantity {
            0 => patiently(store.cart.remove(customer, product_id)).await,
            _ => patiently(store.cart.change(customer, &item)).await,
        };
        if let Some(refusal) = refusal(changed, &name)? {
            return Ok(Typed::Changed(refusal.at("line", product_id)));
        }
        let text = match (changed_lines, quantity) {
            (1, 0) => format!("“{name}” is no longer in your cart."),
            (1, _) => format!("{} in your cart now.", copies_of(quantity, &name)),
            _ => "Your cart is updated.".to_owned(),
        };
        outcome = Typed::Changed(Flash::done(text));
    }
    Ok(outcome)
}

/// `POST /cart/{product_id}/removal`
pub(super) async fn remove(visit: Visit, Id(product_id): Id, form: Form) -> Answer {
    let store = &visit.store;
    let books = patiently(store.books(std::iter::once(product_id))).await?;
    let name = name_of(product_id, books.get(&product_id));
    let removed = patiently(store.cart.remove(visit.session.customer, product_id)).await;
    let gone = || Flash::done(format!("“{name}” is no longer in your cart."));
    let flash = refusal(removed, &name)?.unwrap_or_else(gone);
    visit.go_on(&cart(&form), flash).await
}

/// `POST /orders`
pub(super) async fn order(visit: Visit, form: Form) -> Answer {
    let shown = form.shown()?;
    if let Some(shown) = &shown {
        let of_book = |id| shown.iter().find(|line| line.product_id == id);
        let mut typed = form.copies_by_book();
        typed.retain(|(id, copies)| of_book(*id).map(|line| line.quantity) != *copies);
        match change(&visit, typed, form.is_confirmed()).await? {
            Typed::Same => {}
            Typed::Changed(mut flash) => {
                flash.text += " Nothing was ordered yet: please look at the total.";
                return visit.go_on(&cart(&form), flash).await;
            }
            Typed::Many(text) => {
                return ask(&visit, &form, "/cart/quantities", text, "Update the cart").await;
            }
        }
        let number = shown
            .iter()
            .map(|line| line.quantity)
            .fold(0, i64::saturating_add);
        if number >= MANY && !form.is_confirmed() {
            let text = format!("Your cart holds {}.", copies(number));
            return ask(&visit, &form, "/orders", text, "Place the order").await;
        }
    }
    let placed = place(&visit, &form.key(), shown.as_deref()).await;
    let (to, flash) = match placed {
        Ok(order) => {
            let number = grouped(order.id);
            let thanks = Flash::done(format!("Thank you! Order {number} is placed."));
            ("/orders".to_owned(), thanks.at("order", order.id))
        }
        Err(Error::Refused(_) | Error::NotFound(_)) => {
            (cart(&form), Flash::refused(why_refused(&visit).await?))
        }
        Err(Error::Changed(_)) => {
            let text = "Nothing was ordered: your cart or a price has changed since you opened the \
                        page. Please look at it again.";
            (cart(&form), Flash::refused(text))
        }
        Err(Error::Conflict(_)) => {
            let text = "Your cart is being ordered already. Look here again in a moment.";
            ("/orders".to_owned(), Flash::refused(text))
        }
        Err(error) => {
            // It may have been placed or not. The same form with the same key makes sure.
            error.log();
            let title = "Is your order placed?";
            let page = OrderUnknownPage {
                layout: visit.layout(Section::Elsewhere, title).await?,
                key: form.field("key").to_owned(),
                shown: form.field("shown").to_owned(),
            };
            return Ok(try_again_soon(render(
                StatusCode::SERVICE_UNAVAILABLE,
                &page,
            )));
        }
    };
    visit.go_on(&to, flash).await
}

async fn why_refused(visit: &Visit) -> Result<String, Error> {
    let basket = patiently(visit.store.basket(visit.session.customer)).await?;
    let problems = basket.problems();
    Ok(if basket.lines.is_empty() {
        "Nothing was ordered: your cart is empty.".to_owned()
    } else if problems.is_empty() {
        "Nothing was ordered: a book was sold to somebody else, and has come back since. Please try \
         again."
            .to_owned()
    } else {
        format!("Nothing was ordered. {}", problems.join(" "))
    })
}

/// Orders a customer's cart. Every conflict passes: a second click finds the first at work and waits
/// for its answer, and an order from another page buys the cart or lets go of it.
async fn place(visit: &Visit, key: &str, shown: Option<&[PricedItem]>) -> Result<Order, Error> {
    let (orders, customer) = (&visit.store.orders, visit.session.customer);
    for _ in 0..TRIES {
        match orders.place(customer, key, shown).await {
            Err(Error::Conflict(_)) => tokio::time::sleep(WAIT).await,
            outcome => return outcome,
        }
    }
    orders.place(customer, key, shown).await
}
