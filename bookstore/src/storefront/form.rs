//! What a form sends, once it is known to come from a page of the same session.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
};
use subtle::ConstantTimeEq;
use tokio::time::timeout;

use super::{
    errors::PageError,
    search::Search,
    security::{digest, secret},
    visitor::Visitor,
};
use crate::{
    item::{COPIES, PricedItem},
    platform::limits::BodyTimeout,
};

/// The fields of a form whose token was right.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let Visitor(session) = Visitor::of(request.extensions()).clone();
        let limit: Option<BodyTimeout> = request.extensions().get().copied();
        let fields = axum::Form::from_request(request, state);
        let fields = match limit {
            Some(BodyTimeout(limit)) => timeout(limit, fields)
                .await
                .map_err(|_| PageError::FORM_TOO_SLOW)?,
            None => fields.await,
        };
        let form = fields.map(|axum::Form(fields)| Self(fields));
        let form = form.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => PageError::FORM_TOO_LARGE,
            _ => PageError::FORM_UNREADABLE,
        })?;
        let (sent, right) = (form.field("form_token"), session.form_token());
        if bool::from(sent.as_bytes().ct_eq(right.as_bytes())) {
            Ok(form)
        } else {
            Err(PageError::FORM_OUTDATED)
        }
    }
}

impl Form {
    pub(super) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// A field; empty where there is none.
    pub(super) fn field(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(key, _)| key == name);
        field.map_or("", |(_, value)| value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Every field but the token, which the next form has of its own.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let fields = self.0.iter().filter(|(name, _)| name != "form_token");
        fields.cloned().collect()
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.field("confirmed") == "yes"
    }

    /// The shelf that the visitor comes from.
    pub(super) fn search(&self) -> Search {
        Search::of(self.field("search"))
    }

    /// The key that makes this form, however often it is sent, one request.
    /// A form without one is another request each time.
    pub(super) fn key(&self) -> String {
        match self.field("key") {
            "" => new_key(),
            key => digest("form key", key),
        }
    }

    pub(super) fn copies(&self) -> Option<i64> {
        copies(self.field("quantity"))
    }

    /// The numbers of copies that stand beside the books of a cart, where 0 takes a book out; nothing
    /// for what is no number.
    pub(super) fn copies_by_book(&self) -> Vec<(i64, Option<i64>)> {
        let typed = self.0.iter().filter_map(|(name, text)| {
            let book = name.strip_prefix("copies-")?.parse().ok()?;
            let none = (text.trim() == "0").then_some(0);
            Some((book, none.or_else(|| copies(text))))
        });
        typed.collect()
    }

    /// The cart as it was shown beside the form, if the form says so.
    pub(super) fn shown(&self) -> Option<Vec<PricedItem>> {
        serde_json::from_str(self.field("shown")).ok()
    }
}

fn copies(text: &str) -> Option<i64> {
    let copies = text.trim().parse().ok()?;
    COPIES.contains(&copies).then_some(copies)
}

/// A key for a form that is about to be shown.
pub(super) fn new_key() -> String {
    secret()
}
