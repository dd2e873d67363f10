//! A visitor's orders, finding one again by its code, and bringing books back; and everybody's orders,
//! with work that is not settled, for the administrator.

use std::collections::HashMap;

use askama::Template;
use axum::{extract::RawQuery, http::StatusCode};
use url::form_urlencoded;

use super::{
    basket,
    errors::{Answer, PageError},
    form::{self, Form, new_key},
    page::{self, Flash, Layout, Question, Section, copies, grouped, money, render},
    patiently,
    security::is_hex,
    visitor::{Admin, Id, Visit},
};
use crate::{
    catalog::Book,
    item::Item,
    orders::{FailingSettlements, PastItem, PastOrder, Returned, Whose},
    platform::Error,
};

const PAGE: usize = 10;

#[derive(Template)]
#[template(path = "storefront/orders.html")]
struct OrdersPage {
    layout: Layout,
    place: Place,
    orders: Vec<PastOrder>,
    books: HashMap<i64, Book>,
    /// Where the next page is, if there is one.
    older: Option<Place>,
}

#[derive(Debug, Default)]
struct Place {
    /// The order before which the page begins; 0 on the first page.
    before: i64,
    /// The code of an order, as it was typed.
    code: String,
}

impl Place {
    /// Reads `before=id&code=text`; what makes no sense is left out.
    fn of(query: &str) -> Self {
        let mut place = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "before" => place.before = value.parse().map_or(0, |id: i64| id.max(0)),
                "code" => place.code = value.trim().chars().take(40).collect(),
                _ => {}
            }
        }
        place
    }

    /// What a form says.
    fn of_form(form: &Form) -> Self {
        Self {
            before: form.field("before").parse().map_or(0, |id: i64| id.max(0)),
            code: form.field("code").to_owned(),
        }
    }

    fn suffix(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self.before > 0 {
            query.append_pair("before", &self.before.to_string());
        }
        if !self.code.is_empty() {
            query.append_pair("code", &self.code);
        }
        match query.finish().as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        }
    }

    /// The digits of the code, if it can be one.
    fn digits(&self) -> Option<String> {
        let typed = self.code.chars().filter(|it| !matches!(it, '-' | ' '));
        let digits: String = typed.map(|digit| digit.to_ascii_lowercase()).collect();
        is_hex(&digits, 16).then_some(digits)
    }

    /// Up to `limit` orders: the one with the code, or the customer's before `before`.
    async fn orders(
        &self,
        visit: &Visit,
        before: i64,
        limit: usize,
    ) -> Result<Vec<PastOrder>, Error> {
        let orders = &visit.store.orders;
        if self.code.is_empty() {
            let whose = Whose::Customer(visit.session.customer);
            return patiently(orders.history(whose, before, limit)).await;
        }
        match self.digits() {
            Some(digits) => patiently(orders.history(Whose::Code(&digits), 0, limit)).await,
            None => Ok(Vec::new()),
        }
    }

    /// The order with this number, if it is the visitor's or its code was told.
    async fn order(&self, visit: &Visit, id: i64) -> Result<PastOrder, PageError> {
        let orders = self.orders(visit, id.saturating_add(1), 1).await?;
        let order = orders.into_iter().find(|order| order.id == id);
        order.ok_or(PageError::not_found("There is no such order."))
    }
}

impl PastItem {
    /// Copies that can still be given back.
    pub(super) fn left(&self) -> i64 {
        self.quantity - self.returned
    }
}

impl PastOrder {
    /// What it cost, where that is known.
    pub(super) fn total(&self) -> Option<String> {
        let mut items = self.items.iter();
        let total = items.try_fold(0_i64, |total, item| {
            Some(total.saturating_add(item.price?.saturating_mul(item.quantity)))
        });
        total.map(money)
    }

    /// Copies that can still be given back.
    fn left(&self) -> i64 {
        self.items.iter().map(PastItem::left).sum()
    }

    pub(super) fn standing(&self) -> &'static str {
        match self.status.as_str() {
            "Returned" => "Returned",
            _ if self.returns.is_empty() => "Placed",
            _ => "Partly returned",
        }
    }

    /// What brings back all that is left.
    fn undo(&self) -> &'static str {
        match self.returns.is_empty() {
            true => "Cancel order",
            false => "Return the rest of order",
        }
    }

    /// The code as it is written down.
    fn written_code(&self) -> Option<String> {
        let code = self.code.as_ref()?.to_ascii_uppercase();
        let digits: Vec<char> = code.chars().collect();
        let parts: Vec<String> = digits.chunks(4).map(String::from_iter).collect();
        Some(parts.join("-"))
    }
}

