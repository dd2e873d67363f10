//! Tables as data: terminal, Markdown and HTML show the same cells.

/// A table with its columns' names and units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Unit of its values; empty where they have none or bring it along.
    pub(crate) unit: &'static str,
    pub(crate) kind: Kind,
    /// On narrow terminals the columns with the highest number go first.
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
        }
    }

    pub(crate) fn number(value: f64, text: String) -> Self {
        Self {
            text,
            value: value.is_finite().then_some(value),
        }
    }

    /// What the column is sorted by, as HTML wants it.
    pub(crate) fn sort_key(&self) -> String {
        match self.value {
            Some(value) => value.to_string(),
            None => self.text.clone(),
        }
    }
}

/// The text with everything that would break a line or drive a terminal shown as a space.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
