//! The gate's report for a terminal: conclusion, reasons, table, what to do.

use workbench_analysis::gate::{Conclusion, GateReport};

use super::{table, words};
use crate::TextOptions;
use crate::alike::{SharedText, few, grouped};
use crate::text::page::{Page, Tone};

/// The report as text of at most `options.width` columns, ending with a line break.
#[must_use]
pub fn text(report: &GateReport, options: TextOptions) -> String {
    let mut page = Page::new(options);
    let tone = match report.conclusion {
        Conclusion::Passed => Tone::Good,
        Conclusion::Inconclusive => Tone::Doubtful,
        Conclusion::Failed | Conclusion::Invalid => Tone::Bad,
    };
    let word = words::conclusion(report.conclusion);
    page.title(&format!("Gate: {word}"));
    page.item(word, tone, words::meaning(report.conclusion));
    for reason in &report.reasons {
        page.item("-", Tone::Strong, reason);
    }
    page.heading("Compared");
    page.paragraph(&words::sides(report));
    page.paragraph(&words::policy(&report.policy));
    if !report.rows.is_empty() {
        page.heading("Rows");
        page.table(&table::rows(report));
        page.paragraph(&words::columns(report));
    }
    if report.forced {
        page.heading("Forced in spite of");
        for objection in &report.objections {
            page.item(objection.kind.as_str(), Tone::Bad, &objection.finding);
        }
    }
    let warnings = warnings(report);
    if !warnings.is_empty() {
        page.heading("Warnings");
        for warning in warnings {
            page.item("!", Tone::Doubtful, &warning);
        }
    }
    if !report.advice.is_empty() {
        page.heading("How to go on");
        for advice in &report.advice {
            page.item("-", Tone::Strong, advice);
        }
    }
    page.into_text()
}

/// Warnings of all, then of rows with their names; each of those once.
pub(super) fn warnings(report: &GateReport) -> Vec<String> {
    let mut warnings = report.warnings.clone();
    let of_rows = report.rows.iter().flat_map(|row| {
        let it = &row.comparison;
        let name = format!("{} of {}", it.metric.as_str(), it.request);
        let of_row = it.warnings.iter();
        of_row.map(move |warning| (name.clone(), warning.as_str()))
    });
    for SharedText { text, of } in grouped(of_rows) {
        warnings.push(if of.len() == report.rows.len() {
            text
        } else {
            format!("{}: {text}", few(&of))
        });
    }
    warnings
}
