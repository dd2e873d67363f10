//! The part of a response that is kept: nothing, its head, or its head and body.

use std::time::Duration;

use super::encoding::{self, Broken};

/// Most bytes of a wanted body, both received and decoded. Our choice: pages and listings are far smaller, and a
/// thousand users with such bodies fill the memory of a machine.
const LONGEST_BODY: usize = 16 << 20;
/// Most bytes of a body that is kept only to be shown to people.
const LONGEST_SHOWN: usize = 16 << 10;
/// Memory that a user keeps from one response to the next, each for heads and bodies.
const LONGEST_RESERVE: usize = 16 << 10;

/// The part of a response that a step needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    #[default]
    Nothing,
    Head,
    /// The head and the body, decoded.
    Body,
}

/// Options of a request besides its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// Limit from its start to the last byte of its response, redirects included.
    pub(crate) timeout: Duration,
    pub(crate) wanted: Wanted,
    /// Keeps head and body, up to 16 KiB, even of an expected response of which nothing is wanted.
    pub(crate) copy: bool,
    /// The expected statuses; see [`workbench_plan::accepts`] if empty.
    pub(crate) expected: &'a [u16],
    /// How many redirects are followed at most. A redirect whose status is named as expected is not followed.
    pub(crate) redirects: u8,
}

/// The kept part of the last response.
///
/// Of a response with an unexpected status, head and body are kept up to 16 KiB, whatever is wanted. Of a response that
/// was not read to its end, the received part is kept.
#[derive(Debug, Default)]
pub(crate) struct KeptResponse {
    pub(super) head: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) truncated: bool,
}

impl KeptResponse {
    /// Status line and fields as received, with the empty line that ends them. Empty if they were not kept. If the
    /// received bytes were no head, their first 16 KiB.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Names and values in their order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let lines = self.head.split(|byte| *byte == b'\n').skip(1);
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }

    /// The values of all fields of a name, whose letters may be upper or lower case.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The content, without chunks and content encodings; empty where it was not kept.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body is longer than what was kept of it.
    pub(crate) fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Clears the response, and frees memory above the reserve.
    pub(crate) fn clear(&mut self) {
        for bytes in [&mut self.head, &mut self.body] {
            bytes.clear();
            bytes.shrink_to(LONGEST_RESERVE);
        }
        self.truncated = false;
    }
}

/// Stores the wanted part of a response while it is decoded.
#[derive(Debug)]
pub(super) struct Keeper<'a> {
    answer: &'a mut KeptResponse,
    terms: &'a Terms<'a>,
    /// Heads with `set-cookie` are kept.
    keeps_cookies: bool,
    /// How much of the body is kept; known with the head.
    limit: usize,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(
        answer: &'a mut KeptResponse,
        terms: &'a Terms<'a>,
        keeps_cookies: bool,
    ) -> Self {
        answer.clear();
        Self {
            answer,
            terms,
            keeps_cookies,
            limit: 0,
        }
    }

    /// The destination of the final response's head, if it is kept. `sets_cookies`: one of its fields is `set-cookie`.
    pub(super) fn head(
        &mut self,
        status: u16,
        sets_cookies: impl FnOnce() -> bool,
    ) -> Option<&mut Vec<u8>> {
        let is_shown = self.terms.copy || !workbench_plan::accepts(self.terms.expected, status);
        self.limit = match self.terms.wanted {
            Wanted::Body => LONGEST_BODY,
            Wanted::Nothing | Wanted::Head if is_shown => LONGEST_SHOWN,
            Wanted::Nothing | Wanted::Head => 0,
        };
        let is_wanted = is_shown || self.terms.wanted != Wanted::Nothing;
        let is_kept = is_wanted || (self.keeps_cookies && sets_cookies());
        is_kept.then_some(&mut self.answer.head)
    }

    /// The next bytes of the body.
    pub(super) fn body(&mut self, bytes: &[u8]) {
        if self.limit > 0 {
            let room = self.limit - self.answer.body.len();
            let length = bytes.len().min(room);
            self.answer.truncated |= length < bytes.len();
            self.answer.body.extend_from_slice(&bytes[..length]);
        }
    }

    /// Stores received bytes that are no head.
    pub(super) fn no_head(&mut self, bytes: &[u8]) {
        let length = bytes.len().min(LONGEST_SHOWN);
        self.answer.head.extend_from_slice(&bytes[..length]);
    }

    /// Decodes the content encodings of the body.
    ///
    /// # Errors
    /// The body is wanted, and cannot be decoded.
    pub(super) fn decode(&mut self) -> Result<(), Broken> {
        match encoding::decode(self.answer, self.limit) {
            Err(Broken) if self.terms.wanted == Wanted::Body => Err(Broken),
            _ => Ok(()),
        }
    }
}
