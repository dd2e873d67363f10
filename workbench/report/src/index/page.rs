//! The page of an index: self-contained, complete without scripts, and with every name escaped.

use std::path::Path;

use askama::Template;
use jiff::Timestamp;

use super::read::{Comparison, Experiment, Figures, Index, Run, StoredSeries};
use crate::document::Finding;
use crate::error::ReportError;
use crate::format::{self, quoted};
use crate::gate::VERDICT_PAGE;
use crate::write::{REPORT_FILE, address};

/// Runs of an experiment that are open; earlier ones are folded.
const OPEN: usize = 15;
/// Runs that a sparkline shows.
const TREND: usize = 60;
/// Width and height of a sparkline, and the room around its line.
const SPARKLINE: (f64, f64, f64) = (240.0, 36.0, 3.0);

#[derive(Template)]
#[template(path = "index.html")]
struct IndexView<'a> {
    style: &'static str,
    script: &'static str,
    facts: String,
    experiments: Vec<ExperimentView<'a>>,
    series: Vec<SeriesView<'a>>,
    comparisons: Vec<ComparisonView<'a>>,
    /// The beginning of the command that compares runs.
    compare: String,
}

struct ExperimentView<'a> {
    name: &'a str,
    title: &'a str,
    trend: Option<Trend>,
    /// The table of the newest runs, and that of all others with their number.
    recent: String,
    earlier: Option<(usize, String)>,
}

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsView<'a> {
    name: &'a str,
    runs: Vec<RunView<'a>>,
}

struct RunView<'a> {
    name: String,
    /// Of its report, where there is one.
    address: Option<String>,
    /// As commands name it.
    path: String,
    run: &'a Run,
    cells: Vec<CellView>,
}

/// A figure, and the number that it is sorted by.
#[derive(Default)]
struct CellView {
    text: String,
    sort: String,
}

struct SeriesView<'a> {
    name: String,
    series: &'a StoredSeries,
    /// Of the page of its verdict, where there is one.
    address: String,
    command: String,
}

struct ComparisonView<'a> {
    name: String,
    address: Option<String>,
    title: &'a str,
    conclusion: Option<&'a Finding>,
}

/// p95 of the newest runs.
struct Trend {
    words: String,
    points: String,
    /// The newest run.
    last: (String, String),
    width: f64,
    height: f64,
}

pub(super) fn page(index: &Index, results: &Path) -> Result<String, ReportError> {
    let command = |rest: &Path| results.join(rest).display().to_string();
    let experiments = index.experiments.iter();
    let experiments = experiments.map(|it| experiment(it, &command));
    let view = IndexView {
        style: include_str!("../../templates/report.css"),
        script: concat!(
            include_str!("../../templates/sort.js"),
            include_str!("../../templates/index.js")
        ),
        facts: format!(
            "{} of {}, {} series, {}. Written {} (UTC) by workbench open, which renews it.",
            format::counted(index.runs() as u64, "run"),
            format::counted(index.experiments.len() as u64, "experiment"),
            index.series.len(),
            format::counted(index.comparisons.len() as u64, "comparison"),
            Timestamp::now().strftime("%Y-%m-%d %H:%M")
        ),
        experiments: experiments.collect::<Result<_, _>>()?,
        series: index
            .series
            .iter()
            .map(|series| SeriesView {
                name: name(&series.folder),
                address: address(&series.folder.join(VERDICT_PAGE)),
                command: format!("workbench analyze {}", quoted(&command(&series.folder))),
                series,
            })
            .collect(),
        comparisons: index.comparisons.iter().map(comparison).collect(),
        compare: if results == Path::new("results") {
            "workbench analyze".to_owned()
        } else {
            let results = quoted(&results.display().to_string());
            format!("workbench analyze --results {results}")
        },
    };
    view.render().map_err(|source| ReportError::Page { source })
}

fn experiment<'a>(
    experiment: &'a Experiment,
    command: &impl Fn(&Path) -> String,
) -> Result<ExperimentView<'a>, ReportError> {
    let table = |runs: &'a [Run]| {
        let view = |run: &'a Run| RunView {
            name: name(&run.folder),
            address: run
                .has_report
                .then(|| address(&run.folder.join(REPORT_FILE))),
            path: command(&run.folder),
            run,
            cells: cells(run.figures.as_ref()),
        };
        let table = RunsView {
            name: &experiment.name,
            runs: runs.iter().map(view).collect(),
        };
        let table = table.render();
        table.map_err(|source| ReportError::Page { source })
    };
    let (recent, earlier) = experiment.runs.split_at(OPEN.min(experiment.runs.len()));
    Ok(ExperimentView {
        name: &experiment.name,
        title: &experiment.title,
        trend: Trend::of(&experiment.runs),
        recent: table(recent)?,
        earlier: match earlier {
            [] => None,
            earlier => Some((earlier.len(), table(earlier)?)),
        },
    })
}

/// In the order of the table's columns.
fn cells(figures: Option<&Figures>) -> Vec<CellView> {
    let cell = |value: Option<f64>, text: &dyn Fn(f64) -> String| {
        value.map_or_else(CellView::default, |value| CellView {
            text: text(value),
            sort: value.to_string(),
        })
    };
    let of = |value: fn(&Figures) -> Option<f64>| figures.and_then(value);
    vec![
        cell(of(|it| it.of_run.p50_ns.value), &format::time),
        cell(of(|it| it.of_run.p95_ns.value), &format::time),
        cell(of(|it| it.of_run.p99_ns.value), &format::time),
        cell(of(|it| it.of_run.throughput_per_s), &|rate| {
            format!("{}/s", format::significant(rate))
        }),
        cell(of(|it| it.of_run.error_rate.value), &format::percentage),
        cell(of(|it| it.users), &|users| {
            format::count(users.round() as u64)
        }),
    ]
}

fn comparison(comparison: &Comparison) -> ComparisonView<'_> {
    ComparisonView {
        name: name(&comparison.folder),
        address: comparison
            .has_report
            .then(|| address(&comparison.folder.join(REPORT_FILE))),
        title: &comparison.title,
        conclusion: comparison.conclusion.as_ref(),
    }
}

impl Trend {
    /// `None` where there are not two valid runs.
    fn of(runs: &[Run]) -> Option<Self> {
        let figures = runs.iter().filter_map(|run| run.figures.as_ref());
        let valid = figures.filter(|figures| figures.is_valid);
        let mut values: Vec<f64> = valid
            .filter_map(|it| it.of_run.p95_ns.value)
            .take(TREND)
            .collect();
        values.reverse();
        let (width, height, room) = SPARKLINE;
        let largest = values.iter().copied().fold(0.0, f64::max);
        let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let last = values.len().checked_sub(1).filter(|last| *last > 0)?;
        let point = |(place, value): (usize, &f64)| {
            let x = room + (width - 2.0 * room) * place as f64 / last as f64;
            let y = height - room - (height - 2.0 * room) * value / largest.max(f64::EPSILON);
            (format!("{x:.1}"), format!("{y:.1}"))
        };
        let points: Vec<(String, String)> = values.iter().enumerate().map(point).collect();
        Some(Self {
            words: format!(
                "p95 of the last {} valid runs: {} to {}",
                values.len(),
                format::time(smallest),
                format::time(largest)
            ),
            last: points.last().cloned()?,
            points: points
                .iter()
                .map(|(x, y)| format!("{x},{y}"))
                .collect::<Vec<_>>()
                .join(" "),
            width,
            height,
        })
    }
}

/// The name of a folder without those that it lies in.
fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
