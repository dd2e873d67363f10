//! The request line of a step: `GET service/path?query`.

use crate::diagnostic::{Diagnostic, suggestion};

pub(super) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A request line, taken apart; the path still has its variables as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'a> {
    pub(super) method: &'a str,
    pub(super) service: &'a str,
    /// Begins with `/`.
    pub(super) path: String,
}

pub(super) fn parse_request(text: &str) -> Result<RequestLine<'_>, Diagnostic> {
    let text = text.trim();
    let Some((method, address)) = text.split_once(char::is_whitespace) else {
        return Err(Diagnostic::new(
            "a request is a method and an address: GET service/path",
        ));
    };
    let address = address.trim_start();
    if let Some(rest) = after_space(address) {
        return Err(Diagnostic::at(
            rest,
            "a request is a method and an address; a space in it is written %20",
        ));
    }
    if !METHODS.contains(&method) {
        let message = format!("unknown method \"{method}\"{}", suggestion(method, METHODS));
        return Err(Diagnostic::at(method, message));
    }
    // A URL may be part of a path or a query.
    if let Some((before, _)) = address.split_once("://")
        && !before.contains(['/', '?'])
    {
        return Err(Diagnostic::at(
            address,
            "an address begins with the name of a service of the target, not with a URL",
        ));
    }
    let service_end = address.find(['/', '?']).unwrap_or(address.len());
    let (service, path) = address.split_at(service_end);
    if service.is_empty() {
        return Err(Diagnostic::at(
            address,
            "an address begins with the name of a service: GET service/path",
        ));
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok(RequestLine {
        method,
        service,
        path: format!("{slash}{path}"),
    })
}

/// The word after the first space that does not stand in the name of a variable.
fn after_space(address: &str) -> Option<&str> {
    let mut is_name = false;
    let mut letters = address.char_indices();
    let (space, _) = letters.find(|&(at, letter)| {
        is_name = (is_name || address[at..].starts_with("${")) && letter != '}';
        letter.is_whitespace() && !is_name
    })?;
    address[space..].split_whitespace().next()
}

/// Bytes of the longest path with its query that the client can send: the limit of the `http` crate's `Uri`.
const LONGEST_PATH: usize = 65_534;

/// Refuses a path with its query that may be of so many bytes, with the service's own path before it.
pub(super) fn check_length(bytes: usize) -> Result<(), Diagnostic> {
    if bytes <= LONGEST_PATH {
        return Ok(());
    }
    Err(Diagnostic::new(format!(
        "with its variables the path can be {bytes} bytes long; the longest that can be sent has {LONGEST_PATH}"
    )))
}

/// Refuses what RFC 3986 does not allow in a path and query.
pub(super) fn check_path(literal: &str) -> Result<(), Diagnostic> {
    let allowed =
        |letter: char| letter.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?%".contains(letter);
    let Some(wrong) = literal.chars().find(|&letter| !allowed(letter)) else {
        return Ok(());
    };
    let mut bytes = [0; 4];
    let encoded: String = wrong
        .encode_utf8(&mut bytes)
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect();
    let wrong = wrong.to_string();
    Err(Diagnostic::at(
        &wrong,
        format!("\"{wrong}\" cannot stand in an address; write {encoded}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_method_a_service_and_a_path() {
        let parts = |text| {
            let line = parse_request(text).unwrap();
            (line.method.to_owned(), line.service.to_owned(), line.path)
        };
        let expected =
            |method: &str, service: &str, path: &str| (method.into(), service.into(), path.into());
        assert_eq!(
            parts("GET catalog/products"),
            expected("GET", "catalog", "/products")
        );
        assert_eq!(
            parts("POST  cart/carts/${user}"),
            expected("POST", "cart", "/carts/${user}")
        );
        assert_eq!(parts("GET shop"), expected("GET", "shop", "/"));
        assert_eq!(parts("GET shop?q=a/b"), expected("GET", "shop", "/?q=a/b"));
        assert_eq!(
            parts("GET shop/fetch?from=http://other.test/x"),
            expected("GET", "shop", "/fetch?from=http://other.test/x")
        );
    }

    #[test]
    fn other_shapes_are_refused_at_the_part_that_is_wrong() {
        let diagnostic = |text| parse_request(text).unwrap_err();
        assert_eq!(diagnostic("get catalog/products").offending, "get");
        assert!(
            diagnostic("get catalog/products")
                .message
                .ends_with("did you mean \"GET\"?")
        );
        assert!(
            diagnostic("FETCH catalog/products")
                .message
                .contains("unknown method \"FETCH\"")
        );
        assert_eq!(diagnostic("GET catalog/a b").offending, "b");
        assert_eq!(diagnostic("GET catalog/${a.b c}/d  e f").offending, "e");
        assert!(parse_request("GET catalog/${a.b c}/d").is_ok());
        assert_eq!(
            diagnostic("GET http://localhost/x").offending,
            "http://localhost/x"
        );
        assert_eq!(diagnostic("GET /products").offending, "/products");
        assert_eq!(diagnostic("catalog/products").offending, "");
        assert_eq!(diagnostic("").offending, "");
    }

    #[test]
    fn invalid_characters_of_addresses_are_suggested_percent_encoded() {
        assert_eq!(check_path("/a-b/c?d=e%20f&g=%C3%A9"), Ok(()));
        assert_eq!(
            check_path("/caf\u{e9}").unwrap_err().message,
            "\"é\" cannot stand in an address; write %C3%A9"
        );
        assert!(check_path("/a#b").unwrap_err().message.ends_with("%23"));
    }
}
