//! Requests and responses as they are stored: redacted, and bounded in bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::record::{Body, Content, Message};
use super::redact::Redactor;

/// Bytes that are kept of a body. Our choice.
pub const BODY_LIMIT: usize = 16 << 10;
/// Bytes that are kept of a head. Our choice.
const HEAD_LIMIT: usize = 8 << 10;
/// Bytes that are kept of a body once half of the room is used. Our choice.
pub(super) const SCANT_BODY: usize = 1 << 10;

/// A request or a response as it was.
#[derive(Clone, Debug, Default)]
pub struct RawMessage {
    /// The first line and the headers, each line with its line break, as HTTP/1.1 writes them; of other versions,
    /// converted to that form.
    pub head: Vec<u8>,
    /// The head has more than is given.
    pub head_truncated: bool,
    /// The body after its transfer and content encodings were undone. More than [`BODY_LIMIT`] is not needed.
    pub body: Vec<u8>,
    /// The body has more than is given.
    pub body_truncated: bool,
    /// Bytes of the whole body as it was sent, as far as they are known.
    pub body_length: u64,
}

impl RawMessage {
    /// Its size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Frees what is not kept; `room` bytes of the body are kept.
    pub(super) fn cut(&mut self, room: usize) {
        cut(&mut self.head, HEAD_LIMIT, &mut self.head_truncated);
        cut(&mut self.body, room, &mut self.body_truncated);
    }
}

fn cut(bytes: &mut Vec<u8>, limit: usize, truncated: &mut bool) {
    *truncated |= bytes.len() > limit;
    bytes.truncate(limit);
    bytes.shrink_to_fit();
}

impl Message {
    pub(super) fn of(raw: &RawMessage, redactor: &Redactor) -> Self {
        let head = String::from_utf8_lossy(whole(&raw.head, raw.head_truncated, redactor));
        let mut lines = head.lines().take_while(|line| !line.is_empty());
        let start = redactor.line(lines.next().unwrap_or_default());
        let given: Vec<(&str, &str)> = lines
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .map(|(name, value)| (name, value.trim()))
            .collect();
        let header = |wanted: &str| {
            let same = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(wanted);
            given.iter().find(same).map_or("", |(_, value)| *value)
        };
        let is_encoded = !matches!(header("content-encoding"), "" | "identity");
        let body = Body {
            length: raw.body_length.max(raw.body.len() as u64),
            truncated: raw.body_truncated,
            content: content(raw, header("content-type"), is_encoded, redactor),
        };
        let headers = given
            .iter()
            .map(|(name, value)| (redactor.line(name), redactor.header(name, value)));
        Self {
            start,
            headers: headers.collect(),
            head_truncated: raw.head_truncated,
            body,
        }
    }
}

/// The text; if it was cut, without an end that could be the beginning of a secret.
fn whole<'a>(bytes: &'a [u8], truncated: bool, redactor: &Redactor) -> &'a [u8] {
    if truncated {
        &bytes[..bytes.len().saturating_sub(redactor.longest())]
    } else {
        bytes
    }
}

fn content(raw: &RawMessage, media_type: &str, is_encoded: bool, redactor: &Redactor) -> Content {
    let mut bytes = redactor.text(whole(&raw.body, raw.body_truncated, redactor));
    if raw.body_truncated
        && let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        // A character that was cut in two.
        bytes.truncate(error.valid_up_to());
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains(is_unprintable) => Content::Text(text),
        _ if is_encoded => Content::Encoded,
        Ok(text) => base64(media_type, text.as_bytes(), redactor),
        Err(error) => base64(media_type, error.as_bytes(), redactor),
    }
}

/// Control characters, of which JSON makes six for one.
fn is_unprintable(character: char) -> bool {
    character.is_ascii_control() && !matches!(character, '\t' | '\n' | '\r')
}

fn base64(media_type: &str, bytes: &[u8], redactor: &Redactor) -> Content {
    Content::Base64 {
        media_type: redactor.line(media_type),
        data: STANDARD.encode(bytes),
    }
}

#[cfg(test)]
mod tests;
