//! Reads a file as UTF-8 text. For other encodings the error names a command that converts the file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longest file that is read, in bytes.
const MOST_BYTES: u64 = 16 << 20;

/// Why a file is not read.
pub(super) enum Unreadable {
    /// The operating system refuses to read it.
    Io(io::Error),
    /// The file is not UTF-8 text; the fragment says what it is and how to convert it.
    NotText(String),
}

/// The text of a file.
pub(super) fn text_of(path: &Path) -> Result<String, Unreadable> {
    let kind = std::fs::metadata(path).map_err(Unreadable::Io)?;
    // Pipes from a shell, `<(…)` or standard input, end. Other pipes and devices may block for ever, and are refused.
    let is_handed_over = ["/dev/fd", "/dev/stdin", "/proc"]
        .iter()
        .any(|start| path.starts_with(start));
    if !kind.is_file() && !kind.is_dir() && !is_handed_over {
        let what = "it is not a file but a device, a pipe or a socket".to_owned();
        return Err(Unreadable::NotText(what));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Unreadable::Io)?;
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(Unreadable::Io)?;
    if bytes.len() as u64 > MOST_BYTES {
        let most = MOST_BYTES >> 20;
        let what = format!("it has more than {most} MiB, which is too long for what it should be");
        return Err(Unreadable::NotText(what));
    }
    decode(bytes).map_err(Unreadable::NotText)
}

/// The text, or a fragment that says what the bytes are and how to convert them.
fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if let Some(encoding) = wide_encoding(&bytes) {
        return Err(format!(
            "it is written in {encoding}, and has to be in UTF-8; {}",
            convert_from(encoding)
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf_8(&error))?;
    match text.find('\0') {
        None => Ok(text),
        Some(at) => Err(format!(
            "it is not text: {} holds a NUL character",
            place_after(&text[..at])
        )),
    }
}

fn not_utf_8(error: &std::string::FromUtf8Error) -> String {
    let bytes = error.as_bytes();
    if bytes.iter().any(|byte| is_control(*byte)) {
        return "it is not text".to_owned();
    }
    let valid = error.utf8_error().valid_up_to();
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let (place, byte) = (place_after(&before), bytes[valid]);
    if !before.is_ascii() {
        return format!(
            "{place} holds the byte 0x{byte:02X}, which is not UTF-8 as the text before it is; write that letter anew"
        );
    }
    // From 0x80 to 0x9F Latin-1 has control characters only, which no editor writes.
    let (encoding, name) = match bytes.iter().any(|byte| (0x80..0xA0).contains(byte)) {
        true => ("Windows-1252", "CP1252"),
        false => ("Latin-1", "LATIN1"),
    };
    let letter = match byte {
        0xA0.. => format!(" ({})", char::from(byte)),
        _ => String::new(),
    };
    format!(
        "it is not in UTF-8 but probably in {encoding}: {place} holds the byte 0x{byte:02X}{letter}; {}",
        convert_from(name)
    )
}

fn is_control(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B)
}

/// Line and column of the end of a text.
fn place_after(before: &str) -> String {
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    let last = last.trim_start_matches('\u{feff}');
    format!("line {line}, column {}", last.chars().count() + 1)
}

/// UTF-16 or UTF-32, with a byte order mark or without. Without one, the zeros of the ASCII characters of YAML (spaces, colons,
/// line breaks) all stand in the same half of a unit.
///
/// # References
/// YAML Ain't Markup Language, version 1.2.2 (2021), section 5.2, Character Encodings.
fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0, 0, 0xFE, 0xFF, ..] => return Some("UTF-32BE"),
        [0xFF, 0xFE, 0, 0, ..] => return Some("UTF-32LE"),
        [0xFE, 0xFF, ..] => return Some("UTF-16BE"),
        [0xFF, 0xFE, ..] => return Some("UTF-16LE"),
        _ => {}
    }
    let units = bytes.chunks_exact(4).take(1024);
    let count = units.len();
    let mut zeros = [0_usize; 4];
    for unit in units {
        for (zeros, byte) in zeros.iter_mut().zip(unit) {
            *zeros += usize::from(*byte == 0);
        }
    }
    let some = (count / 16).max(1);
    match zeros {
        _ if count == 0 => None,
        [one, two, ..] if one == count && two == count => Some("UTF-32BE"),
        [.., three, four] if three == count && four == count => Some("UTF-32LE"),
        [one, 0, three, 0] if one + three > some => Some("UTF-16BE"),
        [0, two, 0, four] if two + four > some => Some("UTF-16LE"),
        _ => None,
    }
}

/// `name` is an encoding name of iconv. A byte order mark that iconv leaves does no harm.
fn convert_from(name: &str) -> String {
    format!("save it as UTF-8, or convert it: iconv -f {name} -t UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first character is not of ASCII, and there is no byte order mark.
    const TEXT: &str = "заголовок: магазин\nname: shop\nщ: \"€ 5\"\n";

    #[test]
    fn wide_encodings_are_known_without_a_byte_order_mark() {
        let utf_16 =
            |bytes: fn(u16) -> [u8; 2]| TEXT.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        let utf_32 = |bytes: fn(u32) -> [u8; 4]| {
            let letters = TEXT.chars().map(u32::from);
            letters.flat_map(bytes).collect::<Vec<_>>()
        };
        assert_eq!(wide_encoding(&utf_16(u16::to_le_bytes)), Some("UTF-16LE"));
        assert_eq!(wide_encoding(&utf_16(u16::to_be_bytes)), Some("UTF-16BE"));
        assert_eq!(wide_encoding(&utf_32(u32::to_le_bytes)), Some("UTF-32LE"));
        assert_eq!(wide_encoding(&utf_32(u32::to_be_bytes)), Some("UTF-32BE"));
        assert_eq!(wide_encoding(TEXT.as_bytes()), None);
        assert_eq!(decode(TEXT.as_bytes().to_vec()), Ok(TEXT.to_owned()));
    }

    fn refused(bytes: &[u8]) -> String {
        decode(bytes.to_vec()).unwrap_err()
    }

    #[test]
    fn a_nul_in_a_text_is_reported_with_its_position() {
        assert_eq!(
            refused("\u{feff}n\u{e9}e: x\nab\0c: d\n".as_bytes()),
            "it is not text: line 2, column 3 holds a NUL character"
        );
        assert_eq!(
            refused(b"n\0me: x\n"),
            "it is not text: line 1, column 2 holds a NUL character"
        );
    }

    #[test]
    fn binary_files_are_not_taken_for_another_encoding() {
        for bytes in [
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
            b"\x1f\x8b\x08\0\x01\x02\xff",
            b"\x80\x01\x02\x03\xff",
        ] {
            assert_eq!(refused(bytes), "it is not text");
        }
    }

    #[test]
    fn single_byte_encodings_are_distinguished_by_their_characters() {
        let said = refused(b"title: caf\xe9\n");
        assert!(
            said.contains("probably in Latin-1: line 1, column 11 holds the byte 0xE9 (\u{e9})"),
            "{said}"
        );
        for bytes in [&b"title: 5 \x80\n"[..], b"title: caf\xe9 5 \x80\n"] {
            let said = refused(bytes);
            assert!(said.contains("probably in Windows-1252: line 1"), "{said}");
        }
        let damaged = refused(b"title: caf\xc3\xa9\nquestion: caf\xe9\n");
        assert!(
            damaged.starts_with("line 2, column 14 holds the byte 0xE9, which is not UTF-8"),
            "{damaged}"
        );
    }
}
