//! What all pages share: their frame, messages from the page before, and pages about errors.

use std::borrow::Borrow;

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};

use super::{
    Storefront,
    assets::{ICON_URL, STYLE_URL},
    patiently, security,
    session::Session,
};
use crate::{Error, database::now_ms};

/// The part of the shop that a page belongs to, to be marked in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Books,
    Orders,
    Cart,
    AdminBooks,
    AdminNew,
    Elsewhere,
}

/// What becomes of a form, said on the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flash {
    pub(super) good: bool,
    pub(super) text: String,
}

impl Flash {
    /// It was done.
    pub(super) fn done(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { good: true, text }
    }

    /// It was not done, and why.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { good: false, text }
    }

    /// As it is kept with the session.
    pub(super) fn to_stored(&self) -> String {
        format!("{}{}", if self.good { '+' } else { '-' }, self.text)
    }

    /// Back from the session.
    pub(super) fn stored(text: &str) -> Option<Self> {
        match text.split_at_checked(1)? {
            ("+", text) => Some(Self::done(text)),
            ("-", text) => Some(Self::refused(text)),
            _ => None,
        }
    }
}

/// The frame of a page.
pub(super) struct Layout {
    pub(super) title: String,
    pub(super) section: Section,
    pub(super) style_url: &'static str,
    pub(super) icon_url: &'static str,
    /// To be sent with every form.
    pub(super) form_token: String,
    /// Copies in the visitor's cart, if the cart could be asked.
    pub(super) in_cart: Option<i64>,
    pub(super) flash: Option<Flash>,
    pub(super) admin: bool,
}

impl Layout {
    /// A frame for a page that does not know its visitor.
    fn bare(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            section: Section::Elsewhere,
            style_url: &STYLE_URL,
            icon_url: &ICON_URL,
            form_token: String::new(),
            in_cart: None,
            flash: None,
            admin: false,
        }
    }

    /// How many copies are in the cart, if there are any.
    pub(super) fn badge(&self) -> Option<String> {
        self.in_cart.filter(|copies| *copies > 0).map(grouped)
    }

    /// Whether the page is the administrator's.
    pub(super) fn is_admins(&self) -> bool {
        self.admin && matches!(self.section, Section::AdminBooks | Section::AdminNew)
    }

    /// Whether the page belongs to a part of the shop.
    pub(super) fn is(&self, section: Section) -> bool {
        self.section == section
    }
}

impl Storefront {
    /// The frame of a page for a visitor; says what the page before has left to be said.
    pub(super) async fn layout(
        &self,
        session: &Session,
        section: Section,
        title: impl Into<String>,
    ) -> Result<Layout, Error> {
        if session.flash.is_some() {
            self.keep_flash(session, None, now_ms()).await?;
        }
        Ok(Layout {
            title: title.into(),
            section,
            style_url: &STYLE_URL,
            icon_url: &ICON_URL,
            form_token: session.form_token(),
            in_cart: None,
            flash: session.flash.clone(),
            admin: session.admin,
        })
    }

    /// The same with the number of copies in the visitor's cart.
    pub(super) async fn layout_with_cart(
        &self,
        session: &Session,
        section: Section,
        title: impl Into<String>,
    ) -> Result<Layout, Error> {
        // The page is worth showing without.
        let items = patiently(self.cart.items(session.customer)).await.ok();
        let in_cart = items.map(|items| items.iter().map(|item| item.quantity).sum());
        let layout = self.layout(session, section, title).await?;
        Ok(Layout { in_cart, ..layout })
    }

    /// Answers a form: the browser goes on to a page that says what became of it.
    pub(super) async fn go_on(
        &self,
        session: &Session,
        to: &str,
        flash: Flash,
    ) -> Result<Response, PageError> {
        self.keep_flash(session, Some(&flash), now_ms()).await?;
        Ok(Redirect::to(to).into_response())
    }
}

/// A page as an answer.
pub(super) fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Why there is another page than the one that was asked for.
#[derive(Debug)]
pub(super) enum PageError {
    /// What does not exist.
    NotFound(&'static str),
    /// A page for administrators.
    SignInFirst,
    /// A form of another session, or of one that has ended.
    FormOutdated,
    FormTooLarge,
    FormTooSlow,
    FormUnreadable,
    /// What went wrong behind the page.
    Failed(Error),
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

#[derive(Template)]
#[template(path = "storefront/error.html")]
struct ErrorPage {
    layout: Layout,
    message: &'static str,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, message) = match self {
            Self::SignInFirst => return Redirect::to("/admin/login").into_response(),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, "Not found", message),
            Self::FormOutdated => (
                StatusCode::FORBIDDEN,
                "This form is out of date",
                "Nothing was changed. Your visit has ended or continued elsewhere since the page \
                 was opened, or your browser does not keep cookies. Open the page again and repeat \
                 what you wanted to do.",
            ),
            Self::FormTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "That was too much",
                "Nothing was changed: what you have sent is longer than this form can take.",
            ),
            Self::FormTooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "That took too long",
                "Nothing was changed: what you have sent did not arrive in time. Please try again.",
            ),
            Self::FormUnreadable => (
                StatusCode::BAD_REQUEST,
                "This form cannot be read",
                "Nothing was changed. Open the page again and repeat what you wanted to do.",
            ),
            Self::Failed(Error::ForeignPage) => (
                StatusCode::FORBIDDEN,
                "This was not sent from here",
                "Nothing was changed: the form was sent by a page of another site. Open the page \
                 here and repeat what you wanted to do.",
            ),
            Self::Failed(error) => {
                error.log();
                return failed(error.status());
            }
        };
        error_page(status, title, message)
    }
}

fn failed(status: StatusCode) -> Response {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let message = "A part of the shop does not answer at the moment. Your cart and your orders \
                       are safe; please try again in a little while.";
        let mut page = error_page(status, "We will be right back", message);
        let soon = HeaderValue::from_static("5");
        page.headers_mut().insert(header::RETRY_AFTER, soon);
        page
    } else {
        let message = "That is our mistake, not yours. It was written down; please try again.";
        error_page(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong",
            message,
        )
    }
}

fn error_page(status: StatusCode, title: &str, message: &'static str) -> Response {
    let layout = Layout::bare(title);
    render(status, &ErrorPage { layout, message })
}

/// The answer about pages that do not exist.
pub(super) async fn not_found() -> PageError {
    PageError::NotFound("There is no such page.")
}

/// The answer to forms sent to where none belongs.
pub(super) async fn method_not_allowed() -> Response {
    let message = "This address does not take what was sent.";
    error_page(StatusCode::METHOD_NOT_ALLOWED, "Not possible", message)
}

/// The answer to what the service's limits do not let through, or cut off.
pub(super) fn refuse(error: Error) -> Response {
    let mut response = PageError::from(error).into_response();
    security::add_headers_to(&mut response);
    response
}

/// An amount in whole units of the currency.
pub(super) fn money(amount: impl Borrow<i64>) -> String {
    format!("${}", grouped(amount))
}

/// A number with its thousands apart.
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
    fn messages_survive_being_kept() {
        for flash in [Flash::done("✓ ordered"), Flash::refused("-")] {
            assert_eq!(Flash::stored(&flash.to_stored()), Some(flash));
        }
        assert_eq!(Flash::stored(""), None);
    }
}
