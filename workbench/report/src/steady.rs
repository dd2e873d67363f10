//! The steady state of a run as tables and sentences.

use workbench_analysis::{Estimate, Latency, RunAnalysis, Scope, SteadyState, SteadyStatistics};

use crate::alike::{SharedText, by_equal_text, few, grouped};
use crate::format;
use crate::table::{Cell, Column, Row, Table, one_line};

pub(crate) const HEADING: &str = "Steady state";

/// More notes than this are folded, or left to the page.
pub(crate) const FEW_NOTES: usize = 8;

/// What the intervals say and what they do not.
pub(crate) const MEANING: &str = "An interval says how precisely this run knows itself: what it would show if it had gone on in the same way. It does not \
     say where another run would lie, which is often outside. To compare systems, repeat runs: every run counts once. \
     τ: how many times the variance of the mean is what independent requests would give; effective samples: how many \
     independent requests would know as much.";

/// Stands for a number that the requests do not support.
const REFUSED: &str = "refused";

/// Why a quantile of [`outcomes`] is missing.
const FEW_OF_A_KIND: &str = "refused quantiles of successful or failed requests by themselves: there are too few of them. \
     It takes the information of 6 independent requests for p50, of 59 for p95, of 299 for p99";

/// Which part of the run it is: `while all users were there, from 10.0 s to 70.0 s`.
pub(crate) fn part(steady: &SteadyState) -> String {
    let what = match steady.scope {
        Scope::Hold => {
            "Requests that started while the full load was there, after the declared warm-up"
        }
        Scope::WholeRun => {
            "All requests after the declared warm-up: this experiment never holds its load, so ramps are included"
        }
    };
    format!(
        "{what}; from {} to {} of the run.",
        seconds(steady.from_s),
        seconds(steady.to_s)
    )
}

fn seconds(seconds: f64) -> String {
    if seconds == 0.0 {
        "0 s".to_owned()
    } else {
        format::duration(seconds)
    }
}

/// What was found of the beginning.
pub(crate) fn warm_up(steady: &SteadyState) -> String {
    let finding = one_line(&steady.warm_up.finding);
    format!("warm-up: {finding}")
}

/// Estimates with their intervals, one row a label, TOTAL last.
pub(crate) fn table(steady: &SteadyState) -> Table {
    let columns = vec![
        Column::text("Label", 0),
        Column::number("# Samples", "", 5),
        Column::number("Mean", "ms", 1),
        Column::number("p50", "ms", 2),
        Column::number("p95", "ms", 0),
        Column::number("p99", "ms", 3),
        Column::number("Throughput", "/s", 4),
        Column::number("Error %", "", 0),
        Column::number("τ", "", 7),
        Column::number("Effective samples", "", 6),
    ];
    let mut rows: Vec<_> = steady
        .requests
        .iter()
        .map(|row| Row::of(cells(row)))
        .collect();
    rows.push(Row {
        cells: cells(&steady.total),
        total: true,
    });
    Table::new(columns, rows)
}

fn cells(row: &SteadyStatistics) -> Vec<Cell> {
    let time = |estimate: &Estimate| estimated(estimate, format::milliseconds);
    let whole = |value: f64| format::count(value.round() as u64);
    let optional = |value: Option<f64>, shown: fn(f64) -> String| {
        value.map_or_else(Cell::nothing, |value| Cell::number(value, shown(value)))
    };
    vec![
        Cell::text(&row.request),
        Cell::number(row.samples as f64, format::count(row.samples)),
        time(&row.mean_ns),
        time(&row.p50_ns),
        time(&row.p95_ns),
        time(&row.p99_ns),
        Cell::number(
            row.throughput_per_s,
            format::significant(row.throughput_per_s),
        ),
        estimated(&row.error_rate, format::percentage),
        optional(row.autocorrelation_factor, format::significant),
        optional(row.effective_samples, whole),
    ]
}

/// `12.3 [12.1, 12.5]`.
fn estimated(estimate: &Estimate, shown: impl Fn(f64) -> String) -> Cell {
    let Some(value) = estimate.value else {
        // The notes below the table say why.
        return match estimate.note {
            Some(_) => Cell::text(REFUSED),
            None => Cell::nothing(),
        };
    };
    let interval = estimate
        .interval
        .map(|interval| format::range(interval.lower, interval.upper, &shown));
    Cell::number(value, shown(value)).within(interval)
}

