//! A mistake in a piece of text whose position in the file is not known yet.

/// A mistake in a piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// The part of the text that is wrong. Empty if the whole text is.
    pub(crate) offending: String,
    /// What is wrong with it, as a lower-case fragment.
    pub(crate) message: String,
}

impl Diagnostic {
    /// The whole text is wrong.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::at("", message)
    }

    /// Only a part of the text is wrong.
    pub(crate) fn at(offending: &str, message: impl Into<String>) -> Self {
        Self {
            offending: offending.to_owned(),
            message: message.into(),
        }
    }
}

/// The end of a message about an unknown word: the nearest of the right ones, or all of them.
pub(crate) fn suggestion<'a>(word: &str, right: impl IntoIterator<Item = &'a str>) -> String {
    let right: Vec<&str> = right.into_iter().collect();
    match nearest(word, right.iter().copied()) {
        Some(nearest) => format!("; did you mean \"{nearest}\"?"),
        None if right.is_empty() => String::new(),
        None => format!("; expected {}", alternatives(&right)),
    }
}

/// The right word that `word` was probably meant to be.
///
/// # Examples
/// ```
/// use workbench_plan::nearest;
///
/// assert_eq!(nearest("brwose", ["browse", "order"]), Some("browse"));
/// assert_eq!(nearest("pay", ["browse", "order"]), None);
/// ```
pub fn nearest<'a>(word: &str, right: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    right
        .into_iter()
        .map(|candidate| {
            (
                candidate,
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase()),
            )
        })
        // At most a third of the letters may differ.
        .filter(|&(candidate, distance)| distance * 3 <= candidate.chars().count().max(3))
        .min_by_key(|&(_, distance)| distance)
        .map(|(candidate, _)| candidate)
}

fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [only] => only.clone(),
        [one, other] => format!("{one} or {other}"),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested() {
        assert_eq!(
            suggestion("thread", ["title", "threads"]),
            "; did you mean \"threads\"?"
        );
        assert_eq!(
            suggestion("Orders", ["catalog", "orders"]),
            "; did you mean \"orders\"?"
        );
    }

    #[test]
    fn swapped_letters_are_one_mistake() {
        assert_eq!(nearest("ste", ["set", "user"]), Some("set"));
    }

    #[test]
    fn all_valid_words_are_listed_if_none_is_similar() {
        assert_eq!(
            suggestion("x", ["mean", "max"]),
            "; expected \"mean\" or \"max\""
        );
        assert_eq!(suggestion("x", ["only"]), "; expected \"only\"");
        assert_eq!(
            suggestion("frobnicate", ["mean", "max", "p95"]),
            "; expected one of \"mean\", \"max\", \"p95\""
        );
        assert_eq!(suggestion("x", []), "");
    }
}
