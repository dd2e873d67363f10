//! Decodes responses of HTTP/1.1 (RFC 9112) incrementally.

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Status};

use super::kept_response::Keeper;

/// A head of more bytes is refused.
const LONGEST_HEAD: usize = 1 << 20;
/// Header fields that are parsed without an allocation; more are parsed with one.
const USUAL_FIELDS: usize = 64;
/// A chunk's size with its extensions, and a trailer, of more bytes are refused.
const LONGEST_CHUNK_HEAD: usize = 1 << 14;

/// The received bytes are not HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Decodes one response. Bytes after it are not consumed.
#[derive(Debug)]
pub(crate) struct Decoder {
    to_head: bool,
    state: State,
    status: u16,
    /// The server lets the connection be used again.
    persistent: bool,
    /// Bytes of interim heads so far, and later of the chunk's size and extensions.
    overhead: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The head. It is decoded once it is complete.
    Head,
    /// The body, of which this many bytes are missing.
    Length(u64),
    /// The body ends with the connection.
    UntilClose,
    Chunked(Chunked),
    Done,
}

/// What is expected next of a chunked body (RFC 9112, section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunked {
    /// The first digit of a chunk's size.
    Start,
    Size(u64),
    /// White space after the size.
    AfterSize(u64),
    Extension(u64),
    SizeLf(u64),
    /// A chunk, of which this many bytes are missing.
    Data(u64),
    DataCr,
    DataLf,
    /// The trailer. It is decoded once it is complete.
    Trailer,
}

impl Decoder {
    /// `to_head`: the response is that to a HEAD request, which has no body.
    pub(crate) fn new(to_head: bool) -> Self {
        Self {
            to_head,
            state: State::Head,
            status: 0,
            persistent: false,
            overhead: 0,
        }
    }

    /// Consumes what can be decoded from the front of `bytes`, and returns the number of bytes.
    ///
    /// The caller passes unconsumed bytes again, followed by further ones. `keeper` gets the final head and the
    /// consumed parts of the body.
    ///
    /// # Errors
    /// [`Malformed`], after which nothing more can be decoded.
    pub(super) fn decode(
        &mut self,
        bytes: &[u8],
        keeper: &mut Keeper<'_>,
    ) -> Result<usize, Malformed> {
        let mut taken = 0;
        loop {
            let rest = &bytes[taken..];
            let length = match &mut self.state {
                State::Done => 0,
                State::Head if rest.is_empty() => 0,
                State::Head => self.head(rest, keeper)?,
                State::Length(missing) => {
                    let length = clamped(*missing).min(rest.len());
                    *missing -= length as u64;
                    keeper.body(&rest[..length]);
                    if *missing == 0 {
                        self.state = State::Done;
                    }
                    length
                }
                State::UntilClose => {
                    keeper.body(rest);
                    rest.len()
                }
                State::Chunked(_) if rest.is_empty() => 0,
                State::Chunked(chunked) => {
                    let chunked = *chunked;
                    self.chunked(chunked, rest, keeper)?
                }
            };
            if length == 0 {
                return Ok(taken);
            }
            taken += length;
        }
    }

    /// Whether any byte of the final response was consumed. Interim responses (1xx) do not count.
    pub(crate) fn has_begun(&self) -> bool {
        self.state != State::Head
    }

    /// Whether the response is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether a response is complete with the end of the connection.
    pub(crate) fn ends_with_connection(&self) -> bool {
        matches!(self.state, State::UntilClose | State::Done)
    }

    /// The status of the response; 0 before its head has come.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Whether another request may be sent on the connection after a complete response.
    pub(crate) fn is_persistent(&self) -> bool {
        self.persistent && self.state == State::Done
    }

