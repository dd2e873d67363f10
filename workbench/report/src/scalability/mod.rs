//! Sweeps as tables and sentences, the same for the page, the terminal and Markdown.

mod findings;
mod tables;

use workbench_analysis::{ConfidenceInterval, Estimate, SweepAnalysis, SweepPointAnalysis};

use crate::format;

pub(crate) use findings::{findings, law, peak, residuals};
pub(crate) use tables::{COLUMNS, coefficients, points};

/// Names a sweep.
pub(crate) fn heading(sweep: &SweepAnalysis) -> String {
    format!("Scalability of {} by {}", sweep.experiment, sweep.parameter)
}

/// `1 user`, `64 users`.
pub(crate) fn load(sweep: &SweepAnalysis, value: u32) -> String {
    format::counted(value.into(), sweep.parameter.trim_end_matches('s'))
}

/// The word as a label begins with it.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Why a point does not meet the thresholds.
fn reasons(point: &SweepPointAnalysis) -> Vec<String> {
    let valid = point.runs.iter().filter(|run| run.valid).count();
    if valid == 0 {
        return vec!["no valid run".to_owned()];
    }
    let invalid = valid < point.runs.len();
    let invalid = invalid.then(|| format!("{valid} of {} runs valid", point.runs.len()));
    let of_runs = |(word, (threshold, runs)): (&str, &(String, u32))| {
        if valid == 1 {
            format!("{word} {threshold}")
        } else {
            format!("{word} {threshold} in {runs} of {valid} runs")
        }
    };
    let missed = point.missed.iter().map(|it| of_runs(("missed", it)));
    let undecided = point.undecided.iter().map(|it| of_runs(("undecided", it)));
    invalid.into_iter().chain(missed).chain(undecided).collect()
}

fn with_interval(estimate: &Estimate, shown: fn(f64) -> String) -> String {
    match (estimate.value, &estimate.interval) {
        (None, _) => format::NOTHING.to_owned(),
        (Some(value), None) => shown(value),
        (Some(value), Some(found)) => format!("{} {}", shown(value), range(found, shown)),
    }
}

fn interval(found: &ConfidenceInterval, shown: fn(f64) -> String) -> String {
    format!(
        "{} interval {}",
        format::level(found.confidence),
        range(found, shown)
    )
}

fn range(found: &ConfidenceInterval, shown: fn(f64) -> String) -> String {
    format::range(found.lower, found.upper, shown)
}
