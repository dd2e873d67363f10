//! Rendering, on the measured path of every request: appends to `out` and allocates nothing else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Encoding, Part, Value};

/// What RFC 3986 (section 2.3) calls unreserved stays; all else is encoded, so that a value is one segment.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) fn render(parts: &[Part], values: &[Value], out: &mut String) {
    for part in parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Variable { position, encoding } => match &values[*position] {
                Value::Integer(integer) => out.push_str(itoa::Buffer::new().format(*integer)),
                Value::Text(text) => render_text(text, *encoding, out),
                Value::Json(json) if *encoding == Encoding::Json => out.push_str(json),
                Value::Json(json) => render_text(json, *encoding, out),
            },
        }
    }
}

fn render_text(text: &str, encoding: Encoding, out: &mut String) {
    match encoding {
        Encoding::Plain => out.push_str(text),
        Encoding::Percent => out.extend(utf8_percent_encode(text, RESERVED)),
        Encoding::Form => out.extend(url::form_urlencoded::byte_serialize(text.as_bytes())),
        Encoding::Json => {
            out.push('"');
            escape_json(text, out);
            out.push('"');
        }
        Encoding::InsideJsonString => escape_json(text, out),
    }
}

/// A name or value of a form (application/x-www-form-urlencoded, URL Standard).
pub(super) fn form(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Escapes what RFC 8259 (section 7) says must be escaped. `serde_json` could only write to bytes.
pub(super) fn escape_json(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' => {
                let code = letter as usize;
                out.push_str("\\u00");
                out.push(HEX[code / 16].into());
                out.push(HEX[code % 16].into());
            }
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(encoding: Encoding, text: &str) -> String {
        let mut out = String::new();
        render_text(text, encoding, &mut out);
        out
    }

    proptest! {
        #[test]
        fn any_text_becomes_json_that_reads_back(text in any::<String>()) {
            let json = rendered(Encoding::Json, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn any_text_becomes_one_segment_of_a_path_that_reads_back(text in any::<String>()) {
            let segment = rendered(Encoding::Percent, &text);
            prop_assert!(segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            let read = percent_encoding::percent_decode_str(&segment).decode_utf8().unwrap();
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn rendering_into_enough_room_does_not_move_the_text() {
        let part = |encoding| Part::Variable {
            position: 0,
            encoding,
        };
        let parts = [
            part(Encoding::Json),
            part(Encoding::Percent),
            part(Encoding::Plain),
        ];
        let mut out = String::with_capacity(64);
        let before = out.as_ptr();
        render(&parts, &[Value::Text("a \"b\"\n".into())], &mut out);
        assert_eq!(out, "\"a \\\"b\\\"\\n\"a%20%22b%22%0Aa \"b\"\n");
        assert_eq!(out.as_ptr(), before);
    }
}