/// The confidence of the intervals, in words; quantiles' are as achieved, a little above.
pub(crate) fn confidence(steady: &SteadyState) -> Option<String> {
    rows(steady)
        .flat_map(|row| estimates(row).map(|(_, estimate)| estimate))
        .filter_map(|estimate| Some(estimate.interval?.confidence))
        .reduce(f64::min)
        .map(|least| {
            let least = crate::between::words::confidence(least);
            let doubted = rows(steady)
                .flat_map(estimates)
                .any(|(_, estimate)| estimate.interval.is_some() && estimate.note.is_some());
            let except = if doubted {
                ", except those that a note above calls doubtful"
            } else {
                ""
            };
            format!("In brackets: intervals of {least} confidence or more{except}.")
        })
}

/// Why a number or interval is missing or doubtful: each reason once, with what it is true of.
pub(crate) fn notes(steady: &SteadyState) -> Vec<String> {
    let all = rows(steady).count();
    // By labels, the numbers that something is wrong with, and what.
    let mut notes: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for index in 0..ESTIMATES {
        let mut what = "";
        let mut noted = Vec::new();
        for row in rows(steady) {
            let (name, estimate) = estimates(row)[index];
            what = name;
            noted.extend(
                estimate
                    .note
                    .as_deref()
                    .map(|note| (row.request.clone(), note)),
            );
        }
        for SharedText { text, of } in grouped(noted) {
            let labels = if of.len() == all && all > 1 {
                "every label".to_owned()
            } else {
                few(&of)
            };
            let note = (what.to_owned(), text);
            match notes.iter_mut().find(|(known, _)| *known == labels) {
                Some((_, notes)) => notes.push(note),
                None => notes.push((labels, vec![note])),
            }
        }
    }
    let mut halves = rows(steady)
        .filter(|row| row.errors > 0)
        .flat_map(|row| row.success.iter().chain(&row.failure));
    let refused = |half: &Latency| [half.p50_ns, half.p95_ns, half.p99_ns].contains(&None);
    let few_of_a_kind = halves.any(refused);
    notes
        .iter()
        .flat_map(|(labels, notes)| {
            by_equal_text(notes)
                .into_iter()
                .map(move |SharedText { text, of }| {
                    one_line(&format!("{} of {labels}: {text}", of.join(", ")))
                })
        })
        .chain(few_of_a_kind.then(|| FEW_OF_A_KIND.to_owned()))
        .collect()
}

fn rows(steady: &SteadyState) -> impl Iterator<Item = &SteadyStatistics> {
    steady.requests.iter().chain([&steady.total])
}

const ESTIMATES: usize = 5;

fn estimates(row: &SteadyStatistics) -> [(&'static str, &Estimate); ESTIMATES] {
    [
        ("mean", &row.mean_ns),
        ("p50", &row.p50_ns),
        ("p95", &row.p95_ns),
        ("p99", &row.p99_ns),
        ("error rate", &row.error_rate),
    ]
}

/// Times of successful and failed requests by themselves, for labels of which some failed; `None` where none did.
pub(crate) fn outcomes(steady: &SteadyState) -> Option<Table> {
    let columns = vec![
        Column::text("Label", 0),
        Column::text("Requests", 0),
        Column::number("# Samples", "", 1),
        Column::number("Mean", "ms", 0),
        Column::number("p50", "ms", 2),
        Column::number("p95", "ms", 0),
        Column::number("p99", "ms", 3),
    ];
    let table_rows = rows(steady)
        .filter(|row| row.errors > 0)
        .flat_map(|row| {
            let halves = [("successful", &row.success), ("failed", &row.failure)];
            halves.into_iter().filter_map(move |(which, latency)| {
                Some(row_of_outcome(&row.request, which, latency.as_ref()?))
            })
        })
        .collect();
    Table::new(columns, table_rows).unless_empty()
}

fn row_of_outcome(request: &str, which: &str, latency: &Latency) -> Row {
    let time = |ns: f64| Cell::number(ns, format::milliseconds(ns));
    let quantile = |ns: Option<f64>| ns.map_or_else(|| Cell::text(REFUSED), time);
    Row::of(vec![
        Cell::text(request),
        Cell::text(which),
        Cell::number(latency.samples as f64, format::count(latency.samples)),
        time(latency.mean_ns),
        quantile(latency.p50_ns),
        quantile(latency.p95_ns),
        quantile(latency.p99_ns),
    ])
}

/// Stands where a run has no steady part.
pub(crate) fn missing(run: &RunAnalysis) -> Option<&'static str> {
    (run.steady.is_none() && run.total.samples > 0).then_some(
        "No request started in the steady part of the run, so there is nothing to compare it by.",
    )
}
