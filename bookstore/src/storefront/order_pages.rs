//! A visitor's orders, and the way back of books.

use std::collections::HashMap;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

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

#[derive(Template)]
#[template(path = "storefront/orders.html")]
struct OrdersPage {
    layout: Layout,
    orders: Vec<OrderView>,
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

/// `GET /orders`
pub(super) async fn show(
    State(store): State<Shared>,
    Visitor(session): Visitor,
) -> Result<Response, PageError> {
    let customer = session.customer;
    let (orders, lines, books) = patiently(async {
        let orders = store.orders.of(customer).await?;
        let lines = match orders.as_slice() {
            [] => Vec::new(),
            _ => store.orders.lines(customer).await?,
        };
        let books = store
            .books(lines.iter().map(|line| line.product_id))
            .await?;
        Ok((orders, lines, books))
    })
    .await?;
    let mut by_order: HashMap<i64, Vec<LineView>> = HashMap::new();
    for line in &lines {
        let views = by_order.entry(line.order_id).or_default();
        views.push(LineView::new(line, &books));
    }
    // The latest first.
    let orders = orders.into_iter().rev().map(|order| OrderView {
        id: order.id,
        number: grouped(order.id),
        status: order.status,
        lines: by_order.remove(&order.id).unwrap_or_default(),
        key: new_key(),
    });
    let section = Section::Orders;
    let page = OrdersPage {
        orders: orders.collect(),
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
    let item = match form.field("product_id") {
        "" => None,
        product_id => {
            let (Ok(product_id), Some(quantity)) = (product_id.parse(), form.copies()) else {
                let text = "Please say how many copies you want to return, at least 1.";
                return store.go_on(&session, "/orders", Flash::refused(text)).await;
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
    store.go_on(&session, "/orders", flash).await
}
