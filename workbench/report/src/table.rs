//! Tables as data: terminal, Markdown and HTML show the same cells.

/// A table with its columns' names and units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// Says what is not in it, where it would be too long; stands below it.
    pub(crate) left_out: Option<String>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Unit of its values; empty where they have none or bring it along.
    pub(crate) unit: &'static str,
    pub(crate) kind: Kind,
    /// On narrow terminals the columns with the highest number go first; those of one number above 0 go together.
    pub(crate) rank: u8,
}

/// What a column holds, for its alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    /// Stays below the others when these are sorted.
    pub(crate) total: bool,
}

/// One cell: what is shown and what is sorted by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) value: Option<f64>,
    /// The interval of a value, which the page sets below it.
    pub(crate) interval: Option<String>,
    /// How the page colours the text where it is a judgement, by the name of a class.
    pub(crate) badge: Option<&'static str>,
}

impl Column {
    pub(crate) fn text(name: &str, rank: u8) -> Self {
        Self::of(name, "", Kind::Text, rank)
    }

    pub(crate) fn number(name: &str, unit: &'static str, rank: u8) -> Self {
        Self::of(name, unit, Kind::Number, rank)
    }

    fn of(name: &str, unit: &'static str, kind: Kind, rank: u8) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            kind,
            rank,
        }
    }

    /// Whether the name is better not broken.
    pub(crate) fn is_short(&self) -> bool {
        self.name.len() <= 10
    }

    pub(crate) fn is_number(&self) -> bool {
        self.kind == Kind::Number
    }
}

impl Table {
    pub(crate) fn new(columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self {
            columns,
            rows,
            left_out: None,
        }
    }

    /// The first rows alone, if there are more than so many; what is written as JSON has all.
    pub(crate) fn first(mut self, most: usize) -> Self {
        let more = self.rows.len().saturating_sub(most);
        if more > 0 {
            self.rows.truncate(most);
            let rows = crate::format::counted(more as u64, "more row");
            self.left_out = Some(format!("{rows}: see the analysis in JSON."));
        }
        self
    }

    /// `None` where it has no rows.
    pub(crate) fn unless_empty(self) -> Option<Self> {
        (!self.rows.is_empty()).then_some(self)
    }
}

impl Row {
    pub(crate) fn of(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            total: false,
        }
    }
}

impl Cell {
    /// Text on one line, without control characters: labels come from outside.
    pub(crate) fn text(text: &str) -> Self {
        Self {
            text: one_line(text),
            value: None,
            interval: None,
            badge: None,
        }
    }

    /// Nothing to show; sorted as the least of numbers.
    pub(crate) fn nothing() -> Self {
        Self::text(crate::format::NOTHING)
    }

    /// A judgement in a word.
    pub(crate) fn badge(word: &str, class: &'static str) -> Self {
        Self {
            badge: Some(class),
            ..Self::text(word)
        }
    }

    pub(crate) fn number(value: f64, text: String) -> Self {
        Self {
            text,
            value: value.is_finite().then_some(value),
            interval: None,
            badge: None,
        }
    }

    /// With the interval of the number, where there is one.
    pub(crate) fn within(mut self, interval: Option<String>) -> Self {
        self.interval = interval;
        self
    }

    /// All that there is to read, on one line.
    pub(crate) fn line(&self) -> String {
        match &self.interval {
            Some(interval) => format!("{} {interval}", self.text),
            None => self.text.clone(),
        }
    }

    /// Whether the text would become a tower of words in a narrow column.
    pub(crate) fn is_long(&self) -> bool {
        self.text.chars().count() > 32
    }

    /// What the column is sorted by where that is not the text: the number, to six digits.
    pub(crate) fn sort_key(&self) -> Option<String> {
        let value = self.value?;
        // Through the exponent and back: 1.24690e5 becomes 124690.
        let rounded = format!("{value:.5e}").parse::<f64>().unwrap_or(value);
        Some(rounded.to_string())
    }
}

/// The text with everything that would break a line or drive a terminal shown as a space, and what XML cannot hold as U+FFFD.
///
/// # References
/// Extensible Markup Language (XML) 1.0, 5th edition (2008), production 2, `Char`: of the characters that are no control
/// characters, it leaves out U+FFFE and U+FFFF.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            letter if letter.is_control() => ' ',
            '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
            letter => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sorted_by_six_of_their_digits_and_words_by_themselves() {
        let key = |value| Cell::number(value, String::new()).sort_key().unwrap();
        assert_eq!(key(124_690.0), "124690");
        assert_eq!(key(-0.003_912_345_678), "-0.00391235");
        assert_eq!(Cell::text("GET /").sort_key(), None);
    }
}
