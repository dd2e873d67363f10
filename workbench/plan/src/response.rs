//! Evaluates responses: success or failure, and captured values.

mod capture;
mod content;
mod expect;

pub use capture::Capture;
pub(crate) use capture::{Pick, Place};
pub(crate) use content::JsonPath;
pub use content::Response;
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

/// The evaluation of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The most serious failure, with its reason.
    pub failure: Option<(Failure, String)>,
    /// Everything that later steps need was captured. The iteration can continue.
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
    /// Evaluates a response, and sets the captured variables.
    pub fn examine(
        &self,
        response: &Response<'_>,
        values: &mut [Value],
        random: &mut impl Rng,
    ) -> Finding {
        let content = Content::new(response);
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

    /// Sets all captures to their defaults where there is no response. Returns `false` if a capture has no default: the
    /// iteration cannot continue then.
    pub fn without_response(&self, values: &mut [Value]) -> bool {
        let mut is_whole = true;
        for capture in &self.capture {
            is_whole &= capture.go_without(values);
        }
        is_whole
    }
}

#[cfg(test)]
mod tests;
