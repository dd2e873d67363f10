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
    body::Bytes,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    Catalog, Product,
    products::{PRODUCT, ProductDetail, Products},
};
use crate::platform::{
    Error,
    database::{Version, row, with_replica},
    paging::{NextPage, Paging},
};

/// Answers that are kept at most, each of a kilobyte but for the list; then everything is forgotten.
const MOST: usize = 10_000;

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

/// Answers, each with the version of the catalog that it is of.
#[derive(Debug, Default)]
pub(super) struct Answers(RwLock<HashMap<Question, (Version, KeptAnswer)>>);

impl KeptAnswer {
    fn new(value: &impl Serialize, etag: Option<String>, next: NextPage) -> Self {
        let body = serde_json::to_vec(value).expect("books can be written as JSON");
        let etag = etag.map(|etag| etag.try_into().expect("hexadecimal digits in quotes"));
        let body = body.into();
        Self { body, etag, next }
    }
}

impl IntoResponse for KeptAnswer {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        let etag = self.etag.map(|etag| [(header::ETAG, etag)]);
        (json, etag, self.next, self.body).into_response()
    }
}

impl Catalog {
    /// The answer to a question, as fresh as a query but for less where that can be; there may be
    /// no such book.
    pub(super) async fn answer(&self, question: Question) -> Result<Option<KeptAnswer>, Error> {
        let version = self.database.version();
        if let Some(version) = version
            && let Some(answer) = self.answers.find(question, version)
        {
            return Ok(Some(answer));
        }
        let answer = match question {
            Question::All => {
                let paging = Paging::first_of("/products");
                let books = self.products(&paging).await?;
                let (next, data) = paging.cut(books, |book| book.id);
                Some(KeptAnswer::new(&Products { data }, None, next))
            }
            Question::One(id) => {
                let book = with_replica!(&self.database, |reader| row!(reader, PRODUCT, id))?;
                book.map(|product_detail: Product| {
                    let etag = Some(product_detail.version());
                    KeptAnswer::new(&ProductDetail { product_detail }, etag, NextPage::NONE)
                })
            }
        };
        if let (Some(version), Some(answer)) = (version, &answer) {
            self.answers.keep(question, version, answer.clone());
        }
        Ok(answer)
    }
}

impl Answers {
    /// The answer to a question, if it was kept for this version.
    fn find(&self, question: Question, version: Version) -> Option<KeptAnswer> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (of, answer) = kept.get(&question)?;
        (*of == version).then(|| answer.clone())
    }

    /// Keeps an answer; the version was looked at before the database was asked for it.
    fn keep(&self, question: Question, version: Version, answer: KeptAnswer) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(question, (version, answer));
    }
}
