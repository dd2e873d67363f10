//! What all pages share: their frame, messages from the page before, and questions.

use std::borrow::Borrow;

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{errors::Answer, form::Form, patiently, visitor::Visit};
use crate::platform::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Books,
    Orders,
    Cart,
    AdminBooks,
    AdminNew,
    AdminOrders,
    Elsewhere,
}

/// The outcome of a form, kept with the session and shown on the next page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Flash {
    pub(super) good: bool,
    pub(super) text: String,
    /// Where on the page it is shown, as `book-7`; at the top where that is not on the page.
    place: String,
}

impl Flash {
    /// It was done.
    pub(super) fn done(text: impl Into<String>) -> Self {
        let (text, place) = (text.into(), String::new());
        Self {
            good: true,
            text,
            place,
        }
    }

    /// It was not done, and why.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        let done = Self::done(text);
        Self {
            good: false,
            ..done
        }
    }

    /// The same, shown at a place.
    pub(super) fn at(self, kind: &str, id: i64) -> Self {
        let place = format!("{kind}-{id}");
        Self { place, ..self }
    }

    /// The book whose deletion can be undone.
    pub(super) fn deleted(&self) -> Option<&str> {
        self.place.strip_prefix("deleted-")
    }
}

#[derive(Default)]
pub(super) struct Layout {
    pub(super) title: String,
    pub(super) section: Option<Section>,
    /// To be sent with every form.
    pub(super) form_token: String,
    /// Copies in the visitor's cart, if the cart could be asked.
    pub(super) in_cart: Option<i64>,
    pub(super) flash: Option<Flash>,
    /// The flash is shown at its place.
    pub(super) is_placed: bool,
    pub(super) admin: bool,
    /// The query of the shelf that the visitor comes from.
    pub(super) search: String,
}

impl Layout {
    /// A frame for a page that does not know its visitor.
    pub(super) fn bare(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn badge(&self) -> Option<String> {
        self.in_cart.filter(|copies| *copies > 0).map(grouped)
    }

    /// Whether the page is the administrator's.
    pub(super) fn is_admins(&self) -> bool {
        let sections = [Section::AdminBooks, Section::AdminNew, Section::AdminOrders];
        self.admin && sections.into_iter().any(|section| self.is(section))
    }

    pub(super) fn is(&self, section: Section) -> bool {
        self.section == Some(section)
    }

    /// Shows the flash at its place if it belongs to one of these.
    pub(super) fn places(&mut self, kind: &str, ids: impl Iterator<Item = i64>) {
        let mut places = ids.map(|id| format!("{kind}-{id}"));
        self.is_placed = match &self.flash {
            Some(flash) => places.any(|place| place == flash.place),
            None => false,
        };
    }

    /// The flash that is shown at a place.
    pub(super) fn flash_at(&self, kind: &str, id: impl Borrow<i64>) -> Option<&Flash> {
        let place = format!("{kind}-{}", id.borrow());
        let flash = self.flash.as_ref().filter(|_| self.is_placed);
        flash.filter(|flash| flash.place == place)
    }

    pub(super) fn flash_on_top(&self) -> Option<&Flash> {
        self.flash.as_ref().filter(|_| !self.is_placed)
    }
}

impl Visit {
    /// The frame of a page, with what the page before has left to be shown.
    pub(super) async fn layout(
        &self,
        section: Section,
        title: impl Into<String>,
    ) -> Result<Layout, Error> {
        let session = &self.session;
        if session.flash.is_some() {
            self.store.keep_flash(session, None).await?;
        }
        Ok(Layout {
            title: title.into(),
            section: Some(section),
            form_token: session.form_token(),
            flash: session.flash.clone(),
            admin: session.admin,
            ..Layout::default()
        })
    }

    /// The same with the number of copies in the visitor's cart, where that can be asked.
    pub(super) async fn layout_with_cart(
        &self,
        section: Section,
        title: impl Into<String>,
    ) -> Result<Layout, Error> {
        let items = patiently(self.store.cart.items(self.session.customer)).await;
        let layout = self.layout(section, title).await?;
        let in_cart = items.map(|items| items.iter().map(|item| item.quantity).sum());
        Ok(Layout {
            in_cart: in_cart.ok(),
            ..layout
        })
    }

    /// Answers a form: the browser goes on to a page that shows the outcome.
    pub(super) async fn go_on(&self, to: &str, flash: Flash) -> Answer {
        let (store, session) = (&self.store, &self.session);
        store.keep_flash(session, Some(&flash)).await?;
        Ok(Redirect::to(to).into_response())
    }

    /// Asks before something is done.
    pub(super) async fn ask(&self, section: Section, question: Question) -> Answer {
        let layout = self.layout(section, question.title.clone()).await?;
        Ok(render(StatusCode::OK, &QuestionPage { layout, question }))
    }
}

pub(super) struct Question {
    pub(super) title: String,
    pub(super) text: String,
    /// Where the form goes, and what it sends.
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
    /// What the button says.
    pub(super) yes: &'static str,
    /// Where it leads not to do it.
    pub(super) cancel: String,
}

impl Question {
    /// Whether to do what a form asks for, which is sent again if so.
    pub(super) fn again(form: &Form, action: &str, text: String, yes: &'static str) -> Self {
        let mut fields = form.fields();
        fields.push(("confirmed".to_owned(), "yes".to_owned()));
        Self {
            title: "Are you sure?".to_owned(),
            text,
            action: action.to_owned(),
            fields,
            yes,
            cancel: String::new(),
        }
    }
}

#[derive(Template)]
#[template(path = "storefront/question.html")]
struct QuestionPage {
    layout: Layout,
    question: Question,
}

pub(super) fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Tells programs when to try again.
pub(super) fn try_again_soon(mut response: Response) -> Response {
    let soon = HeaderValue::from_static("5");
    response.headers_mut().insert(header::RETRY_AFTER, soon);
    response
}

/// An amount in whole units of the currency.
pub(super) fn money(amount: impl Borrow<i64>) -> String {
    format!("${}", grouped(amount))
}

pub(super) fn grouped(number: impl Borrow<i64>) -> String {
    let digits = number.borrow().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) fn copies(number: impl Borrow<i64>) -> String {
    match number.borrow() {
        1 => "1 copy".to_owned(),
        many => format!("{} copies", grouped(many)),
    }
}

/// A time in milliseconds since 1970 for programs (RFC 3339).
pub(super) fn timestamp(ms: impl Borrow<i64>) -> String {
    time(ms, "%Y-%m-%dT%H:%M:%SZ")
}

/// The same for people.
pub(super) fn date(ms: impl Borrow<i64>) -> String {
    time(ms, "%-d %b %Y, %H:%M UTC")
}

fn time(ms: impl Borrow<i64>, format: &str) -> String {
    let time = Timestamp::from_millisecond(*ms.borrow()).unwrap_or_default();
    time.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(money(0), "$0");
        assert_eq!(money(999), "$999");
        assert_eq!(money(1_000), "$1,000");
        assert_eq!(money(2_147_483_647), "$2,147,483,647");
    }

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(date(1_772_352_300_000), "1 Mar 2026, 08:05 UTC");
    }
}
