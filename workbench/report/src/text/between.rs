//! What groups of runs show, for a terminal: sentences, tables of all requests, and of the labels what is not equivalent.

use workbench_analysis::{BetweenRuns, GroupComparison, Verdict};

use super::page::{Page, Tone};
use crate::between::{self, Part, words};
use crate::format;

/// Rows of single labels; the page has them all.
const LABELS: usize = 12;

pub(super) fn write(page: &mut Page, between: &BetweenRuns) {
    page.title(between::HEADING);
    if let Some(alone) = between::groups_alone(between) {
        page.paragraph(&alone);
    }
    let comparisons = between::comparisons(between);
    if comparisons.len() > between::FEW_COMPARISONS {
        if let Some(overview) = between::overview(between) {
            page.table(&overview);
        }
        page.paragraph("Every comparison with all its rows: see report.html.");
    } else {
        for comparison in comparisons {
            write_comparison(page, comparison, between);
        }
    }
    if comparisons.iter().any(|it| !it.rows.is_empty()) {
        page.gap();
        page.paragraph(&between::columns_of_changes(between));
    }
    if let Some(groups) = between::groups(between, Part::Total) {
        page.heading("Groups, all requests together");
        page.table(&groups);
        page.paragraph(&between::columns_of_groups(between));
    }
    write_several(page, between);
}

fn write_comparison(page: &mut Page, comparison: &GroupComparison, between: &BetweenRuns) {
    let told = between::told(comparison, between);
    page.heading(&told.title);
    page.item(
        words::verdict(told.verdict),
        Tone::of_verdict(told.verdict),
        &told.headline,
    );
    for (verdict, point) in &told.points {
        page.item(words::verdict(*verdict), Tone::of_verdict(*verdict), point);
    }
    page.paragraph(&told.basis);
    let of_rows = &told.warnings_of_rows;
    for warning in told
        .warnings
        .iter()
        .chain(of_rows.iter().take(between::FEW_WARNINGS))
    {
        page.item("!", Tone::Doubtful, warning);
    }
    if of_rows.len() > between::FEW_WARNINGS {
        let more = of_rows.len() - between::FEW_WARNINGS;
        page.item(
            "!",
            Tone::Doubtful,
            &format!("{more} more: see report.html"),
        );
    }
    if let Some(changes) = between::changes(comparison, Part::Total) {
        page.paragraph("All requests together:");
        page.table(&changes);
    }
    write_labels(page, comparison);
    if let Some(checks) = between::cross_checks(comparison, Part::Total) {
        page.paragraph("Cross-checks of all requests together, by ranks and effect sizes:");
        page.table(&checks);
    }
}

/// Of the labels only what one would look for: the page has them all.
fn write_labels(page: &mut Page, comparison: &GroupComparison) {
    let mut telling = comparison.clone();
    let labels = telling.rows.iter();
    let labels = labels.filter(|row| row.request != between::TOTAL).count();
    telling
        .rows
        .retain(|row| matches!(row.verdict, Verdict::Regressed | Verdict::Improved));
    // All requests together have been shown.
    telling.rows.retain(|row| row.request != between::TOTAL);
    let changed = telling.rows.len();
    telling.rows.truncate(LABELS);
    let shown = between::changes(&telling, Part::Labels);
    if let Some(table) = &shown {
        page.paragraph("Labels that changed:");
        page.table(table);
    }
    let more = changed - telling.rows.len();
    if more > 0 {
        page.paragraph(&format!(
            "{} of labels that changed: see report.html.",
            format::counted(more as u64, "more row")
        ));
    }
    if labels > changed {
        page.paragraph(&format!(
            "{} of single labels without a verdict of change: see report.html.",
            format::counted((labels - changed) as u64, "row")
        ));
    }
}

fn write_several(page: &mut Page, between: &BetweenRuns) {
    let overall = between::overall_tests(&between.several, Part::Total);
    let pairs = between::simultaneous_pairs(&between.several, Part::Total);
    if overall.is_none() && pairs.is_none() {
        return;
    }
    page.heading("All groups at once, all requests together");
    for table in overall.iter().chain(&pairs) {
        page.table(table);
    }
    page.paragraph(between::SEVERAL);
}
