//! One fault: which requests it is for, when, and what it does to them.

use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::draw::{Latency, Purpose, uniform};

#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// As it was written, with its seed.
    pub(super) text: String,
    /// Every method unless given.
    pub(super) method: Option<Method>,
    /// Every service unless given.
    pub(crate) service: Option<String>,
    /// A route's pattern; every call of a service unless given.
    pub(super) route: Option<String>,
    pub(super) latency: Option<Latency>,
    pub(super) errors: Option<Errors>,
    pub(super) stall: Option<Stall>,
    /// Of its random choices.
    pub(super) seed: u64,
    /// When it begins to count, after it was put in force.
    pub(super) from: Duration,
    /// For how long; for ever unless given.
    pub(super) lasting: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Errors {
    /// Share of the requests, above 0 and at most 1.
    pub(super) rate: f64,
    pub(super) status: StatusCode,
}

/// A time in which nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stall {
    pub(super) length: Duration,
    /// After the fault was put in force.
    pub(super) at: Duration,
}

impl Fault {
    /// Whether it is for such requests; `wildcard` says whether `*` stands for the route.
    pub(super) fn is_for(&self, method: &Method, route: &str, wildcard: bool) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self
                .route
                .as_ref()
                .map_or(wildcard, |wanted| wanted == route)
    }

    /// Whether it is on at an age.
    pub(super) fn is_on(&self, age: Duration) -> bool {
        let within = |lasting| age < self.from.saturating_add(lasting);
        age >= self.from && self.lasting.is_none_or(within)
    }

    /// What it adds to its n-th request, from 0.
    pub(super) fn latency(&self, n: u64) -> Option<Duration> {
        Some(self.latency?.draw(self.seed, n))
    }

    /// What its n-th request is answered instead, from 0.
    pub(super) fn error(&self, n: u64) -> Option<StatusCode> {
        let errors = self.errors?;
        let fails = uniform(self.seed, Purpose::Error, n) < errors.rate;
        fails.then_some(errors.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_on_in_its_window() {
        let on = |text: &str| {
            let fault = fault(text);
            [0, 4, 5, 14, 15].map(|second| fault.is_on(Duration::from_secs(second)))
        };
        assert_eq!(on("* cart/* errors=1%"), [true; 5]);
        assert_eq!(
            on("* cart/* errors=1% from=5s"),
            [false, false, true, true, true]
        );
        assert_eq!(
            on("* cart/* errors=1% from=5s for=10s"),
            [false, false, true, true, false]
        );
    }
}
