//! A visitor's orders, and the way back of books.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use url::form_urlencoded;

use super::{
    Shared,
    basket::name_of,
    form::{Form, new_key},
    page::{Flash, Layout, PageError, Section, grouped, render},
    patiently,
    visitor::{Id, Visitor},
};
use crate::{
    Error,
    catalog::Product,
    item::Item,
    orders::{OrderLine, Returned},
};

/// Orders on a page.
const PAGE: usize = 10;

#[derive(Template)]
#[template(path = "storefront/orders.html")]
struct OrdersPage {
    layout: Layout,
    orders: Vec<OrderView>,
    /// The order before which the page begins; 0 on the first page.
    before: i64,
    /// Where the next page is, if there is one.
    older: Option<String>,
}

struct OrderView {
    id: i64,
    number: String,
    status: String,
    lines: Vec<LineView>,
    key: String,
}

struct LineView {
    product_id: i64,
    name: String,
    quantity: i64,
    returned: i64,
    key: String,
}

impl LineView {
    fn new(line: &OrderLine, books: &HashMap<i64, Product>) -> Self {
        Self {
            product_id: line.product_id,
            name: name_of(line.product_id, books.get(&line.product_id)),
            quantity: line.quantity,
            returned: line.returned,
            key: new_key(),
        }
    }

    /// Copies that can still be given back.
    fn left(&self) -> i64 {
        self.quantity - self.returned
    }
}

impl OrderView {
    fn left(&self) -> i64 {
        self.lines.iter().map(LineView::left).sum()
    }
}

/// Before which order a page begins; what makes no sense is the first page.
fn before(uri: &Uri) -> i64 {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut named = pairs.filter(|(name, _)| name == "before");
    named.next().map_or(0, |(_, id)| order_id(&id))
}

fn order_id(text: &str) -> i64 {
    text.parse().map_or(0, |id: i64| id.max(0))
}

/// The address of the orders before one of them.
fn address(before: i64) -> String {
    match before {
        0 => "/orders".to_owned(),
        id => format!("/orders?before={id}"),
    }
}

/// `GET /orders`
pub(super) async fn show(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    uri: Uri,
) -> Result<Response, PageError> {
    let customer = session.customer;
    let before = before(&uri);
    let (orders, older, lines, books) = patiently(async {
        // One more than is shown tells whether there are more.
        let mut orders = store.orders.latest(customer, before, PAGE + 1).await?;
        let more = orders.len() > PAGE;
        orders.truncate(PAGE);
        let lines = match orders.as_slice() {
            [] => Vec::new(),
            [only] => store.orders.lines(customer, only.id, only.id).await?,
            [latest, .., oldest] => {
                let orders = &store.orders;
                orders.lines(customer, oldest.id, latest.id).await?
            }
        };
        let older = orders
            .last()
            .filter(|_| more)
            .map(|oldest| address(oldest.id));
        let books = store
            .books(lines.iter().map(|line| line.product_id))
            .await?;
        Ok((orders, older, lines, books))
    })
    .await?;
    let mut by_order: HashMap<i64, Vec<LineView>> = HashMap::new();
    for line in &lines {
        let views = by_order.entry(line.order_id).or_default();
        views.push(LineView::new(line, &books));
    }
    let orders = orders.into_iter().map(|order| OrderView {
        id: order.id,
        number: grouped(order.id),
        status: order.status,
        lines: by_order.remove(&order.id).unwrap_or_default(),
        key: new_key(),
    });
    let section = Section::Orders;
    let page = OrdersPage {
        orders: orders.collect(),
        before,
        older,
        layout: store
            .layout_with_cart(&session, section, "My orders")
            .await?,
    };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /orders/{order_id}/returns`
pub(super) async fn give_back(
    State(store): State<Shared>,
    Visitor(session): Visitor,
    Id(order): Id,
    form: Form,
) -> Result<Response, PageError> {
    let back = address(order_id(form.field("before")));
    let item = match form.field("product_id") {
        "" => None,
        product_id => {
            let (Ok(product_id), Some(quantity)) = (product_id.parse(), form.copies()) else {
                let text = "Please say how many copies you want to return, at least 1.";
                return store.go_on(&session, &back, Flash::refused(text)).await;
            };
            Some(Item {
                product_id,
                quantity,
            })
        }
    };
    let (customer, key) = (session.customer, form.key());
    // Returns of an order wait for each other: a conflict is no matter of time.
    let returned = store.orders.give_back(customer, order, &key, item).await;
    let flash = match returned {
        Ok(Returned::Now) => Flash::done("Thank you, the books are returned."),
        Ok(Returned::Later) => {
            Flash::done("Thank you, the return is noted. The books will be back in stock soon.")
        }
        Err(Error::Refused(_)) => {
            Flash::refused("Nothing was returned: that is more than is left of the order.")
        }
        Err(Error::NotFound(_)) => Flash::refused("Nothing was returned: there is no such order."),
        Err(Error::Conflict(_)) => Flash::refused("These books were returned before."),
        Err(error) => return Err(error.into()),
    };
    store.go_on(&session, &back, flash).await
}
