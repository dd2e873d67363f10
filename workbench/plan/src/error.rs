//! Errors of experiment files.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a file could not become a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file could not be read.
    #[error("cannot read {}{}", path.display(), hint(suggestion.as_ref()))]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// A file beside it with nearly the same name.
        suggestion: Option<PathBuf>,
        /// The operating system's error.
        source: io::Error,
    },
    /// The file is not a text in UTF-8 of a length that can be read.
    #[error("cannot read {}: {reason}", path.display())]
    NotText {
        /// As given.
        path: PathBuf,
        /// What it is instead, and how to convert it.
        reason: String,
    },
    /// The file was read, and is wrong.
    #[error("{}", listed(path, mistakes))]
    Invalid {
        /// As given.
        path: PathBuf,
        /// In the order of the file; never empty.
        mistakes: Vec<Mistake>,
    },
}

/// One mistake, and where in the file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and, if known, what would be right.
    pub message: String,
    /// The line itself.
    pub source_line: String,
    /// Number of characters that are wrong; at least 1.
    pub width: usize,
}

fn hint(suggestion: Option<&PathBuf>) -> String {
    suggestion.map_or_else(String::new, |near| {
        format!("; did you mean {}?", near.display())
    })
}

fn listed(path: &std::path::Path, mistakes: &[Mistake]) -> String {
    let shown = mistakes.iter().take(MOST_SHOWN);
    let shown = shown.map(|mistake| format!("{}:{mistake}", path.display()));
    let more = match mistakes.len().saturating_sub(MOST_SHOWN) {
        0 => None,
        1 => Some("and 1 more mistake".to_owned()),
        more => Some(format!("and {more} more mistakes")),
    };
    shown.chain(more).collect::<Vec<_>>().join("\n\n")
}

/// Further mistakes are only counted.
const MOST_SHOWN: usize = 50;

/// Longer lines are shown in part.
const LONGEST_LINE: usize = 160;
/// Characters that stay before the wrong part of such a line.
const BEFORE: usize = 40;

impl fmt::Display for Mistake {
    /// Line, column and message, then the line with the wrong part underlined.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
            source_line,
            width,
        } = self;
        let margin = " ".repeat(line.to_string().len());
        let (source_line, column) = shown(source_line, *column);
        let width = (*width).min((source_line.chars().count() + 1).saturating_sub(column));
        // Tabs are kept, so that the carets stay below the text at any tab width.
        let indent: String = source_line
            .chars()
            .take(column - 1)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "{line}:{}: {message}", self.column)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{line} | {source_line}")?;
        write!(f, "{margin} | {indent}{}", "^".repeat(width.max(1)))
    }
}

/// The line, or the part of a long line around a column; and the column within what is shown.
fn shown(line: &str, column: usize) -> (String, usize) {
    let length = line.chars().count();
    if length <= LONGEST_LINE {
        return (line.to_owned(), column);
    }
    let skipped = (column - 1).saturating_sub(BEFORE);
    let part: String = line.chars().skip(skipped).take(LONGEST_LINE).collect();
    let before = if skipped == 0 { "" } else { "…" };
    let after = if skipped + LONGEST_LINE < length {
        "…"
    } else {
        ""
    };
    (
        format!("{before}{part}{after}"),
        column - skipped + before.chars().count(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_shown_with_its_line() {
        let error = PlanError::Invalid {
            path: PathBuf::from("experiments/x.yaml"),
            mistakes: vec![
                Mistake {
                    line: 12,
                    column: 1,
                    message: "unknown key \"thread\"".into(),
                    source_line: "thread: []".into(),
                    width: 6,
                },
                Mistake {
                    line: 100,
                    column: 4,
                    message: "expected text".into(),
                    source_line: "a:\t5".into(),
                    width: 1,
                },
            ],
        };
        let expected = "\
experiments/x.yaml:12:1: unknown key \"thread\"
   |
12 | thread: []
   | ^^^^^^

experiments/x.yaml:100:4: expected text
    |
100 | a:\t5
    |   \t^";
        assert_eq!(error.to_string(), expected);
    }
}
