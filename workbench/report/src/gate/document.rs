//! The gate's report as a document.

use workbench_analysis::gate::{Conclusion, GateReport};

use super::{table, terms};
use crate::document::{
    Block, Depth, Document, Finding, LINES_OF_A_COMPARISON, Level, Note, Section,
};

/// The report: conclusion, reasons, what was compared, the rows, warnings, and how to go on.
#[must_use]
pub fn document(report: &GateReport) -> Document {
    let word = terms::conclusion(report.conclusion);
    let mut document = Document::new(format!("Gate: {word}"), LINES_OF_A_COMPARISON);
    document.mark = Some(mark(report.conclusion));
    let meaning = terms::meaning(report.conclusion);
    document.conclusion = Some(Finding::new(level(report.conclusion), word, meaning));
    let mut add = |id: &str, title: &str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            let section = Section::new(id, title, Depth::Summary, blocks);
            document.sections.push(section);
        }
    };
    let reasons = Block::plain(&report.reasons).collect();
    add("reasons", "Reasons", reasons);
    let mut compared = vec![
        Block::paragraph(&terms::sides(report)),
        Block::paragraph(&terms::policy(&report.policy)),
    ];
    if !report.rows.is_empty() {
        compared.push(Block::table("What the gate judges", table::rows(report)));
        compared.push(Block::explanation(
            "How to read this table",
            &terms::columns(report),
        ));
    }
    add("compared", "Compared", compared);
    if report.forced {
        add("forced", "Forced despite", objections(report).collect());
    }
    let warnings = warnings(report);
    let warnings = warnings.iter().map(|it| Block::warning(&it.line()));
    add("warnings", "Warnings", warnings.collect());
    let advice = Block::plain(&report.advice).collect();
    add("advice", "Next steps", advice);
    document
}

/// What speaks against comparing these runs.
pub(super) fn objections(report: &GateReport) -> impl Iterator<Item = Block> {
    let objections = report.objections.iter();
    objections.map(|it| Block::finding(Level::Bad, it.kind.as_str(), &it.finding))
}

/// The level of a conclusion.
pub(crate) fn level(conclusion: Conclusion) -> Level {
    match conclusion {
        Conclusion::Passed => Level::Good,
        Conclusion::Inconclusive => Level::Open,
        Conclusion::Failed | Conclusion::Invalid => Level::Bad,
    }
}

/// A mark that is seen from afar.
pub(super) fn mark(conclusion: Conclusion) -> char {
    match conclusion {
        Conclusion::Passed => '✅',
        Conclusion::Failed => '❌',
        Conclusion::Inconclusive => '❔',
        Conclusion::Invalid => '⛔',
    }
}

/// Warnings of all, then of rows with their names; each of those once.
pub(super) fn warnings(report: &GateReport) -> Vec<Note> {
    let mut warnings: Vec<Note> = report.warnings.iter().map(|it| Note::of_all(it)).collect();
    let of_rows = report.rows.iter().flat_map(|row| {
        let it = &row.comparison;
        let name = format!("{} of {}", it.metric.as_str(), it.request);
        let of_row = it.warnings.iter();
        of_row.map(move |warning| (name.clone(), warning.as_str()))
    });
    warnings.extend(Note::of_rows(of_rows, report.rows.len()));
    warnings
}
