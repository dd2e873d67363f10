//! The verdict as a page, and what is kept of it beside a series.

use std::path::{Path, PathBuf};

use workbench_analysis::gate::{GATE_SCHEMA_VERSION, GateReport, GateRow, RowOutcome};
use workbench_analysis::{GroupRun, Metric, Pairing};
use workbench_samples::{Series, SeriesOrder, SeriesRun, SeriesRunState};

use super::{document, table, terms};
use crate::document::{Block, Depth, Document, Finding, KeyFigure, Level, Section, html_page};
use crate::error::ReportError;
use crate::figure::{self, Changes};
use crate::figures::shared;
use crate::format;
use crate::groups::{self, TOTAL, terms as of_groups};
use crate::judgement;
use crate::table::{Cell, Column, Row, Table, one_line};
use crate::write::{own_report, write_file};

/// Name of the page in the folder of a series.
pub const VERDICT_PAGE: &str = "verdict.html";

/// Name of the report as JSON beside it, from which the index of results takes the verdict.
pub const VERDICT_FILE: &str = "verdict.json";

/// Changes at the top of the page; the table has all.
const KEY_FIGURES: usize = 6;

/// More runs are folded.
const RUNS: usize = 24;

/// How the verdict came about.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    /// Commands that lead to it again, each with what it does.
    pub commands: Vec<(&'static str, String)>,
    /// The folder of the series that was judged.
    pub series: Option<&'a Path>,
}

/// The page: conclusion, changes with interval and margin, the rows, the runs, and how to come to the same verdict.
///
/// # Errors
/// When the figure or the page cannot be made.
pub fn page(report: &GateReport, made: &Made<'_>) -> Result<String, ReportError> {
    html_page(&of(report, made, None))
}

/// Writes the page and the report as JSON into the folder of the series, and returns nothing where there is none.
///
/// # Errors
/// When the page cannot be made, or a file cannot be written.
pub fn write_verdict(report: &GateReport, made: &Made<'_>) -> Result<Option<PathBuf>, ReportError> {
    let Some(folder) = made.series else {
        return Ok(None);
    };
    let page = folder.join(VERDICT_PAGE);
    let html = html_page(&of(report, made, Some(folder)))?;
    write_file(&page, html.as_bytes())?;
    let json = serde_json::to_string_pretty(report).unwrap_or_default();
    write_file(&folder.join(VERDICT_FILE), format!("{json}\n").as_bytes())?;
    Ok(Some(page))
}

/// `linked_from`: the folder that the page is for, from which it links to the runs' reports.
fn of(report: &GateReport, made: &Made<'_>, linked_from: Option<&Path>) -> Document {
    let mut document = document(report);
    document.title = one_line(&format!(
        "{} against {}: verdict",
        report.candidate.name, report.baseline.name
    ));
    document.facts = facts(report);
    // The conclusion has the first reason, so that no section is needed for it alone.
    if let (Some(conclusion), [reason, others @ ..]) = (&mut document.conclusion, &*report.reasons)
    {
        conclusion.text = one_line(&format!("{} {}.", conclusion.text, reason));
        if others.is_empty() {
            document.sections.retain(|it| it.id != "reasons");
        }
    }
    document.key_figures = key_figures(report);
    let compared = document.sections.iter_mut().find(|it| it.id == "compared");
    if let Some(compared) = compared {
        let rows = report.rows.iter().map(|row| &row.comparison);
        let changes = Changes {
            rows: rows.collect(),
            baseline: &report.baseline.name,
            candidate: &report.candidate.name,
            margin: report.policy.rule.margin(),
            error_rate_margin: report.policy.rule.error_rate_margin(),
            confidence: report.confidence(),
        };
        let figures = figure::of_changes(&changes, "changes", true).into_iter();
        let figures = shared(figures.collect());
        compared.blocks.extend(Block::figures(&figures));
    }
    let series = made.series.and_then(|folder| Series::read(folder).ok());
    let more = |id: &str, title: &str, blocks| Section::new(id, title, Depth::More, blocks);
    document.sections.extend([
        more(
            "validity",
            "Validity of the runs",
            validity(report, linked_from),
        ),
        more(
            "done",
            "What was done",
            vec![Block::Facts(done(report, series.as_ref()))],
        ),
    ]);
    let commands = made.commands.iter();
    let commands = commands
        .flat_map(|(what, command)| [Block::paragraph(what), Block::Command(one_line(command))]);
    let section = more("reproduce", "How to reproduce it", commands.collect());
    document.sections.push(section);
    document
}

