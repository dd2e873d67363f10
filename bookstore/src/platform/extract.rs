//! Extractors that hand domain types to handlers, or answer 422 with everything that is wrong; axum's own
//! (`Path`, `Query`, `Json`) end at the first mistake.

use std::{num::IntErrorKind, ops::RangeInclusive};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::IntoResponse,
};
use serde_json::Value;
use tokio::time::timeout;
use url::form_urlencoded;

use crate::platform::{
    Error,
    limits::BodyTimeout,
    token::Token,
    validation::{Field, Location, Problems},
};

/// The largest request body that is read.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// Ids that a client may name.
const IDS: RangeInclusive<i64> = 1..=i64::MAX;

/// What a handler takes from path, query and headers.
pub(crate) trait FromParameters: Sized {
    /// Reads it, or notes why not.
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self>;
}

/// What a handler takes from the body.
pub(crate) trait FromBody: Sized {
    /// Reads it, or notes why not.
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self>;
}

/// Checked parameters of a request whose body does not matter.
pub(crate) struct Checked<P>(pub P);

/// Checked parameters and body of a request.
pub(crate) struct CheckedBody<P, B>(pub P, pub B);

pub(crate) struct Parameters<'a> {
    path: &'a RawPathParams,
    uri: &'a Uri,
    headers: &'a HeaderMap,
}

impl Parameters<'_> {
    fn id(&self, name: &'static str, problems: &mut Problems) -> Option<i64> {
        let location = Location::Field(&Location::Part("path"), name);
        let text = self.path.iter().find(|(key, _)| *key == name)?.1;
        parse_integer(&location, text, &IDS, problems)
    }

    fn token(&self, name: &'static str, problems: &mut Problems) -> Option<Token> {
        let location = Location::Field(&Location::Part("path"), name);
        let text = self.path.iter().find(|(key, _)| *key == name)?.1;
        problems.token(&location, text)
    }

    pub(crate) fn uri(&self) -> &Uri {
        self.uri
    }

    /// A value of the query string; the last one, when it is given several times.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let pairs = form_urlencoded::parse(self.uri.query()?.as_bytes());
        let (_, value) = pairs.filter(|(key, _)| key == name).last()?;
        Some(value.into_owned())
    }

    /// A whole number in the query string: nothing at all where it is wrong, `Some(None)` where it
    /// is not given.
    pub(crate) fn query_integer(
        &self,
        name: &'static str,
        range: &RangeInclusive<i64>,
        problems: &mut Problems,
    ) -> Option<Option<i64>> {
        let location = Location::Field(&Location::Part("query"), name);
        match self.query(name) {
            Some(text) => parse_integer(&location, &text, range, problems).map(Some),
            None => Some(None),
        }
    }

    /// A flag in the query string, off where it is not given.
    pub(crate) fn query_flag(&self, name: &'static str, problems: &mut Problems) -> Option<bool> {
        match self.query(name).as_deref() {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some(_) => problems.add(
                &Location::Field(&Location::Part("query"), name),
                "bool_parsing",
                "Input should be a valid boolean, unable to interpret input",
            ),
        }
    }

    /// A token in the query string, as [`Parameters::query_integer`].
    pub(crate) fn query_token(
        &self,
        name: &'static str,
        problems: &mut Problems,
    ) -> Option<Option<Token>> {
        let location = Location::Field(&Location::Part("query"), name);
        match self.query(name) {
            Some(text) => problems.token(&location, &text).map(Some),
            None => Some(None),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        Some(self.headers.get(name)?.as_bytes())
    }
}

fn parse_integer(
    location: &Location<'_>,
    text: &str,
    range: &RangeInclusive<i64>,
    problems: &mut Problems,
) -> Option<i64> {
    match text.parse::<i128>() {
        Ok(number) => problems.in_range(location, number, range),
        Err(error) => match error.kind() {
            IntErrorKind::PosOverflow => problems.in_range(location, i128::MAX, range),
            IntErrorKind::NegOverflow => problems.in_range(location, i128::MIN, range),
            _ => problems.add(
                location,
                "int_parsing",
                "Input should be a valid integer, unable to parse string as an integer",
            ),
        },
    }
}

/// Defines what parameters in the path name.
macro_rules! in_path {
    ($($(#[$doc:meta])* $name:ident($value:ty) is $read:ident($parameter:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub $value);

        impl FromParameters for $name {
            fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
                parameters.$read($parameter, problems).map(Self)
            }
        }
    )*};
}

in_path! {
    /// A product, at least 1.
    ProductId(i64) is id("product_id");
    /// A customer, at least 1. Customers need no account: their carts and orders make them known.
    CustomerId(i64) is id("customer_id");
    /// An order, at least 1.
    OrderId(i64) is id("order_id");
    /// An order, as the services know it among themselves.
    OrderToken(Token) is token("order_token");
    /// A return, as the services know it among themselves.
    ReturnToken(Token) is token("return_token");
}

