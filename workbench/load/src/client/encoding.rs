//! Content encodings of a body that was kept (RFC 9110, section 8.4): decoded after the measurement has ended.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::kept_response::KeptResponse;

/// A body that is encoded more often is refused, as curl does: each further encoding may multiply its length.
const MOST_APPLIED: usize = 5;
/// Of the window that a server may ask for: 8 MiB (RFC 9659).
const LARGEST_ZSTD_WINDOW: u32 = 23;

/// An encoded body that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Encoding {
    /// Others leave the body as it came: `identity`, and names that servers make up.
    fn named(name: &[u8]) -> Option<Self> {
        [
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("br", Self::Brotli),
            ("zstd", Self::Zstd),
        ]
        .into_iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))
        .map(|(_, encoding)| encoding)
    }

    /// Decodes up to `limit` bytes; `true` if there are more. A truncated body is decoded as far as possible.
    fn decode(self, body: &[u8], decoded: &mut Vec<u8>, limit: usize) -> Result<bool, Broken> {
        let result = match self {
            Self::Gzip => read(MultiGzDecoder::new(body), decoded, limit),
            Self::Deflate if has_zlib_header(body) => read(ZlibDecoder::new(body), decoded, limit),
            Self::Deflate => read(DeflateDecoder::new(body), decoded, limit),
            Self::Brotli => read(brotli::Decompressor::new(body, 1 << 12), decoded, limit),
            Self::Zstd => {
                let decoder = zstd::Decoder::with_buffer(body).and_then(|mut decoder| {
                    decoder.window_log_max(LARGEST_ZSTD_WINDOW)?;
                    Ok(decoder)
                });
                decoder.and_then(|decoder| read(decoder, decoded, limit))
            }
        };
        result.map_err(|_| Broken)?;
        let is_longer = decoded.len() > limit;
        decoded.truncate(limit);
        Ok(is_longer)
    }
}

/// Reads one byte more than the limit.
fn read(decoder: impl Read, decoded: &mut Vec<u8>, limit: usize) -> std::io::Result<()> {
    decoder.take(limit as u64 + 1).read_to_end(decoded)?;
    Ok(())
}

/// `deflate` is meant to be zlib's format; some servers send the bare one, and clients accept both.
fn has_zlib_header(body: &[u8]) -> bool {
    let [first, second, ..] = *body else {
        return false;
    };
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}

/// Decodes a response's body, and keeps up to `limit` bytes of the content.
///
/// # Errors
/// [`Broken`] if the body is complete and cannot be decoded. The body then holds what could be decoded.
pub(super) fn decode(answer: &mut KeptResponse, limit: usize) -> Result<(), Broken> {
    if answer.body.is_empty() {
        return Ok(());
    }
    let applied: Vec<Encoding> = answer
        .values("content-encoding")
        .flat_map(|value| value.split(|byte| *byte == b','))
        .filter_map(|name| Encoding::named(name.trim_ascii()))
        .collect();
    if applied.len() > MOST_APPLIED {
        return Err(Broken);
    }
    for encoding in applied.into_iter().rev() {
        let mut decoded = Vec::new();
        let result = encoding.decode(&answer.body, &mut decoded, limit);
        answer.body = decoded;
        match result {
            Ok(is_longer) => answer.truncated |= is_longer,
            // The end is missing.
            Err(Broken) if answer.truncated => {}
            Err(Broken) => return Err(Broken),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn encoded(encoding: &str, body: &[u8]) -> Vec<u8> {
        let level = Compression::default();
        match encoding {
            "gzip" | "x-gzip" => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            "deflate" => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            "raw deflate" => {
                let mut encoder = DeflateEncoder::new(Vec::new(), level);
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            "br" => {
                let mut encoder = brotli::CompressorWriter::new(Vec::new(), 1 << 12, 5, 22);
                encoder.write_all(body).unwrap();
                encoder.into_inner()
            }
            "zstd" => zstd::encode_all(body, 0).unwrap(),
            other => panic!("{other}"),
        }
    }

    fn answer(encodings: &str, body: Vec<u8>) -> KeptResponse {
        KeptResponse {
            head: format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encodings}\r\n\r\n").into_bytes(),
            body,
            truncated: false,
        }
    }

    /// Text that every encoding makes shorter.
    fn text() -> Vec<u8> {
        (0..2_000)
            .flat_map(|number| format!("line {number}\n").into_bytes())
            .collect()
    }

    const ALL: [&str; 6] = ["gzip", "x-gzip", "deflate", "raw deflate", "br", "zstd"];

    #[test]
    fn every_encoding_is_decoded() {
        for encoding in ALL {
            let name = encoding.trim_start_matches("raw ");
            let mut answer = answer(&name.to_uppercase(), encoded(encoding, &text()));
            assert_eq!(decode(&mut answer, 1 << 20), Ok(()), "{encoding}");
            assert_eq!(answer.body, text(), "{encoding}");
            assert!(!answer.truncated);
        }
    }

    #[test]
    fn encodings_are_decoded_in_reverse_order_and_unknown_ones_are_ignored() {
        let body = encoded("br", &encoded("gzip", &text()));
        let mut answer = answer("gzip, identity\r\ncontent-encoding: br,utf-8", body);
        assert_eq!(decode(&mut answer, 1 << 20), Ok(()));
        assert_eq!(answer.body, text());
        let many = ["gzip"; MOST_APPLIED + 1].join(", ");
        assert_eq!(
            decode(&mut self::answer(&many, text()), 1 << 20),
            Err(Broken)
        );
    }

    #[test]
    fn a_decoded_body_that_is_too_long_is_truncated_and_marked() {
        for encoding in ALL {
            let name = encoding.trim_start_matches("raw ");
            let bomb = encoded(encoding, &vec![0; 50 << 20]);
            let mut answer = answer(name, bomb);
            assert_eq!(decode(&mut answer, 1_000), Ok(()), "{encoding}");
            assert_eq!(answer.body, vec![0; 1_000], "{encoding}");
            assert!(answer.truncated, "{encoding}");
        }
    }

    #[test]
    fn a_truncated_or_damaged_body_is_an_error_unless_we_truncated_it() {
        for encoding in ALL {
            let name = encoding.trim_start_matches("raw ");
            let whole = encoded(encoding, &text());
            let half = &whole[..whole.len() / 2];
            let mut cut_short = answer(name, half.to_vec());
            assert_eq!(decode(&mut cut_short, 1 << 20), Err(Broken), "{encoding}");
            let mut by_us = answer(name, half.to_vec());
            by_us.truncated = true;
            assert_eq!(decode(&mut by_us, 1 << 20), Ok(()), "{encoding}");
            assert!(text().starts_with(&by_us.body), "{encoding}");
            let mut other = answer(name, b"\xffthis is plain text".to_vec());
            assert_eq!(decode(&mut other, 1 << 20), Err(Broken), "{encoding}");
        }
    }
}
