//! Decides whether a value in a request comes from a response.

use url::Url;

use super::correlate::{Given, GivenSource, Place};
use crate::init::http::is_secret;

/// From this length on a value with a digit counts as distinctive.
const TELLING: usize = 8;

/// Whether a request that sends the value under this name takes it from the response.
pub(super) fn is_meant(given: &Given, name: &str, value: &str, place: Place) -> bool {
    if given.variable.is_some() && value.len() >= 3 || is_telling(value) {
        return true;
    }
    let (own, other) = (letters(name), letters(&given.key));
    let of_form = matches!(given.source, GivenSource::Css { .. });
    if is_secret(&given.key) && value.len() >= 4 {
        return true;
    }
    // A hidden field is sent back under its name; constants of a form need no capture.
    if of_form {
        return own == other && is_id(&given.key);
    }
    if !is_id(&given.key) {
        return false;
    }
    let about = letters(&singular(&given.subject));
    let is_about = !about.is_empty() && own.contains(&about);
    match place {
        // `/products/7` after a response on products.
        Place::Path => letters(&singular(name)) == about || own == other || value.len() >= 6,
        _ if own == "id" || own == other => own == other && (value.len() >= 2 || is_about),
        _ => is_about && is_id(name) || value.len() >= 6 && is_id(name),
    }
}

/// Whether a value is distinctive.
pub(super) fn is_telling(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let has_letters = value.chars().any(char::is_alphabetic);
    let is_address = value.contains("://") || value.starts_with('/');
    !is_address
        && value.len() >= TELLING
        && (digits >= 2 && has_letters || digits >= 9 || value.len() >= 24)
}

/// Whether a name is that of an id.
pub(super) fn is_id(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "id", "uuid", "guid", "key", "number", "code", "slug", "sku", "token", "nonce", "ref",
        "hash",
    ]
    .iter()
    .any(|end| name.trim_end_matches([']', 's']).ends_with(end))
}

pub(super) fn letters(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

pub(super) fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        format!("{stem}y")
    } else if name.ends_with("ss") {
        name.to_owned()
    } else {
        name.strip_suffix('s').unwrap_or(name).to_owned()
    }
}

/// The subject of a request: the last part of its path that is a word.
pub(super) fn subject(url: &Url) -> String {
    let mut segments = url.path().rsplit('/');
    let is_word = |segment: &&str| {
        segment.len() > 1
            && segment
                .chars()
                .all(|letter| letter.is_ascii_alphabetic() || "-_".contains(letter))
    };
    segments.find(is_word).unwrap_or_default().to_owned()
}
