//! Times and values, as experiment files write them.

use std::time::Duration;

use crate::init::yaml::Node;

/// A time, as `think`, `think_time` and `timeout` take it.
pub(in crate::init) fn time(time: Duration) -> Node {
    Node::from(workbench_plan::format_duration(time).as_str())
}

/// A time between two.
pub(in crate::init) fn uniform_time(from: Duration, to: Duration) -> Node {
    Node::map([("uniform", Node::list([time(from), time(to)]))])
}

/// A normally distributed time.
pub(in crate::init) fn normal_time(mean: Duration, sd: Duration) -> Node {
    let parts = Node::map([("mean", time(mean)), ("sd", time(sd))]);
    Node::map([("normal", parts)])
}

/// A whole number between two, both included.
pub(in crate::init) fn uniform(from: i64, to: i64) -> Node {
    Node::map([("uniform", Node::list([from, to].map(Node::from)))])
}

/// Each whole number once in the run.
pub(in crate::init) fn sequence(from: i64, step: i64) -> Node {
    let parts = Node::map([("from", Node::from(from)), ("step", Node::from(step))]);
    Node::map([("sequence", parts)])
}

/// A UUID.
pub(in crate::init) fn uuid() -> Node {
    Node::map([("uuid", Node::from("v4"))])
}

/// The present time in a format of strftime, or `unix`, `unix_ms`, `rfc3339`.
pub(in crate::init) fn now(format: &str) -> Node {
    Node::map([("now", Node::map([("format", Node::from(format))]))])
}
