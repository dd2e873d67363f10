//! The document for a terminal.

use super::page::Tone;
use super::{Block, Depth, Detail, Document, Level, Note, Page, Section, TextOptions};

/// Rows of a table in the verbose text, and those that the brief text tries one after the other.
const ROWS: usize = 20;
const ROWS_OF_BRIEF: std::ops::RangeInclusive<usize> = 1..=12;

/// Kinds of notes that the brief text shows of a block.
const NOTES_OF_BRIEF: usize = 4;

/// Lines of a note in the brief text, and the least rows of tables that are worth more than whole notes.
const LINES_OF_A_NOTE: usize = 3;
const ROWS_WITH_WHOLE_NOTES: usize = 5;

pub(super) fn text(document: &Document, options: TextOptions) -> String {
    if options.detail != Detail::Brief {
        return Terminal::of(document, options, ROWS, LINES_OF_A_NOTE);
    }
    let whole = ROWS_OF_BRIEF.rev().map(|rows| (rows, LINES_OF_A_NOTE));
    let whole = whole.filter(|(rows, _)| *rows >= ROWS_WITH_WHOLE_NOTES);
    let cut = ROWS_OF_BRIEF.rev().map(|rows| (rows, 1));
    let mut text = String::new();
    for (rows, lines_of_a_note) in whole.chain(cut) {
        text = Terminal::of(document, options, rows, lines_of_a_note);
        if text.lines().count() <= document.lines {
            break;
        }
    }
    text
}

struct Terminal {
    page: Page,
    detail: Detail,
    /// Most rows of a table.
    rows: usize,
    lines_of_a_note: usize,
}

impl Terminal {
    fn of(
        document: &Document,
        options: TextOptions,
        rows: usize,
        lines_of_a_note: usize,
    ) -> String {
        let mut terminal = Self {
            page: Page::new(options),
            detail: options.detail,
            rows,
            lines_of_a_note,
        };
        terminal.document(document);
        terminal.page.into_text()
    }

    fn document(&mut self, document: &Document) {
        let page = &mut self.page;
        page.title(&document.title);
        if self.detail != Detail::Study {
            if let Some(it) = &document.conclusion {
                page.item_of(&it.word, it.level.into(), &it.text, usize::MAX);
            }
            if !document.facts.is_empty() {
                page.paragraph(&document.facts);
            }
            // A table has the changes of a comparison, with verdicts.
            let figures = document.key_figures.iter();
            let figures: Vec<_> = figures.filter(|it| it.change.is_none()).collect();
            if !figures.is_empty() {
                page.gap();
                page.key_figures(&figures);
            }
        }
        for section in &document.sections {
            let is_wanted = match self.detail {
                Detail::Brief => matches!(section.depth, Depth::Summary | Depth::TerminalOnly),
                Detail::Verbose => !matches!(section.depth, Depth::Study | Depth::StudyIfAsked),
                Detail::Study => matches!(section.depth, Depth::Study | Depth::StudyIfAsked),
            };
            if is_wanted && self.is_seen(&section.blocks) {
                self.section(section);
            }
        }
    }

    fn section(&mut self, section: &Section) {
        self.page.heading(&section.title);
        self.blocks(&section.blocks);
    }

    /// Whether anything of these blocks is shown.
    fn is_seen(&self, blocks: &[Block]) -> bool {
        Block::any_text(blocks, self.detail != Detail::Brief)
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for (place, block) in blocks.iter().enumerate() {
            match block {
                Block::Heading(heading) => {
                    let rest = &blocks[place + 1..];
                    let end = rest.iter().position(|it| matches!(it, Block::Heading(_)));
                    if self.is_seen(&rest[..end.unwrap_or(rest.len())]) {
                        self.page.heading(heading);
                    }
                }
                Block::Paragraph(text) => self.page.paragraph(text),
                Block::Finding(it) => self.page.item(&it.word, it.level, &it.text),
                Block::Table(_, table) => {
                    let rows = match self.detail {
                        Detail::Brief => self.rows.min(table.most_in_brief),
                        Detail::Verbose | Detail::Study => self.rows,
                    };
                    self.page.table(&table.clone().first(rows));
                }
                Block::Notes(notes) => self.notes(notes),
                Block::Command(command) => self.page.command(command),
                Block::Text(name, text) => {
                    self.page.paragraph(&format!("{name}:"));
                    for line in text.lines() {
                        self.page.verbatim("", "", Tone::Strong, line);
                    }
                }
                Block::Facts(facts) => {
                    for (name, value) in facts {
                        self.page.item(name, Tone::Name, value);
                    }
                }
                Block::Details(summary, inner) if self.is_seen(std::slice::from_ref(block)) => {
                    self.page.heading(summary);
                    self.blocks(inner);
                }
                _ => {}
            }
        }
    }

    fn notes(&mut self, notes: &[Note]) {
        if self.detail != Detail::Brief {
            for note in notes {
                self.page.item("!", Level::Open, &note.line());
            }
            return;
        }
        for note in notes.iter().take(NOTES_OF_BRIEF) {
            let line = match note.count {
                0 | 1 => note.line(),
                count => format!("{count} warnings: {}", note.line()),
            };
            let most = self.lines_of_a_note;
            self.page.item_of("!", Tone::Doubtful, &line, most);
        }
        if notes.len() > NOTES_OF_BRIEF {
            let more = notes.len() - NOTES_OF_BRIEF;
            let more = format!("{more} more kinds of warning: --verbose");
            self.page.item_of("!", Tone::Doubtful, &more, 1);
        }
    }
}
