//! Times and values, as experiment files write them.

use std::time::Duration;

use super::template::Template;
use super::yaml::{Entries, Node};

/// Where a capture looks: `json`, a path (RFC 9535); `css`, a selector, and perhaps an `attribute`; `header` or `cookie`, a
/// name; or `regex`.
pub(crate) type Source = Vec<(&'static str, String)>;

/// A time between two.
pub(crate) fn uniform_time(from: Duration, to: Duration) -> Node {
    Node::map([("uniform", Node::list([from, to].map(Node::from)))])
}

/// A normally distributed time.
pub(crate) fn normal_time(mean: Duration, sd: Duration) -> Node {
    let parts = Node::map([("mean", mean.into()), ("sd", sd.into())]);
    Node::map([("normal", parts)])
}

/// A whole number between two, both included.
pub(crate) fn uniform(from: i64, to: i64) -> Node {
    Node::map([("uniform", Node::list([from, to].map(whole)))])
}

/// Each whole number once in the run.
pub(crate) fn sequence(from: i64, step: i64) -> Node {
    let parts = Node::map([("from", whole(from)), ("step", whole(step))]);
    Node::map([("sequence", parts)])
}

/// A UUID.
pub(crate) fn uuid() -> Node {
    Node::map([("uuid", Node::from("v4"))])
}

/// The present time in a format of strftime, or `unix`, `unix_ms`, `rfc3339`, and an offset to it.
pub(crate) fn now(format: &str, offset: Option<&str>) -> Node {
    let offset = offset.map(|offset| ("offset", Node::from(offset)));
    let parts = std::iter::once(("format", Node::from(format))).chain(offset);
    Node::map([("now", Node::map(parts))])
}

/// The part of a response that becomes a variable; `pick` is `last`, `random` or `all`, else the first.
pub(crate) fn capture(from: &Source, pick: Option<&str>, default: Option<&Template>) -> Node {
    let mut entries = Entries::default();
    for (key, value) in from {
        entries.put(key, value.as_str());
    }
    entries.put_some("pick", pick);
    entries.put_some("default", default);
    entries.into()
}

fn whole(number: i64) -> Node {
    Node::Plain(number.to_string())
}
