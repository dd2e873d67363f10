//! Text laid out for a terminal's width, with or without colour.

use super::{Detail, KeyFigure, Level, TextOptions, grid};
use crate::table::{Table, one_line};

/// Narrower terminals could not show a label beside a number.
const NARROWEST: u16 = 40;

/// Text that grows downwards.
pub(crate) struct Page {
    text: String,
    width: usize,
    colour: bool,
    is_brief: bool,
}

/// Lines that an item of the brief text may take.
const LINES_OF_AN_ITEM: usize = 3;

impl From<Level> for Tone {
    fn from(level: Level) -> Self {
        match level {
            Level::Good => Self::Good,
            Level::Open => Self::Doubtful,
            Level::Bad => Self::Bad,
            Level::Plain => Self::Strong,
        }
    }
}

/// How a word is meant, shown as its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    Strong,
    /// A name beside its value.
    Name,
}

impl Tone {
    /// Select Graphic Rendition parameter (ECMA-48).
    fn code(self) -> u8 {
        match self {
            Self::Good => 32,
            Self::Doubtful => 33,
            Self::Bad => 31,
            Self::Strong => 1,
            Self::Name => 36,
        }
    }
}

impl Page {
    pub(crate) fn new(options: TextOptions) -> Self {
        Self {
            text: String::new(),
            width: usize::from(options.width.max(NARROWEST)),
            colour: options.colour,
            is_brief: options.detail == Detail::Brief,
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Heads a document.
    pub(crate) fn title(&mut self, title: &str) {
        self.gap();
        let lines = textwrap::wrap(&one_line(title), self.wrapping())
            .into_iter()
            .map(|line| line.into_owned())
            .collect::<Vec<_>>();
        let longest = lines
            .iter()
            .map(|line| textwrap::core::display_width(line))
            .max();
        for line in lines {
            self.line(&self.painted(&line, Tone::Strong));
        }
        self.line(&"═".repeat(longest.unwrap_or(0)));
    }

    pub(crate) fn heading(&mut self, heading: &str) {
        self.gap();
        for line in textwrap::wrap(&one_line(heading), self.wrapping()) {
            self.line(&self.painted(&line, Tone::Strong));
        }
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        for line in textwrap::wrap(&one_line(text), self.wrapping()) {
            self.line(&line);
        }
    }

    /// A command, which is broken only where it is wider than the terminal.
    pub(crate) fn command(&mut self, command: &str) {
        let options = self.wrapping().initial_indent("  ").subsequent_indent("  ");
        for line in textwrap::wrap(&one_line(command), options) {
            self.line(&line);
        }
    }

    /// A word, and a finding that it names; in the brief text no longer than three lines.
    pub(crate) fn item(&mut self, word: &str, tone: impl Into<Tone>, finding: &str) {
        self.item_of(word, tone.into(), finding, LINES_OF_AN_ITEM);
    }

    /// The same in at most so many lines of the brief text.
    pub(super) fn item_of(&mut self, word: &str, tone: Tone, finding: &str, most: usize) {
        let word = if word.is_empty() { "-" } else { word };
        let first = format!("  {word}  ");
        let columns = textwrap::core::display_width(&first);
        let indent = " ".repeat(columns.min(self.width / 3));
        let finding = one_line(finding);
        let options = self
            .wrapping()
            .initial_indent(&first)
            .subsequent_indent(&indent);
        let lines = textwrap::wrap(&finding, options);
        let shown = if self.is_brief { most } else { usize::MAX };
        for (index, line) in lines.iter().take(shown).enumerate() {
            let cut = index + 1 == shown && lines.len() > shown;
            let line = if cut {
                let rest = self.width.saturating_sub(1);
                format!("{}…", shortened_at_end(line, rest))
            } else {
                line.to_string()
            };
            if index == 0 {
                self.line(&line.replacen(word, &self.painted(word, tone), 1));
            } else {
                self.line(&line);
            }
        }
    }

    /// Key figures side by side, as many as a line holds.
    pub(super) fn key_figures(&mut self, figures: &[&KeyFigure]) {
        let mut line = String::new();
        let mut columns = 0;
        for figure in figures {
            let beside = if figure.beside.is_empty() {
                String::new()
            } else {
                format!(" {}", figure.beside)
            };
            let width = [&figure.name, &figure.value, &beside]
                .map(|text| textwrap::core::display_width(text))
                .iter()
                .sum::<usize>()
                + 1;
            if columns > 0 && columns + 3 + width > self.width {
                self.line(&line);
                line.clear();
                columns = 0;
            }
            if columns > 0 {
                line.push_str("   ");
                columns += 3;
            }
            let tone = Tone::from(figure.level);
            let value = self.painted(&figure.value, tone);
            line.push_str(&format!("{} {value}{beside}", figure.name));
            columns += width;
        }
        if columns > 0 {
            self.line(&line);
        }
    }

    /// A line as it is, however long, of which a part is coloured.
    pub(crate) fn verbatim(&mut self, before: &str, part: &str, tone: Tone, behind: &str) {
        let part = if part.is_empty() {
            String::new()
        } else {
            self.painted(part, tone)
        };
        self.line(&format!("{before}{part}{behind}"));
    }

    /// A table, without the columns for which there is no room; the whole text names them below it.
    pub(crate) fn table(&mut self, table: &Table) {
        let grid = grid::fitted(table, self.width, self.is_brief);
        for line in &grid.lines {
            self.line(line);
        }
        if !grid.left_out.is_empty() && !self.is_brief {
            let left_out = grid.left_out.join(", ");
            self.paragraph(&format!("Not shown for want of room: {left_out}."));
        }
        if let Some(left_out) = &table.left_out {
            self.paragraph(left_out);
        }
    }

    /// Words are broken only where they are wider than the terminal: dates and labels have hyphens.
    fn wrapping(&self) -> textwrap::Options<'static> {
        textwrap::Options::new(self.width).word_splitter(textwrap::WordSplitter::NoHyphenation)
    }

    fn painted(&self, text: &str, tone: Tone) -> String {
        if self.colour {
            format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code())
        } else {
            text.to_owned()
        }
    }

