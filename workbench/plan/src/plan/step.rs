//! One request of a scenario, and how its response is evaluated.

use std::path::PathBuf;
use std::time::Duration;

use crate::draw::Draw;
use crate::response::{Capture, Expectation};
use crate::template::Template;

/// One request of a scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// Names the request in every table and figure; equal labels are counted together.
    pub label: String,
    /// HTTP method, upper case.
    pub method: String,
    /// Which service of the target answers.
    pub service: String,
    /// Path and query, starting with `/`, without the service's prefix.
    pub path: Template,
    /// Header names (lower case) and values, besides those that the client sends itself; those of the experiment among them.
    pub headers: Vec<(String, Template)>,
    /// Name and password of an `authorization` header that is not among `headers`.
    pub basic: Option<(Template, Template)>,
    /// What is sent.
    pub body: Option<Body>,
    /// Variables drawn before the request is rendered: position and source, in the order in which they are drawn.
    pub set: Vec<(usize, Draw)>,
    /// How long the request may take; `None` for the plan's own limit.
    pub timeout: Option<Duration>,
    /// Which responses are a success.
    pub expect: Expectation,
    /// What later steps use of the response.
    pub capture: Vec<Capture>,
    /// The request as written in the file.
    pub request: String,
    /// The expectation as text for people. `None` if the file has none.
    pub expected: Option<String>,
}

/// The body of a request: its parts, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Value of the `content-type` header, unless the step has another one.
    pub content_type: String,
    /// Never empty.
    pub parts: Vec<BodyPart>,
}

/// A part of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyPart {
    /// Text with variables.
    Text(Template),
    /// What is in a file.
    File(PathBuf),
}

/// The part of its response that a step needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The status.
    Status,
    /// Status and headers.
    Head,
    /// All of it.
    Body,
}

impl Step {
    /// The part of its response that the step needs.
    #[must_use]
    pub fn part(&self) -> Part {
        let captured = self.capture.iter().map(Capture::part);
        let part = captured.max().unwrap_or(Part::Status);
        part.max(self.expect.part())
    }
}
