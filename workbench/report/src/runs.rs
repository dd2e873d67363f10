//! Key figures of runs, and runs beside each other in one row each.

use workbench_analysis::{Estimate, RunAnalysis};

use crate::format;
use crate::judgement::Judgement;
use crate::names::RunName;
use crate::steady::TOO_FEW;
use crate::table::{Cell, Column, Row, Table};

/// Each run in one line: its steady part, or the whole run where there is none.
pub(crate) fn overview(runs: &[RunAnalysis], names: &[RunName]) -> Table {
    let columns = vec![
        Column::text("Run", 0),
        Column::text("Validity", 0),
        Column::number("Users", "", 4),
        Column::number("Samples", "", 3),
        Column::number("Mean", "ms", 5),
        Column::number("p50", "ms", 2),
        Column::number("p95", "ms", 0),
        Column::number("p99", "ms", 1),
        Column::number("Throughput", "/s", 2),
        Column::number("Errors", "", 0),
    ];
    let rows = runs
        .iter()
        .zip(names)
        .map(|(run, name)| {
            let of_run = KeyEstimates::of(run);
            let of_run = of_run.as_ref();
            let time = |estimate: fn(&KeyEstimates) -> &Estimate| match of_run.map(estimate) {
                Some(estimate) => match estimate.value {
                    Some(ns) => Cell::shown(ns, format::milliseconds),
                    None => Cell::text(TOO_FEW),
                },
                None => Cell::nothing(),
            };
            let users = most_users(run);
            let judgement = Judgement::of(run);
            let row = Row::of(vec![
                Cell::text(&name.label),
                Cell::badge(judgement.word(), judgement.level()),
                users.map_or_else(Cell::nothing, |users| {
                    Cell::number(users, format::count(users.round() as u64))
                }),
                Cell::count(of_run.map_or(0, |it| it.samples)),
                time(|it| &it.mean_ns),
                time(|it| &it.p50_ns),
                time(|it| &it.p95_ns),
                time(|it| &it.p99_ns),
                Cell::optional(
                    of_run.and_then(|it| it.throughput_per_s),
                    format::significant,
                ),
                Cell::optional(
                    of_run.and_then(|it| it.error_rate.value),
                    format::percentage,
                ),
            ]);
            // Runs that cannot be believed are not left out for others.
            row.of_priority(f64::from(judgement != Judgement::Valid))
        })
        .collect();
    Table::new(columns, rows)
}

/// Most users at once: as planned, or as they were where no plan is known; `None` where users were not recorded.
pub(crate) fn most_users(run: &RunAnalysis) -> Option<f64> {
    let users = run.users.iter();
    users
        .map(|users| users.planned.unwrap_or(users.achieved))
        .reduce(f64::max)
}

/// The key figures of all requests of a run. Times in nanoseconds.
pub(crate) struct KeyEstimates {
    pub(crate) samples: u64,
    pub(crate) mean_ns: Estimate,
    pub(crate) p50_ns: Estimate,
    pub(crate) p95_ns: Estimate,
    pub(crate) p99_ns: Estimate,
    pub(crate) throughput_per_s: Option<f64>,
    pub(crate) error_rate: Estimate,
}

impl KeyEstimates {
    /// Of the steady part where there is one, otherwise of the whole run, whose values have no intervals; `None` without
    /// samples.
    pub(crate) fn of(run: &RunAnalysis) -> Option<Self> {
        let total = &run.total;
        let without_interval = |value: f64| Estimate {
            value: Some(value),
            interval: None,
            note: None,
        };
        (total.samples > 0).then(|| match run.steady.as_ref().map(|it| &it.total) {
            Some(steady) => Self {
                samples: steady.samples,
                mean_ns: steady.mean_ns.clone(),
                p50_ns: steady.p50_ns.clone(),
                p95_ns: steady.p95_ns.clone(),
                p99_ns: steady.p99_ns.clone(),
                throughput_per_s: steady.throughput_per_s,
                error_rate: steady.error_rate.clone(),
            },
            None => Self {
                samples: total.samples,
                mean_ns: without_interval(total.mean_ns),
                p50_ns: without_interval(total.p50_ns),
                p95_ns: without_interval(total.p95_ns),
                p99_ns: without_interval(total.p99_ns),
                throughput_per_s: Some(total.throughput_per_s),
                error_rate: without_interval(total.error_rate),
            },
        })
    }
}
