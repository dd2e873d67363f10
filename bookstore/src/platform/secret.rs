//! Tokens that callers prove themselves with: read from a file or a variable, never from an argument,
//! which everybody on the machine can see.

use std::{fmt, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use anyhow::{Context, ensure};
use axum::http::{HeaderMap, HeaderValue, header};
use subtle::ConstantTimeEq;

/// Characters of a token: long enough that nobody guesses it.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=256;

/// A token; cheap to clone.
#[derive(Clone)]
pub(crate) struct Secret(Arc<str>);

impl Secret {
    /// The token in the first line of the file, or else in the variable, if either is given. One that
    /// is empty or too short is an error: nobody means to be protected by it.
    pub(crate) fn given(file: Option<&Path>, variable: &str) -> anyhow::Result<Option<Self>> {
        first_line_or_variable(file, variable, Self::parse)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        ensure!(
            LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()),
            "a token has {} to {} letters, digits and punctuation marks of ASCII, and no spaces; \
             `openssl rand -hex 32` makes one",
            LENGTH.start(),
            LENGTH.end()
        );
        Ok(Self(text.into()))
    }

    /// Whether a request with these headers carries the token. Takes as long whatever token it is.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().split_at_checked(BEARER.len()))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BEARER.as_bytes()))
            .map(|(_, token)| token);
        token.is_some_and(|token| token.ct_eq(self.0.as_bytes()).into())
    }

    /// The value of the `Authorization` header that carries the token.
    pub(crate) fn to_header(&self) -> HeaderValue {
        let mut value = HeaderValue::try_from(format!("{BEARER}{}", self.0))
            .expect("visible characters make a header");
        value.set_sensitive(true);
        value
    }
}

/// What the first line of the file holds, or else the variable, if either is given.
pub(crate) fn first_line_or_variable<T>(
    file: Option<&Path>,
    variable: &str,
    parse: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let (text, place) = match file {
        Some(file) => {
            let place = file.display().to_string();
            let text = std::fs::read_to_string(file);
            warn_if_world_readable(file);
            (text.with_context(|| format!("cannot read {place}"))?, place)
        }
        None => match std::env::var(variable) {
            Ok(text) => (text, variable.to_owned()),
            Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {variable}")),
        },
    };
    let line = match file {
        Some(_) => text.lines().next().unwrap_or_default(),
        None => &text,
    };
    let parsed = parse(line).with_context(|| format!("cannot use the secret in {place}"));
    parsed.map(Some)
}

/// The scheme of RFC 6750.
const BEARER: &str = "Bearer ";

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Only a warning: Docker and Kubernetes mount secrets so that everybody in the container can read
/// them, and nobody else is there.
fn warn_if_world_readable(file: &Path) {
    let readable = std::fs::metadata(file).is_ok_and(|it| it.permissions().mode() & 0o004 != 0);
    if readable {
        tracing::warn!(
            "every user of this machine can read {}: chmod 600 it",
            file.display()
        );
    }
}
