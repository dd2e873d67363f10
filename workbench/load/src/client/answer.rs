//! What is kept of a response: nothing, its head, or its head and body.

use std::time::Duration;

use super::encoding::{self, Broken};

/// A wanted body is kept up to so many bytes, and decoded up to so many. Ours: a page or a listing is far smaller, and a
/// thousand users with a body of this size each are what a machine's memory holds.
const LONGEST_BODY: usize = 16 << 20;
/// A body that nobody wants is kept up to so many bytes where it is to be shown to a person.
const LONGEST_SHOWN: usize = 16 << 10;
/// What a user keeps of its memory from one response to the next, each for heads and bodies.
const LONGEST_RESERVE: usize = 16 << 10;

/// What a step needs of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    #[default]
    Nothing,
    Head,
    /// The head and the body, decoded.
    Body,
}

/// What holds for a request besides its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// From its start to the last byte of its response, redirects included.
    pub(crate) timeout: Duration,
    pub(crate) wanted: Wanted,
    /// Keeps head and body, up to 16 KiB, of a response even if it is as expected and nothing of it is wanted.
    pub(crate) copy: bool,
    /// The statuses that are expected; where there are none, [`workbench_plan::accepts`] says which.
    pub(crate) expected: &'a [u16],
    /// How many redirects are followed at most. A redirect whose status is named as expected is not followed.
    pub(crate) redirects: u8,
}

/// What was kept of the last response.
///
/// Of a response whose status is not expected, head and body are kept up to 16 KiB, whatever is wanted. Where a response
/// could not be read to its end, this is what had come.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(super) head: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) truncated: bool,
}

impl Answer {
    /// Status line and fields as they came, with the empty line that ends them; empty where they were not kept. Where what
    /// came was no head, its first 16 KiB.
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

    /// Forgets the response; memory that few responses need goes back to the system.
    pub(crate) fn clear(&mut self) {
        for bytes in [&mut self.head, &mut self.body] {
            bytes.clear();
            bytes.shrink_to(LONGEST_RESERVE);
        }
        self.truncated = false;
    }
}

/// Keeps what is wanted of the response that is being decoded.
#[derive(Debug)]
pub(super) struct Keeper<'a> {
    answer: &'a mut Answer,
    terms: &'a Terms<'a>,
    /// Heads with `set-cookie` are kept.
    keeps_cookies: bool,
    /// How much of the body is kept; known with the head.
    limit: usize,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(answer: &'a mut Answer, terms: &'a Terms<'a>, keeps_cookies: bool) -> Self {
        answer.clear();
        Self {
            answer,
            terms,
            keeps_cookies,
            limit: 0,
        }
    }

    /// Of the final response: where its head goes, if it is kept. `sets_cookies`: one of its fields is `set-cookie`.
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

    /// What came instead of a head.
    pub(super) fn no_head(&mut self, bytes: &[u8]) {
        let length = bytes.len().min(LONGEST_SHOWN);
        self.answer.head.extend_from_slice(&bytes[..length]);
    }

    /// Takes the content encodings off the body.
    ///
    /// # Errors
    /// Where the body is wanted, and broken.
    pub(super) fn decode(&mut self) -> Result<(), Broken> {
        match encoding::decode(self.answer, self.limit) {
            Err(Broken) if self.terms.wanted == Wanted::Body => Err(Broken),
            _ => Ok(()),
        }
    }
}
