//! What an audit of the gate found.

use workbench_analysis::gate::{AlarmRate, AuditReport};

use super::terms;
use crate::document::{Block, Depth, Document, Finding, LINES_OF_A_COMPARISON, Level, Section};
use crate::format;
use crate::table::{Cell, Column, Row, Table};

/// The report of an audit.
#[must_use]
pub fn audit(report: &AuditReport) -> Document {
    let (word, level) = match report.within_nominal {
        Some(true) => ("AS PROMISED", Level::Good),
        Some(false) => ("TOO MANY ALARMS", Level::Bad),
        None if report.disjoint.comparisons > 0 => ("TOO FEW TO SAY", Level::Open),
        None => ("NOTHING TO COUNT", Level::Open),
    };
    let title = format!("Audit of the gate: {word}");
    let mut document = Document::new(title, LINES_OF_A_COMPARISON);
    document.conclusion = Some(Finding::new(level, word, &finding(report)));
    let mut blocks = vec![
        Block::table("Comparisons and false alarms", counts(report)),
        Block::paragraph(RESHUFFLED),
        Block::paragraph(&terms::policy(&report.policy)),
    ];
    blocks.extend(report.notes.iter().map(|it| Block::warning(it)));
    let section = Section::new("counts", "False alarms", Depth::Summary, blocks);
    document.sections.push(section);
    document
}

const RESHUFFLED: &str = "Disjoint comparisons share no run, so the number of their alarms is binomial. Reshuffled \
     comparisons divide the same runs again and again and are not independent. Their rate shows whether the tests suit such \
     values; it does not show the effect of drift, and it has no interval.";

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
        Row::of(vec![
            Cell::text(name),
            Cell::count(rate.comparisons),
            Cell::count(rate.regressed),
            Cell::optional(rate.rate(), format::percentage),
            Cell::count(rate.improved),
            Cell::count(rate.passed),
            Cell::count(rate.inconclusive),
            Cell::count(rate.untested),
            Cell::count(rate.invalid),
        ])
    };
    let reshuffled = if report.reshuffled_exhaustively {
        "reshuffled, all splits"
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
