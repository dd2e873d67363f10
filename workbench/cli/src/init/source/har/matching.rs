//! Decides whether a value in a request comes from a response.

use url::Url;

use super::correlate::{Given, Place};
use crate::init::draft::is_secret;

/// From this length on a value with a digit counts as distinctive.
const TELLING: usize = 8;

/// Whether a request that sends the value under this name takes it from the response.
pub(super) fn is_meant(given: &Given, name: &str, value: &str, place: Place) -> bool {
    if given.variable.is_some() && value.len() >= 3 || is_telling(value) {
        return true;
    }
    let (own, other) = (letters(name), letters(&given.key));
    let of_form = given.source[0].0 == "css";
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
fn is_id(name: &str) -> bool {
    const ENDS: &str = "id uuid guid key number code slug sku token nonce ref hash";
    let name = name.to_ascii_lowercase();
    ENDS.split(' ')
        .any(|end| name.trim_end_matches([']', 's']).ends_with(end))
}

fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

pub(super) fn singular(name: &str) -> String {
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if name.ends_with("ss") => name.to_owned(),
        None => name.strip_suffix('s').unwrap_or(name).to_owned(),
    }
}

/// The subject of a request: the last part of its path that is a word.
pub(super) fn subject(url: &Url) -> String {
    let fits = |letter: char| letter.is_ascii_alphabetic() || "-_".contains(letter);
    let is_word = |segment: &&str| segment.len() > 1 && segment.chars().all(fits);
    let subject = url.path().rsplit('/').find(is_word);
    subject.unwrap_or_default().to_owned()
}
