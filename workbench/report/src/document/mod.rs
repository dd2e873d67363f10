//! A report as plain data, and its renderers.
//!
//! A [`Document`] is built once, by the functions in [`crate::section`] and by those of the gate, the history and the
//! calibration. A renderer decides how a block looks and whether it is shown at all; it adds no sentence of its own.
//! Explanations are in [`Block::Details`]: folded on a page and in Markdown, left out on a terminal
//! unless the text is [`Detail::Verbose`].

mod grid;
mod html;
mod markdown;
mod note;
mod page;
mod terminal;

use std::rc::Rc;

use workbench_analysis::{ThresholdStatus, Verdict};
use workbench_samples::CheckStatus;

use crate::chart::Charts;
use crate::figure::Figure;
use crate::table::{Table, one_line};

pub(crate) use html::page as html_page;
pub(crate) use markdown::{escaped, push_heading, push_list, push_table};
pub(crate) use note::{Note, SharedText, few, grouped};
pub(crate) use page::{Page, Tone};

/// How much a terminal shows of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Conclusion, key figures, tables and warnings, in few lines.
    Brief,
    /// Everything that text can show.
    Verbose,
    /// The procedure of the student report by itself.
    Study,
}

/// What the terminal can show, and how much of it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns of the terminal; below 40 it is taken for 40.
    pub width: u16,
    /// Whether colours are wanted.
    pub colour: bool,
    /// How much is shown.
    pub detail: Detail,
}

/// A report, to be rendered as often as wanted.
pub struct Document {
    pub(crate) title: String,
    /// A symbol of the conclusion before the title in Markdown, for lists of many documents.
    pub(crate) mark: Option<char>,
    /// The conclusion in one sentence, with its reason.
    pub(crate) conclusion: Option<Finding>,
    /// What was run or compared, when, and for how long.
    pub(crate) facts: String,
    pub(crate) key_figures: Vec<KeyFigure>,
    pub(crate) sections: Vec<Section>,
    /// Most lines of the brief text; tables lose rows to stay within it.
    pub(crate) lines: usize,
}

/// Lines of a run's brief text, and of a comparison's: two less than 40 and 60, for the line that names the report.
pub(crate) const LINES_OF_A_RUN: usize = 38;
/// See [`LINES_OF_A_RUN`].
pub(crate) const LINES_OF_A_COMPARISON: usize = 58;

impl Document {
    /// A document without anything but its title.
    pub(crate) fn new(title: String, lines: usize) -> Self {
        Self {
            title,
            mark: None,
            conclusion: None,
            facts: String::new(),
            key_figures: Vec::new(),
            sections: Vec::new(),
            lines,
        }
    }

    /// For a terminal: at most `options.width` columns, ending with a line break.
    #[must_use]
    pub fn text(&self, options: TextOptions) -> String {
        terminal::text(self, options)
    }

    /// As GitHub Markdown, for a pull request or the summary of a job.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::text(self)
    }
}

/// How a finding is meant; a renderer shows it as a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Good,
    /// Neither good nor bad: undecided, doubtful, not checked.
    Open,
    Bad,
    /// Not a judgement.
    Plain,
}

impl Level {
    /// The class of its colours on a page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Open => "open",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

impl From<CheckStatus> for Level {
    fn from(status: CheckStatus) -> Self {
        match status {
            CheckStatus::Passed => Self::Good,
            CheckStatus::NotChecked | CheckStatus::Warning => Self::Open,
            CheckStatus::Failed => Self::Bad,
        }
    }
}

impl From<ThresholdStatus> for Level {
    fn from(status: ThresholdStatus) -> Self {
        match status {
            ThresholdStatus::Passed => Self::Good,
            ThresholdStatus::Undecided => Self::Open,
            ThresholdStatus::Missed => Self::Bad,
        }
    }
}

impl From<Verdict> for Level {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Invalid | Verdict::Regressed => Self::Bad,
            Verdict::Equivalent | Verdict::Improved => Self::Good,
            Verdict::Inconclusive => Self::Open,
        }
    }
}

/// A judgement with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// Empty for a finding that judges nothing.
    pub(crate) word: String,
    pub(crate) text: String,
}

impl Finding {
    pub(crate) fn new(level: impl Into<Level>, word: &str, text: &str) -> Self {
        Self {
            level: level.into(),
            word: word.to_owned(),
            text: one_line(text),
        }
    }
}

