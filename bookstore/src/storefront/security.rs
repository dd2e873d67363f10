//! Secrets at random, and the headers that keep browsers from doing what no page needs.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use sha2::{Digest, Sha256};

use super::Storefront;

/// No scripts, no inline styles, no frames, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Has browsers come by TLS alone from now on, for a year.
pub(super) async fn insist_on_tls(mut response: Response) -> Response {
    let value = HeaderValue::from_static("max-age=31536000");
    let headers = response.headers_mut();
    headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    response
}

/// Adds the headers to an answer, and lets nobody keep those that do not allow it themselves.
pub(super) fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Storefront {
    /// The prefix makes browsers insist on `Secure`, and refuse a cookie of a neighbouring host.
    fn cookie_name(&self, name: &str) -> String {
        let prefix = if self.secure_cookies { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }

    /// The value of a request's cookie that has so many hexadecimal digits.
    pub(super) fn cookie_in<'a>(
        &self,
        headers: &'a HeaderMap,
        name: &str,
        digits: usize,
    ) -> Option<&'a str> {
        let name = self.cookie_name(name);
        let cookies = headers.get_all(header::COOKIE).iter();
        let mut pairs = cookies
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='));
        let found = pairs.find(|(known, value)| *known == name && is_hex(value, digits));
        found.map(|(_, value)| value)
    }

    /// A cookie of the whole shop that no script can read.
    pub(super) fn cookie(
        &self,
        name: &str,
        value: &str,
        same_site: &str,
        age_seconds: i64,
    ) -> HeaderValue {
        let name = self.cookie_name(name);
        let secure = if self.secure_cookies { "; Secure" } else { "" };
        let cookie = format!(
            "{name}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={age_seconds}{secure}"
        );
        HeaderValue::try_from(cookie).expect("digits and letters make a header")
    }
}

/// Whether a text has so many hexadecimal digits and nothing else.
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// 256 bits that nobody can guess, as 64 digits.
pub(super) fn secret() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex::encode(bytes)
}

/// What a secret is known by where it must not be readable, different for every purpose.
pub(super) fn digest(purpose: &str, secret: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(purpose.as_bytes());
    digest.update(b":");
    digest.update(secret.as_bytes());
    hex::encode(digest.finalize())
}