    /// Consumes a whole head, or nothing.
    fn head(&mut self, bytes: &[u8], keeper: &mut Keeper<'_>) -> Result<usize, Malformed> {
        let mut usual = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            bytes,
            &mut usual,
        );
        let head = match parsed {
            Err(httparse::Error::TooManyHeaders) => {
                return self.long_head(bytes, keeper);
            }
            parsed => parsed.map_err(|_| Malformed)?,
        };
        self.parsed(head, &response, bytes, keeper)
    }

    /// The same for a head of many fields.
    fn long_head(&mut self, bytes: &[u8], keeper: &mut Keeper<'_>) -> Result<usize, Malformed> {
        // A field takes four bytes at least: `a:` and the end of the line.
        let mut fields = vec![httparse::EMPTY_HEADER; bytes.len().min(LONGEST_HEAD) / 4 + 1];
        let mut response = httparse::Response::new(&mut fields);
        let head = response.parse(bytes).map_err(|_| Malformed)?;
        self.parsed(head, &response, bytes, keeper)
    }

    fn parsed(
        &mut self,
        head: Status<usize>,
        response: &httparse::Response<'_, '_>,
        bytes: &[u8],
        keeper: &mut Keeper<'_>,
    ) -> Result<usize, Malformed> {
        match head {
            Status::Partial if bytes.len() >= LONGEST_HEAD => Err(Malformed),
            Status::Partial => Ok(0),
            Status::Complete(length) => {
                self.begin(response)?;
                if self.state == State::Head {
                    self.overhead += length;
                    if self.overhead >= LONGEST_HEAD {
                        return Err(Malformed);
                    }
                } else {
                    self.overhead = 0;
                    let sets_cookies = || values(response, "set-cookie").next().is_some();
                    if let Some(kept) = keeper.head(self.status, sets_cookies) {
                        kept.extend_from_slice(&bytes[..length]);
                    }
                }
                Ok(length)
            }
        }
    }

    /// Determines what follows a head (RFC 9112, section 6.3).
    fn begin(&mut self, response: &httparse::Response<'_, '_>) -> Result<(), Malformed> {
        let status = response.code.ok_or(Malformed)?;
        self.state = match status {
            // Interim: the next head is that of the response.
            100 | 102..=199 => return Ok(()),
            // The connection switches to another protocol.
            101 => State::Done,
            204 | 304 => State::Done,
            200.. => body_of(response, self.to_head)?,
            _ => return Err(Malformed),
        };
        self.status = status;
        self.persistent =
            status != 101 && self.state != State::UntilClose && keeps_connection(response);
        Ok(())
    }

    fn chunked(
        &mut self,
        chunked: Chunked,
        bytes: &[u8],
        keeper: &mut Keeper<'_>,
    ) -> Result<usize, Malformed> {
        let (next, length) = match chunked {
            Chunked::Trailer => return self.trailer(bytes),
            Chunked::Data(missing) => {
                self.overhead = 0;
                let length = clamped(missing).min(bytes.len());
                keeper.body(&bytes[..length]);
                match missing - length as u64 {
                    0 => (Chunked::DataCr, length),
                    missing => (Chunked::Data(missing), length),
                }
            }
            Chunked::Extension(size) => {
                let length = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                match length.map(|end| bytes[end]) {
                    None => (Chunked::Extension(size), bytes.len()),
                    Some(b'\r') => (Chunked::SizeLf(size), length.unwrap_or_default() + 1),
                    Some(_) => return Err(Malformed),
                }
            }
            one_byte => (one_byte.after(bytes[0])?, 1),
        };
        if !matches!(chunked, Chunked::Data(_)) {
            self.overhead += length;
            if self.overhead >= LONGEST_CHUNK_HEAD {
                return Err(Malformed);
            }
        }
        self.state = State::Chunked(next);
        Ok(length)
    }

    /// Consumes the whole trailer with the empty line that ends it, or nothing.
    fn trailer(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let length = if bytes.starts_with(b"\r\n") {
            Some(2)
        } else {
            let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
            end.map(|end| end + 4)
        };
        let trailer = &bytes[..length.unwrap_or(bytes.len())];
        let is_bare_cr = |two: &[u8]| two[0] == b'\r' && two[1] != b'\n';
        if trailer.len() >= LONGEST_CHUNK_HEAD || trailer.windows(2).any(is_bare_cr) {
            return Err(Malformed);
        }
        let Some(length) = length else {
            return Ok(0);
        };
        let lines = bytes[..length].windows(2).filter(|two| two == b"\r\n");
        // The last line is empty.
        let mut fields = vec![httparse::EMPTY_HEADER; lines.count() - 1];
        httparse::parse_headers(&bytes[..length], &mut fields).map_err(|_| Malformed)?;
        self.state = State::Done;
        Ok(length)
    }
}

impl Chunked {
    /// The state after one byte.
    fn after(self, byte: u8) -> Result<Self, Malformed> {
        match (self, byte) {
            (Self::Start, _) => digit(byte).map(Self::Size).ok_or(Malformed),
            (Self::Size(size) | Self::AfterSize(size), b'\t' | b' ') => Ok(Self::AfterSize(size)),
            (Self::Size(size) | Self::AfterSize(size), b';') => Ok(Self::Extension(size)),
            (Self::Size(size) | Self::AfterSize(size), b'\r') => Ok(Self::SizeLf(size)),
            (Self::Size(size), _) => {
                let digit = digit(byte).ok_or(Malformed)?;
                let size = size
                    .checked_mul(16)
                    .and_then(|size| size.checked_add(digit));
                size.map(Self::Size).ok_or(Malformed)
            }
            (Self::SizeLf(0), b'\n') => Ok(Self::Trailer),
            (Self::SizeLf(size), b'\n') => Ok(Self::Data(size)),
            (Self::DataCr, b'\r') => Ok(Self::DataLf),
            (Self::DataLf, b'\n') => Ok(Self::Start),
            _ => Err(Malformed),
        }
    }
}

fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

fn clamped(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// How the end of the body is found.
fn body_of(response: &httparse::Response<'_, '_>, to_head: bool) -> Result<State, Malformed> {
    if to_head {
        return Ok(State::Done);
    }
    if let Some(encodings) = values(response, "transfer-encoding").last() {
        // HTTP/1.0 has none.
        if response.version != Some(1) {
            return Err(Malformed);
        }
        let last = list(encodings).last();
        return Ok(
            if last.is_some_and(|last| last.eq_ignore_ascii_case(b"chunked")) {
                State::Chunked(Chunked::Start)
            } else {
                State::UntilClose
            },
        );
    }
    let mut length = None;
    for value in values(response, "content-length").flat_map(list) {
        let found = number(value).ok_or(Malformed)?;
        if length.is_some_and(|length| length != found) {
            return Err(Malformed);
        }
        length = Some(found);
    }
    Ok(match length {
        None => State::UntilClose,
        Some(0) => State::Done,
        Some(length) => State::Length(length),
    })
}

/// Whether the server keeps the connection open (RFC 9112, section 9.3).
fn keeps_connection(response: &httparse::Response<'_, '_>) -> bool {
    let has = |option: &str| {
        values(response, "connection")
            .flat_map(list)
            .any(|value| value.eq_ignore_ascii_case(option.as_bytes()))
    };
    if has("close") {
        return false;
    }
    response.version == Some(1) || has("keep-alive")
}

/// The values of all fields of a name.
fn values<'a>(
    response: &'a httparse::Response<'_, '_>,
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    response
        .headers
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

/// The members of a field's value, which is a list.
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// A whole number of digits only.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = is_number
        .then(|| std::str::from_utf8(digits).ok())
        .flatten()?;
    text.parse().ok()
}

#[cfg(test)]
mod tests;
