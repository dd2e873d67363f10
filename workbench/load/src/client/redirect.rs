//! Redirects: their destination, and the request that follows.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::endpoint::Endpoint;
use super::parsed_request::ParsedRequest;

/// Why a response that is a redirect was not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The limit of followed redirects is reached.
    TooMany,
    /// It has no `location`.
    NoLocation,
    /// Its `location` is not a URL.
    Malformed,
    /// It leads to an address that is not one of the target's.
    NotDeclared(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => formatter.write_str("more redirects than `follow_redirects` allows"),
            Self::NoLocation => formatter.write_str("a redirect without `location`"),
            Self::Malformed => formatter.write_str("a redirect whose `location` is no URL"),
            Self::NotDeclared(origin) => {
                write!(
                    formatter,
                    "a redirect to {origin}, which the target does not declare"
                )
            }
        }
    }
}

/// The request that a redirect asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Follow {
    /// By position.
    pub(super) service: usize,
    /// Path and query.
    pub(super) target: String,
    /// The method and the body stay as they are.
    pub(super) repeats: bool,
    /// It leads to the origin of the first request. Other origins do not get that request's headers.
    same_origin: bool,
}

/// Whether a status asks for another request; 300 leaves the choice to people, and 304 is no redirect.
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The request that a redirect leads to.
///
/// `service` is the one that responded. The request's `host` header counts as one of its names.
pub(super) fn next(
    status: u16,
    location: Option<&[u8]>,
    request: &[u8],
    services: &[Arc<Endpoint>],
    service: usize,
) -> Result<Follow, Stop> {
    let from = &services[service];
    let location = location.ok_or(Stop::NoLocation)?;
    let message = ParsedRequest::parse(request);
    // Concatenated, not joined as URLs: a path may begin with two slashes.
    let url = Url::parse(&format!("{}{}", from.server(), message.target));
    let url = url.and_then(|url| url.join(&in_ascii(location)));
    let url = url.map_err(|_| Stop::Malformed)?;
    let origin = url.origin().ascii_serialization();
    let own_name = || {
        let named = Url::parse(&format!("{}://{}", from.scheme(), message.host?)).ok()?;
        Some(named.origin() == url.origin())
    };
    let same_origin = origin == from.server() || own_name().unwrap_or_default();
    let service = if same_origin {
        service
    } else {
        let mut origins = services.iter().map(|service| service.server());
        let declared = origins.position(|declared| declared == origin);
        declared.ok_or(Stop::NotDeclared(origin))?
    };
    let query = url.query().map(|query| format!("?{query}"));
    Ok(Follow {
        service,
        target: format!("{}{}", url.path(), query.unwrap_or_default()),
        // As RFC 9110 (15.4) and browsers have it: 301 and 302 turn a POST into a GET, and nothing else.
        repeats: match status {
            301 | 302 => message.method != "POST",
            status => matches!(status, 307 | 308),
        },
        same_origin,
    })
}

/// Percent-encodes bytes beyond ASCII, as in a path that was not encoded.
fn in_ascii(location: &[u8]) -> String {
    let mut text = String::with_capacity(location.len());
    for byte in location {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

impl Follow {
    /// Writes the request after the one that was redirected.
    ///
    /// A POST is followed by a GET without a body after 301 and 302, and every method after 303, but by a HEAD where that was
    /// asked for. Another origin gets only the headers that every client sends, and none of the experiment's, such as
    /// `authorization`. `cookies` are those that the user keeps for the destination. If users keep no cookies, cookies
    /// of the experiment go to their own origin only.
    pub(super) fn write(
        &self,
        request: &[u8],
        endpoint: &Endpoint,
        cookies: Option<&str>,
    ) -> Vec<u8> {
        let message = ParsedRequest::parse(request);
        let method = match message.method {
            "HEAD" => "HEAD",
            method if self.repeats => method,
            _ => "GET",
        };
        let own_host = message.host.filter(|_| self.same_origin);
        let mut next = Vec::with_capacity(request.len() + self.target.len());
        let line = [
            method,
            " ",
            &self.target,
            " HTTP/1.1\r\nhost: ",
            own_host.unwrap_or(&endpoint.host),
        ];
        line.iter()
            .for_each(|part| next.extend_from_slice(part.as_bytes()));
        next.extend_from_slice(b"\r\n");
        for (name, value) in &message.fields {
            let is = |names: &[&str]| names.iter().any(|other| name.eq_ignore_ascii_case(other));
            let is_of_body = is(&OF_BODY);
            let stays = match () {
                () if is(&["host"]) => false,
                () if is(&["cookie"]) => self.same_origin && cookies.is_none(),
                () if is_of_body => self.repeats,
                () => self.same_origin || is(&OF_EVERY_CLIENT),
            };
            if stays {
                for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                    next.extend_from_slice(part);
                }
            }
        }
        if let Some(cookies) = cookies.filter(|cookies| !cookies.is_empty()) {
            for part in ["cookie: ", cookies, "\r\n"] {
                next.extend_from_slice(part.as_bytes());
            }
        }
        next.extend_from_slice(b"\r\n");
        if self.repeats {
            next.extend_from_slice(message.body);
        }
        next
    }
}

/// Headers that describe a body.
const OF_BODY: [&str; 7] = [
    "content-type",
    "content-length",
    "content-encoding",
    "content-language",
    "content-location",
    "transfer-encoding",
    "expect",
];
/// Headers without information on the user.
const OF_EVERY_CLIENT: [&str; 4] = ["user-agent", "accept", "accept-encoding", "accept-language"];

#[cfg(test)]
mod tests;
