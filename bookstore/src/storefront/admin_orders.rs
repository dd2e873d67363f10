//! Everybody's orders, and work that is not settled, for the administrator.

use std::collections::HashMap;

use askama::Template;
use axum::{extract::RawQuery, http::StatusCode};
use url::form_urlencoded;

use super::{
    basket,
    errors::Answer,
    order_pages::PAGE,
    page::{self, Layout, Section, render},
    patiently,
    visitor::Admin,
};
use crate::{
    catalog::Book,
    orders::{FailingSettlements, PastOrder, Whose},
};

#[derive(Template)]
#[template(path = "storefront/admin_orders.html")]
struct OrdersPage {
    layout: Layout,
    /// The order before which the page begins; 0 on the first page.
    before: i64,
    orders: Vec<PastOrder>,
    books: HashMap<i64, Book>,
    /// Where the next page begins, if there is one.
    older: Option<i64>,
    work: Option<FailingSettlements>,
}

/// `GET /admin/orders`
pub(super) async fn list(Admin(visit): Admin, RawQuery(query): RawQuery) -> Answer {
    let query = query.unwrap_or_default();
    let mut fields = form_urlencoded::parse(query.as_bytes());
    let before = fields.find(|(name, _)| name == "before");
    let before = before.map_or(0, |(_, id)| id.parse().map_or(0, |id: i64| id.max(0)));
    let store = &visit.store;
    let (orders, work) = tokio::join!(
        patiently(store.orders.history(Whose::Everybody, before, PAGE * 2 + 1)),
        patiently(store.orders.failing()),
    );
    let mut orders = orders?;
    let more = orders.len() > PAGE * 2;
    orders.truncate(PAGE * 2);
    let items = orders.iter().flat_map(|order| &order.items);
    let books = patiently(store.books(items.map(|item| item.product_id))).await?;
    let page = OrdersPage {
        layout: visit.layout(Section::AdminOrders, "Orders").await?,
        before,
        older: orders.last().filter(|_| more).map(|oldest| oldest.id),
        orders,
        books,
        work: Some(work?),
    };
    Ok(render(StatusCode::OK, &page))
}
