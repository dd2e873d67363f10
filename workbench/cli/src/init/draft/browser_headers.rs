//! Headers that browsers add to every request.

/// Whether a header only describes the browser or its page, so that the service does not need it.
pub(crate) fn is_noise(name: &str, value: &str) -> bool {
    const NAMES: &str = "accept-charset accept-language alt-used baggage cache-control connection content-length dnt host \
        if-modified-since if-none-match keep-alive newrelic origin pragma priority proxy-connection purpose range referer \
        save-data sentry-trace te traceparent tracestate upgrade upgrade-insecure-requests user-agent via x-client-data \
        x-forwarded-for";
    // Values with which browsers request pages, images and scripts.
    const PAGES: &str = "*/* text/html image/ text/css application/signed-exchange";
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim();
    let begins = |text: &str, starts: &str| starts.split(' ').any(|start| text.starts_with(start));
    NAMES.split(' ').any(|known| known == name)
        || begins(&name, ": sec- access-control-request- x-datadog-")
        || name == "accept" && begins(value, PAGES)
}
