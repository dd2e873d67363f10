//! A client's name for its request.

use crate::platform::{
    Error,
    extract::{FromParameters, Parameters},
    validation::{Location, Problems},
};

/// The header that makes a repeated request one.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

const LONGEST_KEY: usize = 255;

/// A client's name for its request, if it gave one. Without it every request is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl FromParameters for IdempotencyKey {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let Some(key) = parameters.header(IDEMPOTENCY_KEY) else {
            return Some(Self(None));
        };
        let fits = (1..=LONGEST_KEY).contains(&key.len());
        match std::str::from_utf8(key) {
            Ok(key) if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Some(Self(Some(key.to_owned())))
            }
            _ => problems.add(
                &Location::Field(&Location::Part("header"), IDEMPOTENCY_KEY),
                "value_error",
                format!("Value error, use 1 to {LONGEST_KEY} visible ASCII characters"),
            ),
        }
    }
}

/// The answer to another request under a key that was used.
pub(crate) fn used_otherwise() -> Error {
    let mut problems = Problems::default();
    problems.add::<()>(
        &Location::Field(&Location::Part("header"), IDEMPOTENCY_KEY),
        "value_error",
        "Value error, this key was used for a different request",
    );
    problems.into()
}
