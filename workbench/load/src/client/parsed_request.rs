//! Parses a request that was written as bytes.

/// The parts of a request of HTTP/1.1.
#[derive(Debug)]
pub(super) struct ParsedRequest<'a> {
    pub(super) method: &'a str,
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) host: Option<&'a str>,
    pub(super) fields: Vec<(&'a str, &'a [u8])>,
    pub(super) body: &'a [u8],
}

impl<'a> ParsedRequest<'a> {
    /// Parses bytes that were written as a request of HTTP/1.1. Parts that cannot be parsed are left out.
    pub(super) fn parse(bytes: &'a [u8]) -> Self {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = match head {
            Some(end) => (&bytes[..end], &bytes[end + 4..]),
            None => (bytes, &bytes[bytes.len()..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).unwrap_or_default();
        let line = text(lines.next().unwrap_or_default());
        let mut words = line.split(' ');
        let (method, target) = (words.next(), words.next());
        let fields: Vec<(&str, &[u8])> = lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                Some((text(&line[..colon]), line[colon + 1..].trim_ascii()))
            })
            .collect();
        let host = fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("host"));
        Self {
            method: method.unwrap_or_default(),
            target: target.unwrap_or_default(),
            host: host.map(|(_, value)| text(value)),
            fields,
            body,
        }
    }
}

/// Path and query of a request.
pub(super) fn target(bytes: &[u8]) -> &str {
    let word = bytes.split(|byte| *byte == b' ').nth(1);
    word.and_then(|word| std::str::from_utf8(word).ok())
        .unwrap_or_default()
}
