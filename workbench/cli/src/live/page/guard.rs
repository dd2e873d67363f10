//! Access control of the live page: only requests to its own address, and none from foreign pages.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Nothing is loaded from other origins, and other pages cannot frame this one. Styles and scripts are inline.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The addresses under which the page is served.
pub(super) struct Guard {
    bound: SocketAddr,
    name: Option<String>,
}

impl Guard {
    pub(super) fn new(bound: SocketAddr, name: Option<String>) -> Self {
        Self { bound, name }
    }

    /// Whether a request's `Host` is this server. Other names that resolve to this address (DNS rebinding) are refused:
    /// a page of that name could read everything.
    fn knows(&self, host: &str) -> bool {
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (host, Some(80)),
        };
        if port != Some(self.bound.port()) {
            return false;
        }
        let ip = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        match ip {
            // If all addresses of the machine are served, each of them is accepted.
            Ok(ip) if self.bound.ip().is_unspecified() => !ip.is_unspecified(),
            Ok(ip) => ip == self.bound.ip(),
            Err(_) => {
                let is_local = self.bound.ip().is_loopback() || self.bound.ip().is_unspecified();
                let is_given = self
                    .name
                    .as_deref()
                    .is_some_and(|name| host.eq_ignore_ascii_case(name));
                is_given || is_local && host.eq_ignore_ascii_case("localhost")
            }
        }
    }

    fn refuses(&self, method: &Method, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET"));
        }
        if !text(header::HOST.as_str()).is_some_and(|host| self.knows(host)) {
            return Some((
                StatusCode::MISDIRECTED_REQUEST,
                "not the address of this page",
            ));
        }
        // Navigation from other pages is allowed; their background requests are refused.
        let is_foreign = text("sec-fetch-site").is_some_and(|site| site.ends_with("-site"));
        let is_link = text("sec-fetch-mode") == Some("navigate");
        (is_foreign && !is_link).then_some((StatusCode::FORBIDDEN, "asked for by another page"))
    }
}

pub(super) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match guard.refuses(request.method(), request.headers()) {
        Some((status, why)) => (status, why).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(bound: &str, name: Option<&str>, host: &str) -> bool {
        Guard::new(bound.parse().unwrap(), name.map(str::to_owned)).knows(host)
    }

    #[test]
    fn a_page_on_loopback_is_called_by_its_address_or_localhost() {
        for host in ["127.0.0.1:81", "localhost:81", "LOCALHOST:81"] {
            assert!(knows("127.0.0.1:81", None, host), "{host}");
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:82",
            "evil.example:81",
            "127.0.0.1.evil.example:81",
            "127.0.0.1:81:81",
            "0.0.0.0:81",
            "",
            ":81",
        ] {
            assert!(!knows("127.0.0.1:81", None, host), "{host}");
        }
        assert!(knows("[::1]:81", None, "[::1]:81"));
        assert!(knows("127.0.0.1:80", None, "127.0.0.1"));
    }

    #[test]
    fn a_page_on_all_addresses_is_called_by_any_of_them_and_by_the_name_that_was_given() {
        assert!(knows("0.0.0.0:81", None, "192.0.2.7:81"));
        assert!(!knows("0.0.0.0:81", None, "runner.example:81"));
        assert!(knows(
            "192.0.2.7:81",
            Some("runner.example"),
            "Runner.Example:81"
        ));
        assert!(!knows("192.0.2.7:81", None, "localhost:81"));
    }

    #[test]
    fn other_methods_and_other_pages_are_refused() {
        let guard = Guard::new("127.0.0.1:81".parse().unwrap(), None);
        let refused = |method: Method, fields: &[(&'static str, &'static str)]| {
            let fields = [("host", "127.0.0.1:81")].iter().chain(fields);
            let headers = fields.map(|(name, value)| {
                let name = header::HeaderName::from_static(name);
                (name, header::HeaderValue::from_static(value))
            });
            let refused = guard.refuses(&method, &headers.collect());
            refused.map(|(status, _)| status.as_u16())
        };
        assert_eq!(refused(Method::GET, &[]), None);
        assert_eq!(refused(Method::POST, &[]), Some(405));
        assert_eq!(
            refused(Method::GET, &[("sec-fetch-site", "same-origin")]),
            None
        );
        let foreign = ("sec-fetch-site", "cross-site");
        assert_eq!(refused(Method::GET, &[foreign]), Some(403));
        assert_eq!(
            refused(Method::GET, &[foreign, ("sec-fetch-mode", "navigate")]),
            None
        );
    }
}