fn all_runs(report: &GateReport) -> impl Iterator<Item = (&'static str, &GroupRun)> {
    let sides = [
        ("baseline", &report.baseline),
        ("candidate", &report.candidate),
    ];
    let sides = sides.into_iter();
    sides.flat_map(|(name, side)| side.runs.iter().map(move |run| (name, run)))
}

fn facts(report: &GateReport) -> String {
    let runs = match (report.baseline.history, report.pairing) {
        (true, _) => format!(
            "One run against a history of {}.",
            format::counted(report.baseline.compared, "session")
        ),
        (false, Pairing::Pairs) => format!(
            "{} of runs.",
            format::counted(report.baseline.compared, "pair")
        ),
        (false, Pairing::Independent) => format!(
            "{} against {}.",
            format::counted(report.candidate.compared, "run"),
            format::counted(report.baseline.compared, "run")
        ),
    };
    format!(
        "{runs} {} Intervals of {} confidence.",
        terms::margins(&report.policy),
        format::level(report.confidence())
    )
}

/// The gated changes of all requests together; of the labels where nothing else is gated.
fn key_figures(report: &GateReport) -> Vec<KeyFigure> {
    let of_total = |row: &&GateRow| row.comparison.request == TOTAL;
    let has_total = report.rows.iter().any(|row| of_total(&row));
    let rows = report.rows.iter();
    let rows = rows.filter(|row| of_total(row) || !has_total);
    let figure = |row: &GateRow| {
        let it = &row.comparison;
        let margin = match it.metric {
            Metric::ErrorRate => report.policy.rule.error_rate_margin(),
            _ => report.policy.rule.margin(),
        };
        let name = match has_total {
            true => of_groups::metric(it.metric).to_owned(),
            false => of_groups::subject(&it.request, it.metric),
        };
        groups::key_figure(&name, it, margin, table::level(row.outcome))
    };
    rows.filter_map(figure).take(KEY_FIGURES).collect()
}

fn validity(report: &GateReport, linked_from: Option<&Path>) -> Vec<Block> {
    let runs = all_runs(report).count() as u64;
    let invalid: Vec<&str> = all_runs(report)
        .filter(|(_, run)| !run.valid)
        .map(|(_, run)| &*run.run)
        .collect();
    let runs = format::counted(runs, "run");
    let mut blocks = vec![Block::paragraph(&match invalid.as_slice() {
        [] => format!("{runs}, all valid."),
        some => format!("{runs}. INVALID: {}.", some.join(", ")),
    })];
    if !report.forced {
        blocks.extend(document::objections(report));
    }
    let rows = all_runs(report).map(|(side, run)| {
        let word = judgement::validity(run.valid);
        let level = if run.valid { Level::Good } else { Level::Bad };
        let block = run.block.as_ref().map(|(_, block)| u64::from(*block));
        Row::of(vec![
            Cell::text(&run.run)
                .linked(linked_from.and_then(|folder| own_report(&run.run, folder))),
            Cell::text(side),
            block.map_or_else(Cell::nothing, Cell::count),
            Cell::badge(word, level),
        ])
    });
    let columns = vec![
        Column::text("Run", 0),
        Column::text("Side", 0),
        Column::number("Block", "", 0),
        Column::text("Validity", 0),
    ];
    let table = Table::new(columns, rows.collect());
    blocks.extend(if table.rows.len() > RUNS {
        Block::folded_table("Each run", Some(table))
    } else {
        table
            .unless_empty()
            .map(|table| Block::table("Each run", table))
    });
    blocks
}

