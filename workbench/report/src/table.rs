//! Tables as data: terminal, Markdown and HTML show the same cells.

use crate::document::Level;

/// A table with its columns' names and units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// Says what is not in it, where it would be too long; stands below it.
    pub(crate) left_out: Option<String>,
    /// What the rows are where not the first but those of the highest priority are kept: `slowest`, `labels`.
    pub(crate) kept_are: Option<(&'static str, &'static str)>,
    /// The brief text leaves the intervals to the key figures and the page.
    pub(crate) brief_without_intervals: bool,
    pub(crate) is_never_cut: bool,
    /// Rows that are enough for the brief text, however much room there is.
    pub(crate) most_in_brief: usize,
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
    /// Stays below the others when these are sorted, and stays where rows are left out.
    pub(crate) total: bool,
    /// Of a table that is too long those of the highest priority are kept.
    pub(crate) priority: f64,
}

/// One cell: what is shown and what is sorted by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) value: Option<f64>,
    /// The interval of a value, which the page sets below it.
    pub(crate) interval: Option<String>,
    /// How the text is coloured where it is a judgement.
    pub(crate) badge: Option<Level>,
    /// Address of what the text names, on a page.
    pub(crate) link: Option<String>,
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
            kept_are: None,
            brief_without_intervals: false,
            is_never_cut: false,
            most_in_brief: usize::MAX,
        }
    }

    /// Where rows have to go, those of the lowest priority do; `which` and `what` name those that are kept.
    pub(crate) fn kept_by_priority(mut self, which: &'static str, what: &'static str) -> Self {
        self.kept_are = Some((which, what));
        self
    }

    /// At most so many rows besides the total, in their order; says below the table what was left out.
    pub(crate) fn first(mut self, most: usize) -> Self {
        let all = self.rows.iter().filter(|row| !row.total).count();
        if all <= most || self.is_never_cut {
            return self;
        }
        let mut priorities: Vec<f64> = self
            .rows
            .iter()
            .filter(|row| !row.total)
            .map(|row| row.priority)
            .collect();
        priorities.sort_by(|a, b| b.total_cmp(a));
        let last = priorities[most.saturating_sub(1)];
        // Of rows that are alike the first are kept.
        let mut alike = most - priorities.iter().filter(|it| **it > last).count().min(most);
        self.rows.retain(|row| {
            if row.total || row.priority > last {
                return true;
            }
            let stays = row.priority == last && alike > 0;
            alike -= usize::from(stays);
            stays
        });
        let all = crate::format::count(all as u64);
        self.left_out = Some(match self.kept_are {
            Some((which, what)) => {
                format!("The {most} {which} of {all} {what}; analysis.json has all.")
            }
            None => format!("{most} of {all} rows; the JSON output has all."),
        });
        self
    }

    /// All rows stay, however little room there is: for tables that are short by what they hold.
    pub(crate) fn never_cut(mut self) -> Self {
        self.is_never_cut = true;
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
            priority: 0.0,
        }
    }

    /// A row below the others.
    pub(crate) fn total(cells: Vec<Cell>) -> Self {
        Self {
            total: true,
            ..Self::of(cells)
        }
    }

    /// The same with a priority.
    pub(crate) fn of_priority(self, priority: f64) -> Self {
        Self { priority, ..self }
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
            link: None,
        }
    }

    /// Nothing to show; sorted as the least of numbers.
    pub(crate) fn nothing() -> Self {
        Self::text(crate::format::NOTHING)
    }

    /// A judgement in a word.
    pub(crate) fn badge(word: &str, level: impl Into<Level>) -> Self {
        Self {
            badge: Some(level.into()),
            ..Self::text(word)
        }
    }

    pub(crate) fn number(value: f64, text: String) -> Self {
        Self {
            text,
            value: value.is_finite().then_some(value),
            interval: None,
            badge: None,
            link: None,
        }
    }

    /// A number as something shows it.
    pub(crate) fn shown(value: f64, shown: impl Fn(f64) -> String) -> Self {
        Self::number(value, shown(value))
    }

    /// The same, or [`Cell::nothing`].
    pub(crate) fn optional(value: Option<f64>, shown: impl Fn(f64) -> String) -> Self {
        value.map_or_else(Self::nothing, |value| Self::shown(value, shown))
    }

    /// A whole number.
    pub(crate) fn count(number: u64) -> Self {
        Self::number(number as f64, crate::format::count(number))
    }

    /// With the interval of the number, where there is one.
    pub(crate) fn within(mut self, interval: Option<String>) -> Self {
        self.interval = interval;
        self
    }

    /// With an address for a page, where there is one.
    pub(crate) fn linked(mut self, link: Option<String>) -> Self {
        self.link = link;
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
        if self.interval.is_none() && self.text.parse::<f64>().is_ok() {
            return None;
        }
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
    fn rows_of_the_highest_priority_stay_in_their_order_and_so_does_the_total() {
        let row = |name: &str, priority| Row::of(vec![Cell::text(name)]).of_priority(priority);
        let mut rows = vec![row("a", 1.0), row("b", 3.0), row("c", 1.0), row("d", 2.0)];
        rows.push(Row::total(vec![Cell::text("TOTAL")]));
        let table = Table::new(vec![Column::text("Label", 0)], rows);
        let table = table.kept_by_priority("slowest", "labels");
        let names = |table: Table| -> Vec<String> {
            let rows = table.rows.into_iter();
            rows.map(|row| row.cells[0].text.clone()).collect()
        };
        assert_eq!(names(table.clone().first(3)), ["a", "b", "d", "TOTAL"]);
        let left_out = table.clone().first(3).left_out.unwrap();
        assert_eq!(
            left_out,
            "The 3 slowest of 4 labels; analysis.json has all."
        );
        assert_eq!(names(table.clone().first(4)).len(), 5);
        assert_eq!(table.first(4).left_out, None);
    }

    #[test]
    fn numbers_are_sorted_by_six_of_their_digits_and_words_by_themselves() {
        let key = |value| Cell::number(value, String::new()).sort_key().unwrap();
        assert_eq!(key(124_690.0), "124690");
        assert_eq!(key(-0.003_912_345_678), "-0.00391235");
        assert_eq!(Cell::text("GET /").sort_key(), None);
        assert_eq!(Cell::number(4.126, "4.13".to_owned()).sort_key(), None);
    }
}
