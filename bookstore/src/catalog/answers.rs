//! Answers about books, kept as they were sent, and given again as long as nothing was written.
//!
//! A kept answer is never older than what a query would find. Its version was looked at before its
//! query, and it is given only where the database has this very version when it is asked for. So
//! nothing was committed from before the query until after the question came; a write that was
//! acknowledged before the question would have made another version, whoever wrote.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    Catalog, Product,
    routes::{ProductDetail, Products},
};
use crate::platform::{
    Error,
    database::Version,
    paging::{NextPage, Paging},
};

/// Bytes that are kept at most; then everything is forgotten.
const LIMIT: usize = 16 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// Every book, or the first page where there are many.
    All,
    One(i64),
}

/// An answer as it is sent; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptAnswer {
    body: Bytes,
    etag: Option<HeaderValue>,
    next: NextPage,
}

/// Answers of one version of the catalog.
#[derive(Debug, Default)]
pub(super) struct Answers(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    version: Option<Version>,
    answers: HashMap<Question, KeptAnswer>,
    bytes: usize,
}

impl KeptAnswer {
    fn of_all(data: Vec<Product>, next: NextPage) -> Self {
        Self {
            next,
            ..Self::new(&Products { data }, None)
        }
    }

    pub(super) fn of_one(product_detail: Product) -> Self {
        let etag = product_detail.version();
        Self::new(&ProductDetail { product_detail }, Some(etag))
    }

    fn new(value: &impl Serialize, etag: Option<String>) -> Self {
        let body = serde_json::to_vec(value).expect("books can be written as JSON");
        let etag = etag.map(|etag| etag.try_into().expect("hexadecimal digits in quotes"));
        Self {
            body: body.into(),
            etag,
            next: NextPage::NONE,
        }
    }
}

impl IntoResponse for KeptAnswer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(etag) = self.etag {
            headers.insert(header::ETAG, etag);
        }
        (self.next, response).into_response()
    }
}

impl Catalog {
    /// The answer to a question, as fresh as a query but for less where that can be; there may be
    /// no such book.
    pub(super) async fn answer(&self, question: Question) -> Result<Option<KeptAnswer>, Error> {
        let version = self.database.version();
        if let Some(answer) = self.answers.find(question, version) {
            return Ok(Some(answer));
        }
        let answer = match question {
            Question::All => Some(self.first_page().await?),
            Question::One(id) => self.product(id).await?.map(KeptAnswer::of_one),
        };
        if let Some(answer) = &answer {
            self.answers.keep(question, version, answer);
        }
        Ok(answer)
    }

    /// The first page of all books, from the database.
    pub(super) async fn first_page(&self) -> Result<KeptAnswer, Error> {
        let paging = Paging::first_of("/products");
        let books = self.products(&paging).await?;
        let (next, books) = paging.cut(books, |book| book.id);
        Ok(KeptAnswer::of_all(books, next))
    }
}

impl Answers {
    /// The answer to a question, if it was kept for this version.
    fn find(&self, question: Question, version: Option<Version>) -> Option<KeptAnswer> {
        version?;
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if kept.version != version {
            return None;
        }
        kept.answers.get(&question).cloned()
    }

    /// Keeps an answer; the version was looked at before the database was asked for it.
    fn keep(&self, question: Question, version: Option<Version>, answer: &KeptAnswer) {
        if version.is_none() {
            return;
        }
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let bytes = answer.body.len();
        if kept.version != version || kept.bytes + bytes > LIMIT {
            *kept = Kept {
                version,
                ..Kept::default()
            };
        }
        if bytes <= LIMIT && kept.answers.insert(question, answer.clone()).is_none() {
            kept.bytes += bytes;
        }
    }
}
