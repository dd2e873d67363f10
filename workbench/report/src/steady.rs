//! The steady state of a run as tables and sentences.

use workbench_analysis::{
    Estimate, Latency, Phases, RunAnalysis, Scope, SteadyState, SteadyStatistics,
};
use workbench_samples::column;

use crate::document::Note;
use crate::document::{SharedText, few, grouped};
use crate::format;
use crate::requests::{self, REQUESTS, SLOWEST};
use crate::table::{Cell, Column, Row, Table, one_line};

/// What the intervals say and what they do not.
pub(crate) const MEANING: &str = "An interval is the precision of this run alone: what it would show if it had gone on in the same way. Another run often \
     lies outside of it, so repeat runs to compare systems: each run counts once. τ: how many times the variance of the mean is what independent requests would give; effective samples: how many \
     independent requests would know as much.";

/// Stands for a number that the requests do not support.
pub(crate) const TOO_FEW: &str = "too few";

/// Why a quantile of [`outcomes`] is missing.
const FEW_OF_A_KIND: &str = "quantiles of successful or failed requests by themselves are not shown where there are too few of them: p50 takes \
     6 independent requests, p95 takes 59, p99 takes 299";

/// Which part of the run it is: `while all users were there, from 10.0 s to 70.0 s`.
pub(crate) fn part(run: &RunAnalysis, steady: &SteadyState) -> String {
    let what = match (steady.scope, &run.origin) {
        (Scope::Hold, Some(_)) => {
            "All requests but those at the beginning and the end of the run that the import was told to leave out \
             (--warm-up, --cool-down)"
        }
        (Scope::WholeRun, Some(_)) => {
            "All requests of the run: nothing is known of when its load was held, so ramps are included \
             (import --warm-up and --cool-down leave them out)"
        }
        (Scope::Hold, None) => {
            "Requests that started while the full load was there, after the declared warm-up"
        }
        (Scope::WholeRun, None) => {
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
    let time = |estimate: &Estimate| estimated(estimate, format::milliseconds);
    let table = of_labels(steady, requests::columns(), |row| {
        vec![
            Cell::text(&row.request),
            Cell::count(row.samples),
            time(&row.p50_ns),
            time(&row.p90_ns),
            time(&row.p95_ns),
            time(&row.p99_ns),
            Cell::optional(row.throughput_per_s, format::significant),
            estimated(&row.error_rate, format::percentage),
        ]
    });
    Table {
        brief_without_intervals: true,
        ..table
    }
}

/// Says what [`outside`] holds.
pub(crate) const OUTSIDE: &str =
    "Not in TOTAL (on_start, on_stop, or in ramps alone), of the whole run:";

/// Labels with requests of the run and none of its steady part, such as a login in `on_start`; `None` where there are none.
pub(crate) fn outside(run: &RunAnalysis, steady: &SteadyState) -> Option<Table> {
    let is_steady = |label: &str| steady.requests.iter().any(|row| row.request == label);
    let rows = run
        .requests
        .iter()
        .filter(|row| row.samples > 0 && !is_steady(&row.request));
    let time = |ns: f64| Cell::number(ns, format::milliseconds(ns));
    let rows = rows.map(|row| {
        Row::of(vec![
            Cell::text(&row.request),
            Cell::number(row.samples as f64, format::count(row.samples)),
            time(row.p50_ns),
            time(row.p95_ns),
            Cell::number(row.error_rate, format::percentage(row.error_rate)),
        ])
        .of_priority(row.p95_ns)
    });
    let columns = vec![
        Column::text("Request", 0),
        Column::number("Samples", "", 2),
        Column::number("p50", "ms", 1),
        Column::number("p95", "ms", 0),
        Column::number("Errors", "", 0),
    ];
    let table = Table::new(columns, rows.collect()).kept_by_priority(SLOWEST, REQUESTS);
    table.unless_empty()
}

/// The mean, whose interval allows for dependence, and how strong that is.
pub(crate) fn dependence(steady: &SteadyState) -> Table {
    let columns = vec![
        Column::text("Request", 0),
        Column::number("Mean", "ms", 0),
        Column::number("τ", "", 1),
        Column::number("Effective samples", "", 1),
    ];
    let whole = |value: f64| format::count(value.round() as u64);
    of_labels(steady, columns, |row| {
        vec![
            Cell::text(&row.request),
            estimated(&row.mean_ns, format::milliseconds),
            Cell::optional(row.autocorrelation_factor, format::significant),
            Cell::optional(row.effective_samples, whole),
        ]
    })
}

fn of_labels(
    steady: &SteadyState,
    columns: Vec<Column>,
    cells: impl Fn(&SteadyStatistics) -> Vec<Cell>,
) -> Table {
    let rows = steady.requests.iter();
    let mut rows: Vec<_> = rows
        .map(|row| Row::of(cells(row)).of_priority(row.p95_ns.value.unwrap_or(0.0)))
        .collect();
    rows.push(Row::total(cells(&steady.total)));
    Table::new(columns, rows).kept_by_priority(SLOWEST, REQUESTS)
}

/// `12.3 [12.1, 12.5]`.
fn estimated(estimate: &Estimate, shown: impl Fn(f64) -> String) -> Cell {
    let Some(value) = estimate.value else {
        // The notes below the table say why.
        return match estimate.note {
            Some(_) => Cell::text(TOO_FEW),
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
            let least = crate::groups::terms::confidence(least);
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
pub(crate) fn notes(steady: &SteadyState) -> Vec<Note> {
    let noted = (0..ESTIMATES).flat_map(|index| {
        rows(steady).filter_map(move |row| {
            let (what, estimate) = estimates(row)[index];
            Some(((what, row.request.as_str()), estimate.note.as_deref()?))
        })
    });
    let all = rows(steady).count();
    let notes = grouped(noted).into_iter();
    let mut notes: Vec<Note> = notes
        .map(|SharedText { text, of }| Note {
            text: one_line(&text),
            count: of.len(),
            of: subjects(&of, all),
        })
        .collect();
    let mut halves = rows(steady)
        .filter(|row| row.errors > 0)
        .flat_map(|row| row.success.iter().chain(&row.failure));
    let refused = |half: &Latency| [half.p50_ns, half.p95_ns, half.p99_ns].contains(&None);
    if halves.any(refused) {
        notes.push(Note::of_all(FEW_OF_A_KIND));
    }
    notes
}

/// `p95 of a, b; p99 of every request`, where there are `all` labels.
fn subjects(of: &[(&str, &str)], all: usize) -> String {
    let mut subjects: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for (what, label) in of {
        match subjects.iter_mut().find(|(known, _)| known == &[*what]) {
            Some((_, labels)) => labels.push((*label).to_owned()),
            None => subjects.push((vec![what], vec![(*label).to_owned()])),
        }
    }
    // Numbers that lack the same labels are named together.
    let mut merged: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for (what, labels) in subjects {
        match merged.iter_mut().find(|(_, known)| *known == labels) {
            Some((known, _)) => known.extend(what),
            None => merged.push((what, labels)),
        }
    }
    let merged = merged.iter().map(|(what, labels)| {
        let labels = if labels.len() == all && all > 1 {
            "every request".to_owned()
        } else {
            few(labels)
        };
        format!("{} of {labels}", what.join(", "))
    });
    one_line(&merged.collect::<Vec<_>>().join("; "))
}

fn rows(steady: &SteadyState) -> impl Iterator<Item = &SteadyStatistics> {
    steady.requests.iter().chain([&steady.total])
}

const ESTIMATES: usize = 6;

fn estimates(row: &SteadyStatistics) -> [(&'static str, &Estimate); ESTIMATES] {
    [
        ("mean", &row.mean_ns),
        ("p50", &row.p50_ns),
        ("p90", &row.p90_ns),
        ("p95", &row.p95_ns),
        ("p99", &row.p99_ns),
        ("error rate", &row.error_rate),
    ]
}

/// Times of successful and failed requests by themselves, for labels of which some failed; `None` where none did.
pub(crate) fn outcomes(steady: &SteadyState) -> Option<Table> {
    let columns = vec![
        Column::text("Request", 0),
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
            let priority = row.p95_ns.value.unwrap_or(0.0);
            halves.into_iter().filter_map(move |(which, latency)| {
                let cells = row_of_outcome(&row.request, which, latency.as_ref()?);
                Some(cells.of_priority(priority))
            })
        })
        .collect();
    Table::new(columns, table_rows).unless_empty()
}

fn row_of_outcome(request: &str, which: &str, latency: &Latency) -> Row {
    let time = |ns: f64| Cell::shown(ns, format::milliseconds);
    let quantile = |ns: Option<f64>| ns.map_or_else(|| Cell::text(TOO_FEW), time);
    Row::of(vec![
        Cell::text(request),
        Cell::text(which),
        Cell::count(latency.samples),
        time(latency.mean_ns),
        quantile(latency.p50_ns),
        quantile(latency.p95_ns),
        quantile(latency.p99_ns),
    ])
}

/// What the columns of [`phases`] are.
pub(crate) fn meaning_of_phases(run: &RunAnalysis) -> String {
    let elapsed = match &run.origin {
        Some(origin) if origin.format.starts_with("k6") => {
            "Waiting and receiving add up to the mean response time; connecting comes before it."
        }
        _ => "The three add up to the mean time from sending to the last byte.",
    };
    format!(
        "Means of the requests whose first byte arrived, failed ones too. {elapsed} Connecting: name resolution, TCP and TLS, 0 \
         where a connection was reused (k6’s http_req_connecting and http_req_tls_handshaking). Waiting: from there to the \
         first byte of the response, sending the request included (http_req_sending and http_req_waiting). Receiving: from the \
         first byte to the last (http_req_receiving). JMeter’s Latency is connecting and waiting together."
    )
}

/// Connecting, waiting and receiving, one row a label; `None` where no first byte was recorded.
pub(crate) fn phases(run: &RunAnalysis, steady: &SteadyState) -> Option<Table> {
    steady.total.phases?;
    let has_connect = run
        .origin
        .as_ref()
        .is_none_or(|origin| !origin.lacks(column::CONNECT_NS));
    let columns = vec![
        Column::text("Request", 0),
        Column::number("Requests", "", 2),
        Column::number("New connections", "", 1),
        Column::number("Connecting", "ms", 0),
        Column::number("Waiting", "ms", 0),
        Column::number("Receiving", "ms", 0),
    ];
    Some(of_labels(steady, columns, |row| {
        let of = |value: fn(&Phases) -> f64| row.phases.as_ref().map(value);
        let connect = |value| of(value).filter(|_| has_connect);
        let whole = |value: f64| format::count(value as u64);
        vec![
            Cell::text(&row.request),
            Cell::optional(of(|it| it.requests as f64), whole),
            Cell::optional(connect(|it| it.new_connections as f64), whole),
            Cell::optional(connect(|it| it.connecting_ns), format::milliseconds),
            Cell::optional(of(|it| it.waiting_ns), format::milliseconds),
            Cell::optional(of(|it| it.receiving_ns), format::milliseconds),
        ]
    }))
}

/// Stands where a run has no steady part.
pub(crate) fn missing(run: &RunAnalysis) -> Option<&'static str> {
    (run.steady.is_none() && run.total.samples > 0).then_some(
        "No request started in the steady part of the run, so the numbers below are of the whole run, ramps included.",
    )
}