/// A number that stands at the top.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyFigure {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Its interval, or what else belongs beside it; may be empty.
    pub(crate) beside: String,
    pub(crate) level: Level,
    /// A change within its interval and the margin; a page draws it.
    pub(crate) change: Option<Change>,
}

/// A change with its interval and the margin around 0, as fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) value: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) margin: f64,
}

/// Where a section is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Everywhere.
    Summary,
    /// Everywhere but in the brief text.
    More,
    /// In the brief and the verbose text, for what a page has in full.
    TerminalOnly,
    /// Folded on a page and in Markdown; on a terminal only where it is asked for.
    Study,
    /// The same, and only where the text of it is asked for.
    StudyIfAsked,
}

/// A part with a heading.
pub(crate) struct Section {
    /// Its anchor on a page.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) depth: Depth,
    pub(crate) blocks: Vec<Block>,
}

impl Section {
    pub(crate) fn new(id: &str, title: &str, depth: Depth, blocks: Vec<Block>) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            depth,
            blocks,
        }
    }
}

/// A part of a section.
pub(crate) enum Block {
    Heading(String),
    Paragraph(String),
    Finding(Finding),
    /// A table with its caption.
    Table(String, Table),
    /// Shown on a page; its files are written beside it.
    Figure(Rc<Figure>),
    /// Charts that answer to the pointer; pictures where scripts do not run. On a page alone.
    Charts(Charts),
    /// Warnings and refusals, each kind once.
    Notes(Vec<Note>),
    /// A command that the reader may want to run.
    Command(String),
    /// A file or a message as it is, under its name.
    Text(String, String),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// Opens on demand, under a line that says what it holds.
    Details(String, Vec<Block>),
    /// For a page alone: what text cannot show, or not in reasonable length.
    PageOnly(Vec<Block>),
    /// A link on a page: its address and its text.
    Link(String, String),
}

impl Block {
    pub(crate) fn paragraph(text: &str) -> Self {
        Self::Paragraph(one_line(text))
    }

    pub(crate) fn details(summary: &str, blocks: Vec<Self>) -> Self {
        Self::Details(summary.to_owned(), blocks)
    }

    /// An explanation, which stands folded below what it explains.
    pub(crate) fn explanation(summary: &str, text: &str) -> Self {
        Self::details(summary, vec![Self::paragraph(text)])
    }

    pub(crate) fn table(caption: &str, table: Table) -> Self {
        Self::Table(caption.to_owned(), table)
    }

    /// Nothing where there is no table.
    pub(crate) fn optional_table(caption: &str, table: Option<Table>) -> Option<Self> {
        table.map(|table| Self::table(caption, table))
    }

    /// A table that opens on demand.
    pub(crate) fn folded_table(caption: &str, table: Option<Table>) -> Option<Self> {
        table.map(|table| Self::details(caption, vec![Self::table(caption, table)]))
    }

    pub(crate) fn finding(level: impl Into<Level>, word: &str, text: &str) -> Self {
        Self::Finding(Finding::new(level, word, text))
    }

    /// Findings that judge nothing.
    pub(crate) fn plain<'a>(
        texts: impl IntoIterator<Item = &'a String>,
    ) -> impl Iterator<Item = Self> {
        let texts = texts.into_iter();
        texts.map(|text| Self::finding(Level::Plain, "", text))
    }

    /// A warning that is shown in full.
    pub(crate) fn warning(text: &str) -> Self {
        Self::finding(Level::Open, "!", text)
    }

    /// `None` where there are none.
    pub(crate) fn notes(notes: Vec<Note>) -> Option<Self> {
        (!notes.is_empty()).then_some(Self::Notes(notes))
    }

    /// Whether text has anything of it: a heading alone is not, and what is folded is where it `unfolds`.
    fn is_text(&self, unfolds: bool) -> bool {
        match self {
            Self::PageOnly(_)
            | Self::Figure(_)
            | Self::Charts(_)
            | Self::Link(..)
            | Self::Heading(_) => false,
            Self::Details(_, inner) => unfolds && Self::any_text(inner, unfolds),
            _ => true,
        }
    }

    fn any_text(blocks: &[Self], unfolds: bool) -> bool {
        blocks.iter().any(|block| block.is_text(unfolds))
    }

    pub(crate) fn figures(figures: &[Rc<Figure>]) -> impl Iterator<Item = Self> {
        figures.iter().map(|figure| Self::Figure(Rc::clone(figure)))
    }
}
