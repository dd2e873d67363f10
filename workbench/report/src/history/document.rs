//! A history as a document.

use workbench_analysis::history::History;

use super::{tables, terms};
use crate::document::{Block, Depth, Document, Finding, LINES_OF_A_RUN, Level, Section};
use crate::figure;
use crate::figures::shared;

/// The newest sessions that text shows; a page has all.
const SESSIONS: usize = 5;

/// The report: conclusion, changes, trends, and the newest sessions.
#[must_use]
pub fn document(history: &History) -> Document {
    of(history, false)
}

/// The same with figures and every session.
pub(super) fn with_figures(history: &History) -> Document {
    of(history, true)
}

fn of(history: &History, is_page: bool) -> Document {
    let title = format!("History of {}: {}", history.source, terms::extent(history));
    let mut document = Document::new(title, LINES_OF_A_RUN);
    document.conclusion = Some(Finding::new(Level::Plain, "", &terms::conclusion(history)));
    let mut add = |id: &str, title: &str, blocks: Vec<Block>| {
        let section = Section::new(id, title, Depth::Summary, blocks);
        document.sections.push(section);
    };
    let changes = tables::changes(history);
    if !changes.rows.is_empty() {
        add(
            "changes",
            "Changes",
            vec![
                Block::table("Change points, the newest first", changes),
                Block::explanation("How to read this table", &terms::reading(history)),
            ],
        );
    }
    let mut trends = vec![Block::table(
        "Levels of each metric",
        tables::trends(history),
    )];
    if is_page {
        trends.extend(Block::figures(&shared(figure::of_history(history))));
    }
    add("trends", "Trends", trends);
    let shown = if is_page { usize::MAX } else { SESSIONS };
    let caption = "Values of each session; an arrow where a level begins";
    let mut sessions = vec![Block::table(
        caption,
        tables::sessions(history, shown).never_cut(),
    )];
    let earlier = history.sessions.len().saturating_sub(shown);
    if earlier > 0 {
        sessions.push(Block::paragraph(&format!(
            "{earlier} earlier ones: see --html, --csv or --format json."
        )));
    }
    add("sessions", "Sessions", sessions);
    for (id, title, items) in [
        (
            "breaks",
            terms::heading_of_breaks(history),
            terms::breaks(history),
        ),
        ("warnings", "Warnings", history.warnings.clone()),
    ] {
        if !items.is_empty() {
            add(
                id,
                title,
                items.iter().map(|it| Block::warning(it)).collect(),
            );
        }
    }
    document
}