/// The only customer that a list shall be about, if the query string names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnlyCustomer(pub Option<i64>);

impl FromParameters for OnlyCustomer {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let customer = parameters.query_integer("customer_id", &IDS, problems)?;
        Some(Self(customer))
    }
}

impl FromParameters for () {
    fn read(_: &Parameters<'_>, _: &mut Problems) -> Option<Self> {
        Some(())
    }
}

impl<A: FromParameters, B: FromParameters> FromParameters for (A, B) {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let first = A::read(parameters, problems);
        let second = B::read(parameters, problems);
        Some((first?, second?))
    }
}

impl<S: Send + Sync, P: FromParameters> FromRequestParts<S> for Checked<P> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let mut problems = Problems::default();
        match read_parameters(parts, state, &mut problems).await {
            Some(parameters) if problems.0.is_empty() => Ok(Self(parameters)),
            _ => Err(problems.into()),
        }
    }
}

impl<S: Send + Sync, P: FromParameters + Send, B: FromBody> FromRequest<S> for CheckedBody<P, B> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let mut problems = Problems::default();
        let parameters: Option<P> = read_parameters(&mut parts, state, &mut problems).await;
        let is_json = is_json(&parts.headers);
        let limit = parts.extensions.get().copied();
        let bytes = read_body(Request::from_parts(parts, body), state, limit).await?;
        let value = parse_body(&bytes, is_json)?;
        let body = B::read(&Field::body(value.as_ref()), &mut problems);
        match (parameters, body) {
            (Some(parameters), Some(body)) if problems.0.is_empty() => Ok(Self(parameters, body)),
            _ => Err(problems.into()),
        }
    }
}

async fn read_parameters<S: Send + Sync, P: FromParameters>(
    parts: &mut Parts,
    state: &S,
    problems: &mut Problems,
) -> Option<P> {
    let path = match RawPathParams::from_request_parts(parts, state).await {
        Ok(path) => path,
        Err(_) => {
            return problems.add(
                &Location::Part("path"),
                "string_unicode",
                "Input should be a valid string, unable to parse raw data as a unicode string",
            );
        }
    };
    let parameters = Parameters {
        path: &path,
        uri: &parts.uri,
        headers: &parts.headers,
    };
    P::read(&parameters, problems)
}

async fn read_body<S: Send + Sync>(
    request: Request,
    state: &S,
    limit: Option<BodyTimeout>,
) -> Result<Bytes, Error> {
    let bytes = Bytes::from_request(request, state);
    let bytes = match limit {
        Some(BodyTimeout(limit)) => timeout(limit, bytes)
            .await
            .map_err(|_| Error::BodyTooSlow { limit })?,
        None => bytes.await,
    };
    bytes.map_err(|rejection| {
        if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            Error::BodyTooLarge { limit: BODY_LIMIT }
        } else {
            Error::Refused("There was an error parsing the body".into())
        }
    })
}

/// Like FastAPI, takes a body that does not say that it is JSON for a text that is not the object
/// asked for. Any page can have a browser send such a body, but none that says so.
fn parse_body(bytes: &[u8], is_json: bool) -> Result<Option<Value>, Error> {
    if bytes.is_empty() {
        return Ok(None);
    }
    if !is_json {
        return Ok(Some(Value::String(String::new())));
    }
    serde_json::from_slice(bytes).map(Some).map_err(|error| {
        let mut problems = Problems::default();
        let offset = offset(bytes, &error);
        let location = Location::Element(&Location::Part("body"), offset);
        problems.add::<()>(&location, "json_invalid", "JSON decode error");
        Error::from(problems)
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    kind.eq_ignore_ascii_case("application")
        && (subtype.eq_ignore_ascii_case("json") || subtype.to_ascii_lowercase().ends_with("+json"))
}

/// Where in the text the error is, counted from its start.
fn offset(bytes: &[u8], error: &serde_json::Error) -> usize {
    let line_start: usize = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (line_start + error.column().saturating_sub(1)).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::validation::Segment;

    #[test]
    fn malformed_json_is_located_by_its_offset() {
        let text = "{\n  \"price\": 1,\n  oops\n}";
        let Err(Error::Invalid(problems)) = parse_body(text.as_bytes(), true) else {
            panic!("malformed JSON was accepted");
        };
        let problems = problems.detail;
        assert_eq!(problems[0].kind, "json_invalid");
        let offset = text.find("oops").unwrap();
        assert_eq!(
            problems[0].loc,
            [Segment::Name("body"), Segment::Index(offset)]
        );
    }

    #[test]
    fn json_is_known_by_its_content_type() {
        let is_json = |content_type: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            is_json(&headers)
        };
        assert!(is_json("application/json"));
        assert!(is_json("Application/JSON; charset=utf-8"));
        assert!(is_json("application/vnd.shop+json"));
        assert!(!is_json("text/plain"));
        assert!(!is_json("application/x-www-form-urlencoded"));
        assert!(!super::is_json(&HeaderMap::new()));
    }
}
