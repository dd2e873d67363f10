//! How much of a service one client may use, by options.

use std::time::Duration;

use clap::Args;

/// How much of a service one client may use.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long a request may be at work; then it is answered with 503. What it has begun may still
    /// be finished: an order is.
    #[arg(
        long = "request-timeout",
        env = "BOOKSTORE_REQUEST_TIMEOUT",
        value_name = "TIME",
        default_value = "30s",
        value_parser = duration,
        help_heading = HEADING
    )]
    pub(crate) request: Duration,

    /// How long a request's body may take to arrive; then it is answered with 408.
    #[arg(
        long = "body-timeout",
        env = "BOOKSTORE_BODY_TIMEOUT",
        value_name = "TIME",
        default_value = "10s",
        value_parser = duration,
        help_heading = HEADING
    )]
    pub(crate) body: Duration,

    /// How long a connection stays open on which no request arrives, though never longer than the
    /// two times above together. A load balancer that keeps connections should give them up earlier.
    #[arg(
        long = "idle-timeout",
        env = "BOOKSTORE_IDLE_TIMEOUT",
        value_name = "TIME",
        default_value = "75s",
        value_parser = duration,
        help_heading = HEADING
    )]
    pub(crate) idle: Duration,

    /// How many requests each service works on at once; further ones are answered with 503 at once.
    #[arg(
        long = "max-requests",
        env = "BOOKSTORE_MAX_REQUESTS",
        value_name = "N",
        default_value_t = 4096,
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = HEADING
    )]
    pub(crate) requests: u32,
}

impl Limits {
    /// How long a connection may take until a request has arrived, from its opening or the last
    /// answer on.
    pub(crate) fn request_awaited(&self) -> Duration {
        self.idle.min(self.answer_awaited())
    }

    /// How long a client may take nothing of its answer.
    pub(crate) fn answer_awaited(&self) -> Duration {
        self.body + self.request
    }
}

const HEADING: &str = "Limits";

/// Reads a time with its unit, such as `30s` or `500ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
        _ => Err("use a time such as 30s or 500ms, up to 1h".to_owned()),
    }
}

const LONGEST: Duration = Duration::from_secs(3600);

/// How long the body of this request may take; goes with the request to whoever reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyTimeout(pub(crate) Duration);
