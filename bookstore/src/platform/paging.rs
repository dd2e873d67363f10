//! Pages of a list: `limit` and `after`, by id or by token. A list has up to a thousand rows where its client asks
//! for no limit, so that no request costs more than that. A page names the
//! last id that was seen, not how many rows to skip, so that it costs a page wherever it begins,
//! nothing is told twice, and nothing is left out that was there when the first page was read.

use std::{fmt::Display, ops::RangeInclusive};

use axum::{
    http::{HeaderValue, Uri, header},
    response::{IntoResponseParts, ResponseParts},
};
use url::form_urlencoded;
use utoipa::IntoParams;

use crate::platform::{
    extract::{FromParameters, Parameters},
    token::Token,
    validation::Problems,
};

/// Rows that a page may have, and has where nobody says otherwise.
const LIMITS: RangeInclusive<i64> = 1..=LARGEST;
const LARGEST: i64 = 1_000;

/// Ids that a page may begin after; none is 0.
const AFTER: RangeInclusive<i64> = 0..=i64::MAX;

/// The part of a list that a client asks for: the first thousand rows, unless it says otherwise.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// The most to list; 1000 by default.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, nullable = false)]
    limit: i64,
    /// List only what has a greater id than this; a smaller one, where the greatest come first.
    #[param(value_type = Option<i64>, minimum = 0, nullable = false)]
    after: i64,
    /// The address of the page after this one, but for the id at its end.
    #[param(ignore)]
    next: String,
}

impl FromParameters for Paging {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let limit = parameters.query_integer("limit", &LIMITS, problems);
        let after = parameters.query_integer("after", &AFTER, problems);
        let (limit, after) = (limit?.unwrap_or(LARGEST), after?);
        Some(Self {
            limit,
            after: after.unwrap_or(0),
            next: next_page(parameters.uri(), limit),
        })
    }
}

/// The part of a list by tokens that a client asks for: the first thousand rows, unless it says otherwise.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenPaging {
    /// The most to list; 1000 by default.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, nullable = false)]
    limit: i64,
    /// List only what has a greater token than this.
    #[param(value_type = Option<String>, format = "uuid", nullable = false)]
    after: Option<Token>,
    /// The address of the page after this one, but for the token at its end.
    #[param(ignore)]
    next: String,
}

impl FromParameters for TokenPaging {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let limit = parameters.query_integer("limit", &LIMITS, problems);
        let after = parameters.query_token("after", problems);
        let (limit, after) = (limit?.unwrap_or(LARGEST), after?);
        Some(Self {
            limit,
            after,
            next: next_page(parameters.uri(), limit),
        })
    }
}

/// Whether a list begins with the greatest id instead of the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewestFirst(pub bool);

impl FromParameters for NewestFirst {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        parameters.query_flag("newest_first", problems).map(Self)
    }
}

/// The same request with this limit, after an id that is to be appended.
fn next_page(uri: &Uri, limit: i64) -> String {
    let given = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let kept = given.filter(|(name, _)| !matches!(&**name, "limit" | "after" | "seen"));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("limit", &limit.to_string())
        .append_pair("after", "")
        .finish();
    format!("{}?{query}", uri.path())
}

impl Paging {
    /// The first page of a list, as it is where nobody says otherwise.
    pub(crate) fn first_of(list: &'static str) -> Self {
        Self {
            limit: LARGEST,
            after: 0,
            next: next_page(&Uri::from_static(list), LARGEST),
        }
    }

    /// Whether that page is asked for.
    pub(crate) fn is_first(&self) -> bool {
        self.limit == LARGEST && self.after == 0
    }

    /// What every listed id is greater than.
    pub(crate) fn after(&self) -> i64 {
        self.after
    }

    /// What every listed id is smaller than, where the greatest come first.
    pub(crate) fn before(&self) -> i64 {
        match self.after {
            0 => i64::MAX,
            id => id,
        }
    }

    /// Rows to ask the database for: one more than are listed tells whether there are more.
    pub(crate) fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Cuts off what belongs to the next page, and says where that is.
    pub(crate) fn cut<T, Key: Display>(
        self,
        rows: Vec<T>,
        id: impl Fn(&T) -> Key,
    ) -> (NextPage, Vec<T>) {
        cut(self.limit, &self.next, rows, id)
    }
}

impl TokenPaging {
    /// What every listed token is greater than, as a text.
    pub(crate) fn after(&self) -> &str {
        self.after.as_ref().map_or("", Token::as_str)
    }

    /// Rows to ask the database for, as [`Paging::rows`].
    pub(crate) fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Cuts off what belongs to the next page, and says where that is.
    pub(crate) fn cut<T>(self, rows: Vec<T>, token: impl Fn(&T) -> Token) -> (NextPage, Vec<T>) {
        cut(self.limit, &self.next, rows, token)
    }
}

fn cut<T, Key: Display>(
    limit: i64,
    next: &str,
    mut rows: Vec<T>,
    key: impl Fn(&T) -> Key,
) -> (NextPage, Vec<T>) {
    let limit = usize::try_from(limit).expect("a limit is small and positive");
    if rows.len() <= limit {
        return (NextPage::NONE, rows);
    }
    rows.truncate(limit);
    let link = rows
        .last()
        .map(|last| format!("<{next}{}>; rel=\"next\"", key(last)));
    let link = link.and_then(|link| HeaderValue::try_from(link).ok());
    (NextPage(link), rows)
}

/// The `Link` header of an answer that does not list everything (RFC 8288).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NextPage(Option<HeaderValue>);

impl NextPage {
    /// Of an answer that lists everything.
    pub(crate) const NONE: Self = Self(None);
}

impl IntoResponseParts for NextPage {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(link) = self.0 {
            parts.headers_mut().insert(header::LINK, link);
        }
        Ok(parts)
    }
}