/// Names and values: what was compared, in which order, by which test.
fn done(report: &GateReport, series: Option<&Series>) -> Vec<(String, String)> {
    let mut facts = vec![
        ("baseline", terms::side(&report.baseline)),
        ("candidate", terms::side(&report.candidate)),
    ];
    if let Some(series) = series {
        let order = match series.order {
            SeriesOrder::Abba => "the sides in turn, in ABBA order".to_owned(),
            SeriesOrder::Random { seed } => format!("the sides in random order, seed {seed}"),
            SeriesOrder::Together { seed } => {
                format!("both sides at the same time, who starts first drawn with seed {seed}")
            }
        };
        let blocks = format::counted(series.repetitions.into(), "block");
        let decided = series.until_decided.as_ref();
        let blocks = match decided.map(|it| it.decided_at) {
            None => blocks,
            Some(None) => format!("at most {blocks}"),
            Some(Some(block)) => format!("{block} of at most {blocks}, then it was decided"),
        };
        facts.extend([
            ("series", format!("{}, {blocks}", series.series_id)),
            ("order", order),
        ]);
    }
    if let Some(look) = &report.look {
        let after: Vec<String> = look.looks.iter().map(ToString::to_string).collect();
        let level = format::level((look.level * 1e4).round() / 1e4);
        facts.push((
            "interim analyses",
            format!(
                "after {} pairs of runs, each at a one-sided level of {level}; together they keep the level of {}",
                after.join(", "),
                format::level(report.policy.rule.alpha())
            ),
        ));
    }
    let method = report.rows.iter().find_map(|row| row.comparison.method);
    facts.extend(method.map(|method| ("test", of_groups::method(method).to_owned())));
    if let Some(series) = series {
        let (host, tool) = (&series.host, &series.tool);
        let commit = tool.commit.as_ref();
        let commit = commit.map_or_else(String::new, |commit| format!(" ({commit})"));
        facts.extend([
            (
                "machine",
                format!(
                    "{}, {} × {}, {}",
                    host.name, host.cpus, host.cpu, host.kernel
                ),
            ),
            ("tool", format!("{} {}{commit}", tool.name, tool.version)),
        ]);
    }
    let facts = facts.into_iter();
    facts
        .map(|(name, value)| (name.to_owned(), one_line(&value)))
        .collect()
}

/// The verdict that is kept beside a series with the change that decides it; `None` where there is none, or where it is not
/// of all runs that the series has now.
pub(crate) fn stored_verdict(series: &Series, folder: &Path) -> Option<Finding> {
    let text = std::fs::read(folder.join(VERDICT_FILE)).ok()?;
    let report: GateReport = serde_json::from_slice(&text).ok()?;
    let sides = [&report.baseline.name, &report.candidate.name];
    let is_judged = |run: &&SeriesRun| {
        let is_over = matches!(run.state, SeriesRunState::Done | SeriesRunState::Invalid);
        is_over && sides.contains(&&run.experiment)
    };
    let runs = series.runs.iter().filter(is_judged).count();
    if report.schema_version != GATE_SCHEMA_VERSION || runs != all_runs(&report).count() {
        return None;
    }
    let urgency = |row: &&GateRow| match row.outcome {
        RowOutcome::Failed => 0,
        RowOutcome::Open => 1,
        RowOutcome::Passed | RowOutcome::NotRequired | RowOutcome::Invalid => 2,
    };
    let change = |row: &GateRow| {
        let it = &row.comparison;
        let change = of_groups::change_with_interval(it)?;
        Some(format!(
            "{}: {change}",
            of_groups::subject(&it.request, it.metric)
        ))
    };
    let main = report.rows.iter().min_by_key(urgency).and_then(change);
    let text = main
        .or_else(|| report.reasons.first().cloned())
        .unwrap_or_else(|| terms::meaning(report.conclusion).to_owned());
    let forced = if report.forced { ", forced" } else { "" };
    let word = format!("{}{forced}", terms::conclusion(report.conclusion));
    Some(Finding::new(
        document::level(report.conclusion),
        &word,
        &text,
    ))
}
