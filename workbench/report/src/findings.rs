//! What to look at first: a few sentences computed from the numbers.

use workbench_analysis::{RunAnalysis, Scope};

use crate::format;
use crate::table::one_line;

/// A tail this many times the median is worth a sentence.
const LONG_TAIL: f64 = 5.0;

/// An interval of the median whose ends are this many times apart is worth one, too, with so many requests. Ours.
const WIDE_MEDIAN: f64 = 1.5;
const ENOUGH_FOR_A_MEDIAN: u64 = 200;

/// The findings, most telling first; none without samples.
pub(crate) fn of(run: &RunAnalysis) -> Vec<String> {
    if run.total.samples == 0 {
        return vec!["There are no samples: nothing was measured.".to_owned()];
    }
    [
        errors(run),
        slowest_label(run),
        worst_second(run),
        tail(run),
        wide_median(run),
        silence(run),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn errors(run: &RunAnalysis) -> Option<String> {
    let first = run.errors.first()?;
    let status = first
        .status
        .map(|status| format!(" {status}"))
        .unwrap_or_default();
    Some(format!(
        "{} of {} failed ({}). Most often: {} at {}, {}.",
        format::count(run.total.errors),
        format::counted(run.total.samples, "request"),
        format::percentage(run.total.error_rate),
        one_line(&format!("{}{status}", first.error)),
        one_line(&first.request),
        format::counted(first.count, "time"),
    ))
}

/// Where fast and slow requests mix, few response times are near the median, and little decides on which side it lies.
fn wide_median(run: &RunAnalysis) -> Option<String> {
    let total = &run.steady.as_ref()?.total;
    let interval = total.p50_ns.interval.as_ref()?;
    let (lower, upper) = (interval.lower, interval.upper?);
    (total.samples >= ENOUGH_FOR_A_MEDIAN && upper >= WIDE_MEDIAN * lower).then(|| {
        format!(
            "The interval of p50 is wide, {} to {}: few response times are near the median, as where fast and slow requests \
             mix. The medians of the single requests say more.",
            format::time(lower),
            format::time(upper)
        )
    })
}

fn slowest_label(run: &RunAnalysis) -> Option<String> {
    let mut measured: Vec<_> = run.requests.iter().filter(|row| row.samples > 0).collect();
    if measured.len() < 2 {
        return None;
    }
    measured.sort_by(|a, b| b.p95_ns.total_cmp(&a.p95_ns));
    let (slowest, next) = (measured[0], measured[1]);
    Some(format!(
        "Slowest by p95: {} with {}; next is {} with {}.",
        one_line(&slowest.request),
        format::time(slowest.p95_ns),
        one_line(&next.request),
        format::time(next.p95_ns),
    ))
}

fn worst_second(run: &RunAnalysis) -> Option<String> {
    let (second, p95_ns) = run
        .per_second
        .iter()
        .filter_map(|second| Some((second.second, second.p95_ns?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let users = run
        .users
        .iter()
        .find(|users| users.second == second)
        .map(|users| {
            format!(
                ", with {} users active",
                format::significant(users.achieved)
            )
        })
        .unwrap_or_default();
    let part = run.steady.as_ref().map_or("", |steady| {
        // A second belongs to the part that holds its middle.
        let middle = f64::from(second) + 0.5;
        match steady.scope {
            Scope::Hold if middle < steady.from_s => " (in the ramp-up or warm-up)",
            Scope::WholeRun if middle < steady.from_s => " (in the warm-up)",
            Scope::Hold if middle > steady.to_s => " (after the steady part)",
            _ => "",
        }
    });
    Some(format!(
        "Worst second: {second}{part}, with a p95 of {} against {} over the whole run{users}.",
        format::time(p95_ns),
        format::time(run.total.p95_ns),
    ))
}

fn tail(run: &RunAnalysis) -> Option<String> {
    let total = &run.total;
    let ratio = total.p99_ns / total.p50_ns;
    (ratio.is_finite() && ratio > LONG_TAIL).then(|| {
        format!(
            "Long tail: one request in a hundred takes {} or more, {} times the median of {}.",
            format::time(total.p99_ns),
            format::significant(ratio),
            format::time(total.p50_ns),
        )
    })
}

fn silence(run: &RunAnalysis) -> Option<String> {
    let silent = run
        .per_second
        .iter()
        .filter(|second| second.requests == 0)
        .count();
    (silent > 0).then(|| {
        format!(
            "In {} of {} no request was started.",
            format::count(silent as u64),
            format::counted(run.per_second.len() as u64, "second"),
        )
    })
}