/// `GET /orders`
pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let place = Place::of(&query.unwrap_or_default());
    // One more than is shown tells whether there are more.
    let mut orders = place.orders(&visit, place.before, PAGE + 1).await?;
    let more = orders.len() > PAGE;
    orders.truncate(PAGE);
    let items = orders.iter().flat_map(|order| &order.items);
    let books = visit.store.books(items.map(|item| item.product_id));
    let books = patiently(books).await?;
    let mut layout = visit.layout_with_cart(Section::Orders, "My orders").await?;
    layout.places("order", orders.iter().map(|order| order.id));
    let older = orders.last().filter(|_| more).map(|oldest| Place {
        before: oldest.id,
        code: String::new(),
    });
    let page = OrdersPage {
        layout,
        place,
        orders,
        books,
        older,
    };
    Ok(render(StatusCode::OK, &page))
}

/// `GET /orders/{order_id}/cancellation`
pub(super) async fn confirm_cancellation(
    visit: Visit,
    Id(id): Id,
    RawQuery(query): RawQuery,
) -> Answer {
    let place = Place::of(&query.unwrap_or_default());
    let order = place.order(&visit, id).await?;
    let (left, number) = (copies(order.left()), grouped(id));
    let question = Question {
        title: format!("{} {number}?", order.undo()),
        text: format!("What is left of it, {left}, goes back to the shop."),
        action: format!("/orders/{id}/returns"),
        fields: vec![
            ("key".to_owned(), new_key()),
            ("before".to_owned(), place.before.to_string()),
            ("code".to_owned(), place.code.clone()),
        ],
        yes: match order.returns.is_empty() {
            true => "Cancel the order",
            false => "Return the rest",
        },
        cancel: format!("/orders{}", place.suffix()),
    };
    visit.ask(Section::Orders, question).await
}

/// `POST /orders/{order_id}/returns`
pub(super) async fn give_back(visit: Visit, Id(order): Id, form: Form) -> Answer {
    let place = Place::of_form(&form);
    let back = format!("/orders{}", place.suffix());
    let answer = |flash: Flash| visit.go_on(&back, flash.at("order", order));
    let item = match form.field("product_id") {
        "" => None,
        product_id => {
            let (Ok(product_id), Some(quantity)) = (product_id.parse(), form.copies()) else {
                let text = "Please say how many copies you want to return, at least 1.";
                return answer(Flash::refused(text)).await;
            };
            Some(Item {
                product_id,
                quantity,
            })
        }
    };
    let customer = match place.code.as_str() {
        "" => visit.session.customer,
        _ => place.order(&visit, order).await?.customer_id,
    };
    // Returns of an order wait for each other: a conflict is no matter of time.
    let orders = &visit.store.orders;
    let returned = orders.give_back(customer, order, &form.key(), item).await;
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
    answer(flash).await
}

#[derive(Template)]
#[template(path = "storefront/admin_orders.html")]
struct AllOrdersPage {
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
pub(super) async fn list_all(Admin(visit): Admin, RawQuery(query): RawQuery) -> Answer {
    let Place { before, .. } = Place::of(&query.unwrap_or_default());
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
    let page = AllOrdersPage {
        layout: visit.layout(Section::AdminOrders, "Orders").await?,
        before,
        older: orders.last().filter(|_| more).map(|oldest| oldest.id),
        orders,
        books,
        work: Some(work?),
    };
    Ok(render(StatusCode::OK, &page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let digits = |code: &str| Place::of(&format!("code={code}")).digits();
        let code = Some("8f3a91c277d04e1b".to_owned());
        assert_eq!(digits("8F3A-91C2-77D0-4E1B"), code);
        assert_eq!(digits("+8f3a+91c277d0+4e1b+"), code);
        for other in ["", "8F3A-91C2-77D0-4E1", "8F3A-91C2-77D0-4E1G", "12"] {
            assert_eq!(digits(other), None, "{other}");
        }
    }
}
