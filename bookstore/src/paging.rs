//! Pages of a list, for clients that ask for them: `limit` and `after`, by id or by token. A page names the
//! last id that was seen, not how many rows to skip, so that it costs a page wherever it begins,
//! nothing is told twice, and nothing is left out that was there when the first page was read.

use std::{fmt::Display, ops::RangeInclusive};

use axum::{
    http::{HeaderValue, Uri, header},
    response::{IntoResponseParts, ResponseParts},
};
use url::form_urlencoded;
use utoipa::IntoParams;

use crate::{
    extract::{FromParameters, Parameters},
    token::Token,
    validation::{Location, Problems},
};

/// Rows that a page may have.
const LIMITS: RangeInclusive<i64> = 1..=1_000;

/// Ids that a page may begin after; none is 0.
const AFTER: RangeInclusive<i64> = 0..=i64::MAX;

/// The part of a list that a client asks for: everything, unless it says otherwise.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// The most to list; without it everything is listed.
    #[param(minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<i64>,
    /// List only what has a greater id than this; a smaller one, where the greatest come first.
    #[param(value_type = Option<i64>, minimum = 0, nullable = false)]
    after: i64,
    /// The address of the page after this one, but for the id at its end.
    #[param(ignore)]
    next: Option<String>,
}

impl FromParameters for Paging {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let limit = parameters.query_integer("limit", &LIMITS, problems);
        let after = parameters.query_integer("after", &AFTER, problems);
        let (limit, after) = (limit?, after?);
        Some(Self {
            limit,
            after: after.unwrap_or(0),
            next: limit.map(|limit| next_page(parameters.uri(), limit)),
        })
    }
}

/// The part of a list by tokens that a client asks for: everything, unless it says otherwise.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenPaging {
    /// The most to list; without it everything is listed.
    #[param(minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<i64>,
    /// List only what has a greater token than this.
    #[param(value_type = Option<String>, format = "uuid", nullable = false)]
    after: Option<Token>,
    /// The address of the page after this one, but for the token at its end.
    #[param(ignore)]
    next: Option<String>,
}

impl FromParameters for TokenPaging {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let limit = parameters.query_integer("limit", &LIMITS, problems);
        let after = parameters.query_token("after", problems);
        let (limit, after) = (limit?, after?);
        Some(Self {
            limit,
            after,
            next: limit.map(|limit| next_page(parameters.uri(), limit)),
        })
    }
}

/// Whether a list begins with the greatest id instead of the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewestFirst(pub bool);

impl FromParameters for NewestFirst {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        match parameters.query("newest_first").as_deref() {
            None | Some("false") => Some(Self(false)),
            Some("true") => Some(Self(true)),
            Some(_) => problems.add(
                &Location::Field(&Location::Part("query"), "newest_first"),
                "bool_parsing",
                "Input should be a valid boolean, unable to interpret input",
            ),
        }
    }
}

/// The same request with this limit, after an id that is to be appended.
fn next_page(uri: &Uri, limit: i64) -> String {
    let given = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let kept = given.filter(|(name, _)| name != "limit" && name != "after");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("limit", &limit.to_string())
        .append_pair("after", "")
        .finish();
    format!("{}?{query}", uri.path())
}

impl Paging {
    /// The whole list.
    pub(crate) fn everything() -> Self {
        Self {
            limit: None,
            after: 0,
            next: None,
        }
    }

    /// Whether the whole list is asked for.
    pub(crate) fn is_everything(&self) -> bool {
        self.limit.is_none() && self.after == 0
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
        rows(self.limit)
    }

    /// Cuts off what belongs to the next page, and says where that is.
    pub(crate) fn cut<T>(self, rows: Vec<T>, id: impl Fn(&T) -> i64) -> (NextPage, Vec<T>) {
        cut(self.limit, self.next, rows, id)
    }
}

impl TokenPaging {
    /// What every listed token is greater than, as a text.
    pub(crate) fn after(&self) -> &str {
        self.after.as_ref().map_or("", Token::as_str)
    }

    /// Rows to ask the database for, as [`Paging::rows`].
    pub(crate) fn rows(&self) -> i64 {
        rows(self.limit)
    }

    /// Cuts off what belongs to the next page, and says where that is.
    pub(crate) fn cut<T>(self, rows: Vec<T>, token: impl Fn(&T) -> Token) -> (NextPage, Vec<T>) {
        cut(self.limit, self.next, rows, token)
    }
}

fn rows(limit: Option<i64>) -> i64 {
    limit.map_or(i64::MAX, |limit| limit + 1)
}

fn cut<T, Key: Display>(
    limit: Option<i64>,
    next: Option<String>,
    mut rows: Vec<T>,
    key: impl Fn(&T) -> Key,
) -> (NextPage, Vec<T>) {
    let (Some(limit), Some(next)) = (limit, next) else {
        return (NextPage(None), rows);
    };
    let limit = usize::try_from(limit).expect("a limit is small and positive");
    if rows.len() <= limit {
        return (NextPage(None), rows);
    }
    rows.truncate(limit);
    let link = rows
        .last()
        .map(|last| format!("<{next}{}>; rel=\"next\"", key(last)));
    let link = link.and_then(|link| HeaderValue::try_from(link).ok());
    (NextPage(link), rows)
}

/// The `Link` header of an answer that does not list everything (RFC 8288).
#[derive(Debug)]
pub(crate) struct NextPage(Option<HeaderValue>);

impl IntoResponseParts for NextPage {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(link) = self.0 {
            parts.headers_mut().insert(header::LINK, link);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: Option<i64>, rows: i64) -> (Option<String>, Vec<i64>) {
        let uri = Uri::from_static("/books?x=%22%3E+1&after=7&limit=3&limit=2");
        let paging = Paging {
            limit,
            after: 0,
            next: limit.map(|limit| next_page(&uri, limit)),
        };
        let found = (1..=rows.min(paging.rows())).collect();
        let (NextPage(link), listed) = paging.cut(found, |id| *id);
        (link.map(|link| link.to_str().unwrap().to_owned()), listed)
    }

    #[test]
    fn a_page_that_leaves_something_out_says_where_it_goes_on() {
        let link = "</books?x=%22%3E+1&limit=2&after=2>; rel=\"next\"".to_owned();
        assert_eq!(page(Some(2), 3), (Some(link), vec![1, 2]));
    }

    #[test]
    fn the_last_page_is_the_end() {
        assert_eq!(page(Some(2), 2), (None, vec![1, 2]));
        assert_eq!(page(Some(2), 0), (None, vec![]));
        assert_eq!(page(None, 3), (None, vec![1, 2, 3]));
    }
}