    /// An empty line, but not at the beginning.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&without_command(line.trim_end()));
        self.text.push('\n');
    }
}

/// The beginning of a text, so many columns of it.
fn shortened_at_end(text: &str, columns: usize) -> String {
    let mut kept = String::new();
    for letter in text.trim_end().chars() {
        kept.push(letter);
        if textwrap::core::display_width(&kept) > columns {
            kept.pop();
            break;
        }
    }
    kept
}

/// The line, no wider and looking the same, but none that GitHub would take for a command: it obeys lines that begin with
/// two colons, after spaces too, and of old also `##[`. Labels come from outside.
fn without_command(line: &str) -> String {
    let line = line.replace("##[", "##(");
    let text = line.trim_start();
    match text.strip_prefix("::") {
        Some(rest) => format!("{}\u{a789}:{rest}", &line[..line.len() - text.len()]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_command_for_github() {
        assert_eq!(
            without_command("  ::error::all is lost"),
            "  \u{a789}:error::all is lost"
        );
        assert_eq!(without_command("a ##[add-mask]b"), "a ##(add-mask]b");
        assert_eq!(without_command("GET a::b"), "GET a::b");
        let options = TextOptions {
            width: 40,
            colour: false,
            detail: Detail::Verbose,
        };
        let mut page = Page::new(options);
        page.paragraph("::stop-commands::x");
        page.paragraph(&format!("{} ::error::x", "wrapped ".repeat(4)));
        let text = page.into_text();
        assert!(
            text.lines()
                .all(|line| !line.trim_start().starts_with("::")),
            "{text}"
        );
    }
}
