//! What a step makes of a response: whether it is a success, and what of it later steps use.

mod capture;
mod content;
mod expect;

pub use capture::Capture;
pub(crate) use capture::{Pick, Place};
pub use content::Answer;
pub(crate) use content::JsonPath;
pub use expect::{Expectation, accepts};
pub(crate) use expect::{HeaderTest, TextTest};

use content::Content;
use rand::Rng;

use crate::plan::Step;
use crate::template::Value;

/// Whether a text is a `JSONPath` that a capture can have (RFC 9535).
#[must_use]
pub fn is_json_path(text: &str) -> bool {
    JsonPath::parse(text).is_ok()
}

/// Whether a text is a CSS selector that a capture can have.
#[must_use]
pub fn is_css_selector(text: &str) -> bool {
    scraper::Selector::parse(text).is_ok()
}

/// What was found in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong with it, the gravest first.
    pub failure: Option<(Failure, String)>,
    /// Everything that later steps need is there: the iteration can go on.
    pub is_whole: bool,
}

/// What is wrong with a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its status is not one of those expected.
    Status,
    /// It is not what the step expects otherwise.
    Expectation,
    /// Something that the step takes from it is not there.
    Capture,
}

impl Step {
    /// Looks at a response, and takes from it what later steps use.
    pub fn examine(
        &self,
        answer: &Answer<'_>,
        values: &mut [Value],
        random: &mut impl Rng,
    ) -> Finding {
        let content = Content::new(answer);
        let mut failure = self.expect.examine(&content, values).err();
        let mut is_whole = true;
        for capture in &self.capture {
            if let Err(reason) = capture.take(&content, values, random) {
                failure.get_or_insert((Failure::Capture, reason));
                is_whole = false;
            }
        }
        Finding { failure, is_whole }
    }

    /// Sets what would have been taken from a response that never came to its defaults; `false` where there is something
    /// without one, so that the iteration cannot go on.
    pub fn go_without_answer(&self, values: &mut [Value]) -> bool {
        let mut is_whole = true;
        for capture in &self.capture {
            is_whole &= capture.go_without(values);
        }
        is_whole
    }
}

#[cfg(test)]
mod tests;
