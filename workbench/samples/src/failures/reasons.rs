//! Counts failures by reason.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of a label and a kind. Our choice.
const MOST_REASONS: usize = 20;
/// Of a whole run. Our choice.
const MOST_OF_ALL: usize = 2_000;
/// Characters that are kept of a reason. Our choice.
const LONGEST_REASON: usize = 300;

/// Replaces words that differ.
const ANY: &str = "#";

/// Counts of reasons, a bounded number of them. Those that differ only in words with digits in them are one.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// By their text with `#` for each word with a digit in it.
    counts: HashMap<String, Counted>,
    others: u64,
}

#[derive(Clone, Debug)]
struct Counted {
    /// The common form of all of them.
    text: String,
    /// The text was redacted, so that it is not merged with others.
    is_redacted: bool,
    count: u64,
}

impl Reasons {
    /// Counts a reason, as `shown` redacts it; `of_all` is how many reasons the run has. With `exact`, texts with
    /// different numbers are different reasons.
    pub(super) fn add(
        &mut self,
        reason: &str,
        exact: bool,
        of_all: &AtomicUsize,
        shown: impl FnOnce() -> String,
    ) {
        let key = if exact {
            cut(reason).to_owned()
        } else {
            folded(cut(reason))
        };
        if let Some(counted) = self.counts.get_mut(&key) {
            counted.count += 1;
            if !counted.is_redacted && !exact && counted.text != cut(reason) {
                counted.text = common(&counted.text, cut(reason));
            }
        } else if self.counts.len() < MOST_REASONS
            && of_all.fetch_add(1, Ordering::Relaxed) < MOST_OF_ALL
        {
            let shown = shown();
            let counted = Counted {
                text: cut(&shown).to_owned(),
                is_redacted: shown != reason,
                count: 1,
            };
            self.counts.insert(key, counted);
        } else {
            self.others += 1;
        }
    }

    /// Each with its count, the most frequent first; `None` for the sum of the others.
    pub(super) fn all(&self) -> Vec<(Option<String>, u64)> {
        let mut all: Vec<_> = self.counts.values().cloned().collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
        let all = all.into_iter().map(|it| (Some(it.text), it.count));
        all.chain((self.others > 0).then_some((None, self.others)))
            .collect()
    }
}

/// The beginning of a reason that is kept.
pub(super) fn cut(reason: &str) -> &str {
    let end = reason.char_indices().nth(LONGEST_REASON);
    &reason[..end.map_or(reason.len(), |(place, _)| place)]
}

/// Words and the text between them, and whether each is a word with a digit. Decimal numbers are words.
fn tokens(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let is_word = |place: usize, character: char| {
        let is_digit = |it: Option<&u8>| it.is_some_and(u8::is_ascii_digit);
        let bytes = text.as_bytes();
        character.is_alphanumeric()
            || character == '#'
            || (character == '.'
                && is_digit(bytes.get(place + 1))
                && place > 0
                && is_digit(bytes.get(place - 1)))
    };
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = characters.next()?;
        let of_word = is_word(start, first);
        while characters
            .next_if(|(place, it)| is_word(*place, *it) == of_word)
            .is_some()
        {}
        let end = characters.peek().map_or(text.len(), |(place, _)| *place);
        let piece = &text[start..end];
        let is_number = piece.contains(|it: char| it.is_ascii_digit() || it == '#');
        Some((piece, of_word && is_number))
    })
}

fn folded(text: &str) -> String {
    let tokens = tokens(text).map(|(piece, is_number)| if is_number { ANY } else { piece });
    tokens.collect()
}

/// The common form of two texts that are equal when folded.
fn common(one: &str, other: &str) -> String {
    let pairs = tokens(one).zip(tokens(other));
    pairs
        .map(|((piece, _), (other, _))| if piece == other { piece } else { ANY })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(reasons: &[&str], exact: bool) -> Vec<(Option<String>, u64)> {
        let mut counts = Reasons::default();
        let of_all = AtomicUsize::new(0);
        for reason in reasons {
            counts.add(reason, exact, &of_all, || (*reason).to_owned());
        }
        counts.all()
    }

    #[test]
    fn reasons_that_differ_in_numbers_are_one() {
        let counts = counted(
            &[
                "$.total is 3, expected > 10",
                "$.total is 4.5, expected > 10",
                "there is no $.items[1].id in the body",
                "$.total is 6, expected > 10",
                "$.total is 7, expected > 10",
            ],
            false,
        );

        let counts: Vec<_> = counts.iter().map(|(it, n)| (it.as_deref(), *n)).collect();
        assert_eq!(
            counts,
            [
                (Some("$.total is #, expected > 10"), 4),
                (Some("there is no $.items[1].id in the body"), 1),
            ]
        );
    }

    #[test]
    fn statuses_are_no_mere_numbers() {
        let counts = counted(&["status 500", "status 503", "status 500"], true);

        assert_eq!(
            counts,
            [
                (Some("status 500".to_owned()), 2),
                (Some("status 503".to_owned()), 1)
            ]
        );
    }

    #[test]
    fn reasons_beyond_the_limit_are_counted_together() {
        let names: Vec<String> = ('a'..='z').map(|it| format!("no field {it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();

        let counts = counted(&names, false);

        assert_eq!(counts.len(), MOST_REASONS + 1);
        assert_eq!(counts.last(), Some(&(None, 6)));
    }
}
