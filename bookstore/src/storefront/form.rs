//! What a form sends, once it is known to come from a page of the same session.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
};
use subtle::ConstantTimeEq;
use tokio::time::timeout;

use super::{
    page::PageError,
    security::{digest, secret},
    visitor::Visitor,
};
use crate::{item::COPIES, limits::BodyTimeout};

/// The fields of a form whose token was right.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let Visitor(session) = request
            .extensions()
            .get::<Visitor>()
            .expect("every page recognises its visitor")
            .clone();
        let limit: Option<BodyTimeout> = request.extensions().get().copied();
        let fields = axum::Form::from_request(request, state);
        let fields = match limit {
            Some(BodyTimeout(limit)) => timeout(limit, fields)
                .await
                .map_err(|_| PageError::FormTooSlow)?,
            None => fields.await,
        };
        let form = fields.map(|axum::Form(fields)| Self(fields));
        let form = form.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => PageError::FormTooLarge,
            _ => PageError::FormUnreadable,
        })?;
        let (sent, right) = (form.field("form_token"), session.form_token());
        if bool::from(sent.as_bytes().ct_eq(right.as_bytes())) {
            Ok(form)
        } else {
            Err(PageError::FormOutdated)
        }
    }
}

impl Form {
    /// A field; empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(key, _)| key == name);
        field.map_or("", |(_, value)| value)
    }

    /// The key that makes this form, however often it is sent, one request.
    /// A form without one is another request each time.
    pub(super) fn key(&self) -> String {
        match self.field("key") {
            "" => new_key(),
            key => digest("form key", key),
        }
    }

    /// A number of copies, if it is one.
    pub(super) fn copies(&self) -> Option<i64> {
        let copies = self.field("quantity").trim().parse().ok()?;
        COPIES.contains(&copies).then_some(copies)
    }
}

/// A key for a form that is about to be shown.
pub(super) fn new_key() -> String {
    secret()
}
