//! What it takes to find a change.

use workbench_analysis::gate::{Needed, PLANNED_CHANGES, PlanReport, PlanRow};

use super::terms;
use crate::document::{Block, Depth, Document, LINES_OF_A_COMPARISON, Section};
use crate::format::{self, duration};
use crate::table::{Cell, Column, Row, Table};

/// The report of a plan.
#[must_use]
pub fn plan(report: &PlanReport) -> Document {
    let title = "What it takes to find a change".to_owned();
    let mut document = Document::new(title, LINES_OF_A_COMPARISON);
    document.facts = basis(report);
    let mut blocks = Vec::new();
    if !report.rows.is_empty() {
        blocks.push(Block::table(
            "Pairs of runs, and their wall time",
            table(report),
        ));
        blocks.push(Block::paragraph(MEANING));
    }
    blocks.push(Block::paragraph(&terms::policy(&report.policy)));
    blocks.extend(report.notes.iter().map(|it| Block::warning(it)));
    let section = Section::new("needed", "Runs needed", Depth::Summary, blocks);
    document.sections.push(section);
    document
}

const MEANING: &str = "CV: coefficient of variation between runs of one version. Pairs: that of the ratio of candidate to baseline within a \
     pair. The other columns: pairs of runs, with their wall time, that detect a change of this size with 80% power.";

fn basis(report: &PlanReport) -> String {
    format!(
        "From {}, {} among them, which are taken for runs of one version; a pair takes {}.",
        format::counted(report.runs, "run"),
        format::counted(report.pairs, "pair"),
        duration(report.pair_s)
    )
}

/// Of the planned changes' columns: where there is no room for all, the changes that gates are for stay longest.
const RANKS: [u8; PLANNED_CHANGES.len()] = [4, 4, 2, 0, 1, 3];

fn table(report: &PlanReport) -> Table {
    let mut columns = vec![
        Column::text("Request", 0),
        Column::text("Metric", 0),
        Column::number("CV", "", 1),
        Column::number("Pairs", "", 5),
    ];
    let changes = PLANNED_CHANGES.into_iter().zip(RANKS);
    columns
        .extend(changes.map(|(change, rank)| {
            Column::number(&format!("+{}", format::level(change)), "", rank)
        }));
    Table::new(columns, report.rows.iter().map(row).collect())
}

fn row(row: &PlanRow) -> Row {
    let mut cells = vec![
        Cell::text(&row.request),
        Cell::text(row.metric.as_str()),
        Cell::shown(row.between_runs, format::percentage),
        Cell::shown(row.of_pairs, format::percentage),
    ];
    cells.extend(row.needed.iter().map(needed));
    Row::of(cells)
}

fn needed(needed: &Needed) -> Cell {
    match (needed.pairs, needed.wall_s) {
        (Some(pairs), Some(wall_s)) => Cell::number(
            pairs as f64,
            format!("{} ({})", format::count(pairs), duration(wall_s)),
        ),
        _ => Cell::nothing(),
    }
}
