//! Bytes of a file to text: UTF-8, and what to do about any other encoding.

/// The text of a file, or what its bytes are instead, as a fragment that says how to convert them.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if let Some(encoding) = wide_encoding(&bytes) {
        return Err(format!(
            "it is written in {encoding}, and has to be in UTF-8; {}",
            convert_from(encoding)
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        if error.as_bytes().contains(&0) {
            return "it is not text".to_owned();
        }
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = String::from_utf8_lossy(&bytes[..valid]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let byte = bytes[valid];
        // Below 0xA0 Latin-1 has control characters only, which no editor writes.
        let (encoding, name, letter) = if byte < 0xA0 {
            ("Windows-1252", "CP1252", String::new())
        } else {
            ("Latin-1", "LATIN1", format!(" ({})", char::from(byte)))
        };
        format!(
            "it is not in UTF-8 but probably in {encoding}: line {line}, column {column} holds the byte \
             0x{byte:02X}{letter}; {}",
            convert_from(name)
        )
    })
}

/// UTF-16 or UTF-32, with a byte order mark or without: the first character of a YAML file is of ASCII.
///
/// # References
/// YAML Ain't Markup Language, version 1.2.2 (2021), section 5.2, Character Encodings.
fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, _, ..] => Some("UTF-32BE"),
        [0xFF, 0xFE, 0, 0, ..] | [_, 0, 0, 0, ..] => Some("UTF-32LE"),
        [0xFE, 0xFF, ..] | [0, _, ..] => Some("UTF-16BE"),
        [0xFF, 0xFE, ..] | [_, 0, ..] => Some("UTF-16LE"),
        _ => None,
    }
}

/// `name` is one that iconv knows; a byte order mark that it leaves is no harm.
fn convert_from(name: &str) -> String {
    format!("save it as UTF-8, or convert it: iconv -f {name} -t UTF-8")
}
