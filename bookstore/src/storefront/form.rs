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
    visitor::session_in,
};
use crate::{
    item::{COPIES, MOST, MOST_LINES, PricedItem},
    platform::limits::BodyTimeout,
};

/// The fields of a form whose token was right.
#[derive(Debug)]
pub(super) struct Form(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let right = session_in(request.extensions()).form_token();
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
        let sent = form.field("form_token");
        if bool::from(sent.as_bytes().ct_eq(right.as_bytes())) {
            Ok(form)
        } else {
            Err(PageError::FORM_OUTDATED)
        }
    }
}

impl Form {
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

    /// The key that makes this form, however often it is sent with the same wish, one request.
    /// A form without one is another request each time.
    pub(super) fn key(&self) -> String {
        if self.field("key").is_empty() {
            return new_key();
        }
        let wish = ["key", "product_id", "quantity", "change", "shown"];
        let wish = serde_json::json!(wish.map(|name| self.field(name)));
        digest("form key", &wish.to_string())
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

    /// The cart as it was shown beside the form, if the form says so. A text that no page has is refused:
    /// the cart would be ordered without a look at what it holds.
    pub(super) fn shown(&self) -> Result<Option<Vec<PricedItem>>, PageError> {
        let shown = match self.field("shown") {
            "" => return Ok(None),
            text => serde_json::from_str(text),
        };
        let can_be = |line: &PricedItem| {
            line.product_id > 0
                && COPIES.contains(&line.quantity)
                && (0..=MOST).contains(&line.price)
        };
        let shown: Option<Vec<PricedItem>> = shown.ok();
        let shown = shown
            .filter(|lines| (1..=MOST_LINES).contains(&lines.len()) && lines.iter().all(can_be));
        shown.map(Some).ok_or(PageError::FORM_UNREADABLE)
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
