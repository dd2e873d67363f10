//! Headers that browsers add to every request.

/// Whether a header only describes the browser or its page, so that the service does not need it.
pub(super) fn is_noise(name: &str, value: &str) -> bool {
    const NAMES: [&str; 31] = [
        "accept-charset",
        "accept-language",
        "alt-used",
        "baggage",
        "cache-control",
        "connection",
        "content-length",
        "dnt",
        "host",
        "if-modified-since",
        "if-none-match",
        "keep-alive",
        "newrelic",
        "origin",
        "pragma",
        "priority",
        "proxy-connection",
        "purpose",
        "range",
        "referer",
        "save-data",
        "sentry-trace",
        "te",
        "traceparent",
        "tracestate",
        "upgrade",
        "upgrade-insecure-requests",
        "user-agent",
        "via",
        "x-client-data",
        "x-forwarded-for",
    ];
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim();
    // Values with which browsers request pages, images and scripts.
    let is_any = [
        "*/*",
        "text/html",
        "image/",
        "text/css",
        "application/signed-exchange",
    ];
    NAMES.contains(&name.as_str())
        || name.starts_with(':')
        || ["sec-", "access-control-request-", "x-datadog-"]
            .iter()
            .any(|start| name.starts_with(start))
        || name == "accept" && is_any.iter().any(|start| value.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_a_service_may_need_are_no_noise() {
        for (name, value) in [
            ("Sec-Fetch-Mode", "cors"),
            (":authority", "shop.test"),
            ("User-Agent", "x"),
            ("Accept", "*/*"),
            ("accept", "text/html,application/xhtml+xml"),
        ] {
            assert!(is_noise(name, value), "{name}");
        }
        for (name, value) in [
            ("Accept", "application/json"),
            ("X-Requested-With", "XMLHttpRequest"),
            ("X-Api-Key", "1"),
            ("Idempotency-Key", "1"),
        ] {
            assert!(!is_noise(name, value), "{name}");
        }
    }
}
