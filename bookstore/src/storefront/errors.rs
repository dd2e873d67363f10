//! Pages about errors.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    page::{Layout, Section, render, try_again_soon},
    security,
    visitor::sign_in_address,
};
use crate::platform::Error;

pub(super) type Answer = Result<Response, PageError>;

/// Why there is another page than the one that was asked for.
#[derive(Debug)]
pub(super) enum PageError {
    /// A status, a title, and what it is about.
    Page(StatusCode, &'static str, &'static str),
    /// A page for administrators; where to go on once signed in.
    SignInFirst(String),
    Failed(Error),
}

impl PageError {
    /// A form of another session, or of one that has ended.
    pub(super) const FORM_OUTDATED: Self = Self::Page(
        StatusCode::FORBIDDEN,
        "This form is out of date",
        "Nothing was changed. Your visit has ended or continued elsewhere since the page was \
         opened, or your browser does not keep cookies. Open the page again and repeat what you \
         wanted to do.",
    );
    pub(super) const FORM_TOO_LARGE: Self = Self::Page(
        StatusCode::PAYLOAD_TOO_LARGE,
        "That was too much",
        "Nothing was changed: what you have sent is longer than this form can take.",
    );
    pub(super) const FORM_TOO_SLOW: Self = Self::Page(
        StatusCode::REQUEST_TIMEOUT,
        "That took too long",
        "Nothing was changed: what you have sent did not arrive in time. Please try again.",
    );
    pub(super) const FORM_UNREADABLE: Self = Self::Page(
        StatusCode::BAD_REQUEST,
        "This form cannot be read",
        "Nothing was changed. Open the page again and repeat what you wanted to do.",
    );
    const SENT_FROM_ELSEWHERE: Self = Self::Page(
        StatusCode::FORBIDDEN,
        "This was not sent from here",
        "Nothing was changed: the form was sent by a page of another site. Open the page here and \
         repeat what you wanted to do.",
    );
    const UNKNOWN_HOST: Self = Self::Page(
        StatusCode::FORBIDDEN,
        "The shop is not known by this address",
        "Nothing was changed: whoever runs the shop has to name the host in its address (--hosts) \
         before forms can be sent from there.",
    );
    const AWAY: Self = Self::Page(
        StatusCode::SERVICE_UNAVAILABLE,
        "We will be right back",
        "A part of the shop does not answer at the moment. Your cart and your orders are safe; \
         please try again in a little while.",
    );
    const OUR_MISTAKE: Self = Self::Page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        "That is our mistake, not yours. It was written down; please try again.",
    );

    pub(super) const fn not_found(message: &'static str) -> Self {
        Self::Page(StatusCode::NOT_FOUND, "Not found", message)
    }
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
        match self {
            Self::Page(status, title, message) => {
                let layout = Layout::bare(title);
                let page = render(status, &ErrorPage { layout, message });
                match status {
                    StatusCode::SERVICE_UNAVAILABLE => try_again_soon(page),
                    _ => page,
                }
            }
            Self::SignInFirst(next) => Redirect::to(&sign_in_address(&next)).into_response(),
            Self::Failed(Error::ForeignPage) => Self::SENT_FROM_ELSEWHERE.into_response(),
            Self::Failed(Error::UnknownHost) => Self::UNKNOWN_HOST.into_response(),
            Self::Failed(error) => {
                error.log();
                match error.status() {
                    StatusCode::SERVICE_UNAVAILABLE => Self::AWAY.into_response(),
                    _ => Self::OUR_MISTAKE.into_response(),
                }
            }
        }
    }
}

pub(super) async fn not_found() -> PageError {
    PageError::not_found("There is no such page.")
}

pub(super) async fn method_not_allowed() -> PageError {
    let message = "This address does not take what was sent.";
    PageError::Page(StatusCode::METHOD_NOT_ALLOWED, "Not possible", message)
}

/// The answer to what the service's limits do not let through, or cut off.
pub(super) fn refuse(error: Error) -> Response {
    security::with_headers(PageError::from(error).into_response())
}
