//! Text laid out for a terminal's width, with or without colour.

use workbench_analysis::Verdict;
use workbench_samples::CheckStatus;

use super::{TextOptions, grid};
use crate::table::{Table, one_line};

/// Narrower terminals could not show a label beside a number.
const NARROWEST: u16 = 40;

/// Text that grows downwards.
pub(crate) struct Page {
    text: String,
    width: usize,
    colour: bool,
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
    pub(crate) fn of_check(status: CheckStatus) -> Self {
        match status {
            CheckStatus::Passed => Self::Good,
            CheckStatus::Warning => Self::Doubtful,
            CheckStatus::Failed => Self::Bad,
        }
    }

    pub(super) fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Invalid | Verdict::Regressed => Self::Bad,
            Verdict::Equivalent | Verdict::Improved => Self::Good,
            Verdict::Inconclusive => Self::Doubtful,
        }
    }

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
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Begins a run or the comparison.
    pub(crate) fn title(&mut self, title: &str) {
        self.gap();
        let lines = textwrap::wrap(&one_line(title), self.width)
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
        for line in textwrap::wrap(&one_line(heading), self.width) {
            self.line(&self.painted(&line, Tone::Strong));
        }
    }

    /// A line that must not be missed.
    pub(crate) fn warning(&mut self, warning: &str) {
        self.gap();
        self.line(&self.painted(warning, Tone::Doubtful));
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        for line in textwrap::wrap(&one_line(text), self.width) {
            self.line(&line);
        }
    }

    /// A command, which is broken only where it is wider than the terminal.
    pub(super) fn command(&mut self, command: &str) {
        let options = textwrap::Options::new(self.width)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .initial_indent("  ")
            .subsequent_indent("  ");
        for line in textwrap::wrap(&one_line(command), options) {
            self.line(&line);
        }
    }

    /// A word on how something went, and what went that way.
    pub(crate) fn item(&mut self, word: &str, tone: Tone, finding: &str) {
        let first = format!("  {word}  ");
        let indent = " ".repeat(first.chars().count());
        let options = textwrap::Options::new(self.width)
            .initial_indent(&first)
            .subsequent_indent(&indent);
        for (index, line) in textwrap::wrap(&one_line(finding), options)
            .iter()
            .enumerate()
        {
            if index == 0 {
                self.line(&line.replacen(word, &self.painted(word, tone), 1));
            } else {
                self.line(line);
            }
        }
    }

    /// A line as it is, however long, of which a part is coloured.
    pub(super) fn verbatim(&mut self, before: &str, part: &str, tone: Tone, behind: &str) {
        let part = if part.is_empty() {
            String::new()
        } else {
            self.painted(part, tone)
        };
        self.line(&format!("{before}{part}{behind}"));
    }

    /// A table, without the columns for which there is no room; these are named below it.
    pub(crate) fn table(&mut self, table: &Table) {
        let grid = grid::fitted(table, self.width);
        for line in &grid.lines {
            self.line(line);
        }
        if !grid.left_out.is_empty() {
            let left_out = grid.left_out.join(", ");
            self.paragraph(&format!("Not shown for want of room: {left_out}."));
        }
        if let Some(left_out) = &table.left_out {
            self.paragraph(left_out);
        }
    }

    fn painted(&self, text: &str, tone: Tone) -> String {
        if self.colour {
            format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code())
        } else {
            text.to_owned()
        }
    }

    /// An empty line, but not at the beginning.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&without_command(line.trim_end()));
        self.text.push('\n');
    }
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
