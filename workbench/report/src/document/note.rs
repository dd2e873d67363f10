//! Warnings that are true of several things, each once.

use crate::table::one_line;

/// A warning that may be true of several things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) text: String,
    /// Of what it is said; empty where it is said of everything.
    pub(crate) of: String,
    /// Of how many things.
    pub(crate) count: usize,
}

impl Note {
    /// Said of everything.
    pub(crate) fn of_all(text: &str) -> Self {
        Self {
            text: one_line(text),
            of: String::new(),
            count: 1,
        }
    }

    /// Each warning of rows once, with the rows that have it; `rows` is how many there are in all.
    pub(crate) fn of_rows<'a>(
        warnings: impl IntoIterator<Item = (String, &'a str)>,
        rows: usize,
    ) -> impl Iterator<Item = Self> {
        grouped(warnings)
            .into_iter()
            .map(move |SharedText { text, of }| {
                if of.len() == rows {
                    return Self::of_all(&text);
                }
                Self {
                    text: one_line(&text),
                    of: one_line(&few(&of)),
                    count: of.len(),
                }
            })
    }

    /// The whole of it in a line.
    pub(crate) fn line(&self) -> String {
        if self.of.is_empty() {
            self.text.clone()
        } else {
            format!("{}: {}", self.of, self.text)
        }
    }
}

/// So many names stand in one sentence.
const NAMES: usize = 4;

/// The first names, the others by number: `a, b, c, d and 12 more`.
pub(crate) fn few(names: &[String]) -> String {
    let named = names.iter().take(NAMES).map(String::as_str);
    let named = named.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// A text, and what it is said of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedText<T = String> {
    pub(crate) text: String,
    pub(crate) of: Vec<T>,
}

/// Each text once, in the order in which they are met. Texts that differ in nothing but numbers are one, with the range of
/// these numbers: `there are 12 to 143`.
pub(crate) fn grouped<'a, T>(notes: impl IntoIterator<Item = (T, &'a str)>) -> Vec<SharedText<T>> {
    let mut groups: Vec<(Vec<Part<'a>>, Vec<T>)> = Vec::new();
    for (of, text) in notes {
        let parts = parts(text);
        let alike = |(known, _): &&mut (Vec<Part<'a>>, _)| {
            known.len() == parts.len() && known.iter().zip(&parts).all(|(a, b)| a.is_like(b))
        };
        match groups.iter_mut().find(alike) {
            Some((known, names)) => {
                known.iter_mut().zip(&parts).for_each(|(a, b)| a.widen(b));
                names.push(of);
            }
            None => groups.push((parts, vec![of])),
        }
    }
    groups
        .into_iter()
        .map(|(parts, of)| SharedText {
            text: parts.iter().map(Part::text).collect(),
            of,
        })
        .collect()
}

/// A part of a text.
enum Part<'a> {
    Words(&'a str),
    /// The least and the greatest number that stood in its place, as written.
    Numbers(&'a str, &'a str),
}

impl<'a> Part<'a> {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Words(words), Self::Words(others)) => words == others,
            (Self::Numbers(..), Self::Numbers(..)) => true,
            _ => false,
        }
    }

    fn widen(&mut self, other: &Self) {
        if let (Self::Numbers(least, greatest), Self::Numbers(number, _)) = (self, other) {
            if value(number) < value(least) {
                *least = number;
            }
            if value(number) > value(greatest) {
                *greatest = number;
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Words(words) => (*words).to_owned(),
            Self::Numbers(least, greatest) if least == greatest => (*least).to_owned(),
            Self::Numbers(least, greatest) => format!("{least} to {greatest}"),
        }
    }
}

/// `None` for what is no number, such as an IP address.
fn value(number: &str) -> Option<f64> {
    number.replace(',', "").replace('−', "-").parse().ok()
}

/// Words and numbers in turn. Digits that follow a letter, as in `p99.9`, are a part of the word.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut words_from, mut place) = (0, 0);
    while place < text.len() {
        let rest = &text[place..];
        let length = digits_length(rest);
        let follows_letter = text[..place].ends_with(char::is_alphanumeric);
        if length > 0 && !follows_letter && value(&rest[..length]).is_some() {
            parts.push(Part::Words(&text[words_from..place]));
            parts.push(Part::Numbers(&rest[..length], &rest[..length]));
            words_from = place + length;
        }
        place += length.max(rest.chars().next().map_or(1, char::len_utf8));
    }
    parts.push(Part::Words(&text[words_from..]));
    parts
}

/// Bytes of the digits that a text begins with, with a sign before them and points and commas between them.
fn digits_length(text: &str) -> usize {
    let unsigned = text.strip_prefix(['-', '−', '+']).unwrap_or(text);
    let of_number = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ',';
    let end = unsigned.find(|letter| !of_number(letter));
    let digits = unsigned[..end.unwrap_or(unsigned.len())].trim_end_matches(['.', ',']);
    if digits.starts_with(|first: char| first.is_ascii_digit()) {
        text.len() - unsigned.len() + digits.len()
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(notes: &[(&str, &'static str)]) -> Vec<(String, Vec<String>)> {
        let notes = notes.iter().map(|(of, text)| ((*of).to_owned(), *text));
        let groups = grouped(notes).into_iter();
        groups.map(|it| (it.text, it.of)).collect()
    }

    #[test]
    fn texts_that_differ_in_numbers_alone_are_one_with_their_range() {
        assert_eq!(
            said(&[
                ("a", "takes 299 requests, has 143."),
                ("b", "takes 299 requests, has 1,200."),
                ("c", "no interval"),
                ("d", "takes 299 requests, has 12."),
            ]),
            [
                (
                    "takes 299 requests, has 12 to 1,200.".to_owned(),
                    vec!["a".to_owned(), "b".to_owned(), "d".to_owned()]
                ),
                ("no interval".to_owned(), vec!["c".to_owned()]),
            ]
        );
    }

    #[test]
    fn numbers_have_their_sign_and_what_only_looks_like_one_tells_texts_apart() {
        for (texts, range) in [
            (["by −3.5 %", "by −1.2 %"], "by −3.5 to −1.2 %"),
            (["by -1.2 %", "by -3.5 %"], "by -3.5 to -1.2 %"),
            (["by +2.0 %", "by -3.5 %"], "by -3.5 to +2.0 %"),
        ] {
            assert_eq!(said(&[("a", texts[0]), ("b", texts[1])])[0].0, range);
        }
        for texts in [
            ["10.0.0.1 is gone", "10.0.0.2 is gone"],
            ["p99.9 is refused", "p99.5 is refused"],
            ["v1.2.3", "v1.2.4"],
        ] {
            let found = said(&[("a", texts[0]), ("b", texts[1])]);
            assert_eq!((&*found[0].0, &*found[1].0), (texts[0], texts[1]));
        }
    }

    #[test]
    fn digits_of_a_word_tell_texts_apart() {
        assert_eq!(
            said(&[("a", "p95 is refused"), ("b", "p99 is refused")]).len(),
            2
        );
        assert_eq!(said(&[("a", "é 1"), ("b", "é 2")])[0].0, "é 1 to 2");
        assert_eq!(said(&[("a", "")])[0].0, "");
    }

    #[test]
    fn a_few_names_are_listed_and_many_are_counted() {
        let names: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).into();
        assert_eq!(few(&names[..4]), "a, b, c, d");
        assert_eq!(few(&names), "a, b, c, d and 2 more");
    }
}
