//! What an audit of the gate found, for a terminal and as Markdown.

use workbench_analysis::gate::{AlarmRate, AuditReport};

use super::words;
use crate::TextOptions;
use crate::format::{self, NOTHING};
use crate::markdown::{escaped, push_heading, push_list, push_table};
use crate::table::{Cell, Column, Row, Table};
use crate::text::page::{Page, Tone};

/// The audit as text of at most `options.width` columns, ending with a line break.
#[must_use]
pub fn audit_text(report: &AuditReport, options: TextOptions) -> String {
    let mut page = Page::new(options);
    let (word, tone) = match report.within_nominal {
        Some(true) => ("AS PROMISED", Tone::Good),
        Some(false) => ("TOO MANY ALARMS", Tone::Bad),
        None if report.disjoint.comparisons > 0 => ("TOO FEW TO SAY", Tone::Doubtful),
        None => ("NOTHING TO COUNT", Tone::Doubtful),
    };
    page.title(&format!("Audit of the gate: {word}"));
    page.item(word, tone, &finding(report));
    page.table(&counts(report));
    page.paragraph(RESHUFFLED);
    page.paragraph(&words::policy(&report.policy));
    for note in &report.notes {
        page.item("!", Tone::Doubtful, note);
    }
    page.into_text()
}

/// The audit as GitHub Markdown.
#[must_use]
pub fn audit_markdown(report: &AuditReport) -> String {
    let mut page = String::new();
    push_heading(&mut page, 2, "Audit of the gate");
    page.push_str(&format!("{}\n\n", escaped(&finding(report))));
    push_table(&mut page, &counts(report));
    page.push_str(&format!("{RESHUFFLED}\n\n"));
    page.push_str(&format!("{}\n\n", escaped(&words::policy(&report.policy))));
    push_list(&mut page, &report.notes);
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

const RESHUFFLED: &str = "Disjoint comparisons share no run: their alarms are binomial. Reshuffled ones deal the same \
     runs out anew and share them: their rate says whether the tests suit such values, nothing of drift, and has no \
     interval.";

fn finding(report: &AuditReport) -> String {
    let disjoint = &report.disjoint;
    let Some(interval) = report.interval else {
        return "No comparison could be judged.".to_owned();
    };
    // So few comparisons contradict nothing.
    let contradiction = if report.most_alarms_allowed < disjoint.comparisons {
        format!(
            ", which more than {} in so many would contradict",
            format::counted(report.most_alarms_allowed, "alarm")
        )
    } else {
        String::new()
    };
    format!(
        "{} in {} of runs that differ in nothing; the true rate of false alarms lies between {} and {} \
         (Clopper and Pearson, {}). The gate promises {} at most{}.",
        format::counted(disjoint.regressed, "false alarm"),
        format::counted(disjoint.comparisons, "comparison"),
        format::percentage(interval.lower),
        interval
            .upper
            .map_or_else(|| "1".to_owned(), format::percentage),
        format::level(interval.confidence),
        format::level(report.policy.rule.alpha()),
        contradiction,
    )
}

fn counts(report: &AuditReport) -> Table {
    let row = |name: &str, rate: &AlarmRate| {
        let number = |count: u64| Cell::number(count as f64, format::count(count));
        Row::of(vec![
            Cell::text(name),
            number(rate.comparisons),
            number(rate.regressed),
            match rate.rate() {
                Some(share) => Cell::number(share, format::percentage(share)),
                None => Cell::text(NOTHING),
            },
            number(rate.improved),
            number(rate.passed),
            number(rate.inconclusive),
            number(rate.untested),
            number(rate.invalid),
        ])
    };
    let reshuffled = if report.reshuffled_exhaustively {
        "reshuffled, all ways"
    } else {
        "reshuffled at random"
    };
    Table::new(
        vec![
            Column::text("Comparisons", 0),
            Column::number("Number", "", 0),
            Column::number("Regressed", "", 0),
            Column::number("Rate", "", 0),
            Column::number("Improved", "", 1),
            Column::number("Passed", "", 2),
            Column::number("Inconclusive", "", 2),
            Column::number("Not tested", "", 1),
            Column::number("Invalid", "", 1),
        ],
        vec![
            row("disjoint", &report.disjoint),
            row(reshuffled, &report.reshuffled),
        ],
    )
}
