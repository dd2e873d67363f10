//! The comparison of two groups in sentences: verdict, changes, how it was compared, and warnings.

use workbench_analysis::{BetweenRuns, GroupComparison, Metric, MetricComparison, Verdict};

use super::{TOTAL, groups_of, margin, terms};
use crate::document::{Note, few};
use crate::format;
use crate::table::one_line;

/// Rows with a sentence each; the others are in the table.
const SENTENCES: usize = 6;

/// More runs than this are not asked for.
const MANY_RUNS: u64 = 30;

/// A comparison in sentences.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    /// `baseline → candidate`.
    pub(crate) title: String,
    /// What is true of the groups as wholes.
    pub(crate) headline: String,
    /// The gravest verdict, for the headline.
    pub(crate) verdict: Verdict,
    /// How many rows have which verdict, most urgent first.
    pub(crate) counts: Vec<(Verdict, usize)>,
    /// Sentences on rows that changed, then one for each other verdict with the rows that have it.
    pub(crate) points: Vec<(Verdict, String)>,
    /// How it was compared, and what to do for a better answer.
    pub(crate) basis: String,
    /// What a reader has to know of all rows.
    pub(crate) warnings: Vec<String>,
    /// What a reader has to know of single ones, each warning once.
    pub(crate) warnings_of_rows: Vec<Note>,
}

/// Summarises a comparison.
pub(crate) fn summary(comparison: &GroupComparison, between: &BetweenRuns) -> Summary {
    let counts: Vec<_> = terms::BY_URGENCY
        .into_iter()
        .map(|verdict| (verdict, with(comparison, verdict).count()))
        .filter(|(_, count)| *count > 0)
        .collect();
    Summary {
        title: format!(
            "{} → {}",
            one_line(&comparison.baseline),
            one_line(&comparison.candidate)
        ),
        headline: headline(comparison, between),
        verdict: counts
            .first()
            .map_or(Verdict::Inconclusive, |(verdict, _)| *verdict),
        points: points(comparison, between),
        basis: basis(comparison, between),
        warnings: comparison.warnings.clone(),
        warnings_of_rows: warnings_of_rows(comparison),
        counts,
    }
}

fn with(comparison: &GroupComparison, verdict: Verdict) -> impl Iterator<Item = &MetricComparison> {
    // All requests together are the first that one wants to know of.
    let (total, labels): (Vec<_>, Vec<_>) = comparison
        .rows
        .iter()
        .filter(move |row| row.verdict == verdict && comparison.counts(row))
        .partition(|row| row.request == TOTAL);
    total.into_iter().chain(labels)
}

fn headline(comparison: &GroupComparison, between: &BetweenRuns) -> String {
    let count = |verdict| with(comparison, verdict).count();
    let (worse, better) = (count(Verdict::Regressed), count(Verdict::Improved));
    let (equivalent, open) = (count(Verdict::Equivalent), count(Verdict::Inconclusive));
    let rows = comparison.rows.iter().filter(|row| comparison.counts(row));
    let rows = rows.count();
    let (baseline, candidate) = (
        one_line(&comparison.baseline),
        one_line(&comparison.candidate),
    );
    let of = |number: usize| {
        if number == rows && rows > 1 {
            return format!("all {} rows", format::count(rows as u64));
        }
        format!(
            "{} of {}",
            format::count(number as u64),
            format::counted(rows as u64, "row")
        )
    };
    if rows == 0 {
        "There is nothing to compare: no metric has values in both groups.".to_owned()
    } else if count(Verdict::Invalid) > 0 {
        format!(
            "No verdict: a run of {baseline} or {candidate} is invalid, so its numbers cannot be believed."
        )
    } else if comparison.rows.iter().all(|row| row.method.is_none()) {
        "No verdict: these runs are too few to tell a change from the variation between runs."
            .to_owned()
    } else if worse > 0 && better > 0 {
        format!(
            "{candidate} is worse than {baseline} in {} and better in {}.",
            of(worse),
            format::count(better as u64)
        )
    } else if worse > 0 {
        format!("{candidate} is worse than {baseline} in {}.", of(worse))
    } else if better > 0 {
        format!("{candidate} is better than {baseline} in {}.", of(better))
    } else if open == 0 {
        format!(
            "{candidate} and {baseline} are equivalent: every change lies within {}.",
            margin(between.margin)
        )
    } else if equivalent == 0 {
        format!("These runs do not say whether {candidate} differs from {baseline}.")
    } else {
        format!(
            "No change was found from {baseline} to {candidate}: {} equivalent, {} open.",
            of(equivalent),
            format::count(open as u64)
        )
    }
}

fn points(comparison: &GroupComparison, between: &BetweenRuns) -> Vec<(Verdict, String)> {
    let mut points = Vec::new();
    for verdict in [Verdict::Regressed, Verdict::Improved] {
        let rows: Vec<_> = with(comparison, verdict).collect();
        points.extend(
            rows.iter()
                .take(SENTENCES)
                .map(|row| (verdict, sentence(row, between))),
        );
        if rows.len() > SENTENCES {
            let more = rows.len() - SENTENCES;
            points.push((verdict, format!("and {more} more, in the table.")));
        }
    }
    for verdict in [Verdict::Inconclusive, Verdict::Equivalent] {
        let rows: Vec<_> = with(comparison, verdict).collect();
        // Where nothing could be tested the headline has said so.
        if rows.is_empty() || rows.iter().all(|row| row.method.is_none()) {
            continue;
        }
        let what = match verdict {
            Verdict::Equivalent => "the change lies within the margin",
            _ => "these runs leave open whether there is a change that matters",
        };
        points.push((verdict, format!("{}: {what}.", names(&rows))));
    }
    points
}

/// `p95 of TOTAL: +9.8% [+6.1%, +13.7%], from 12.1 ms to 13.3 ms`.
fn sentence(row: &MetricComparison, between: &BetweenRuns) -> String {
    let change = terms::change_with_interval(row).unwrap_or_else(|| format::NOTHING.to_owned());
    let beyond = if row.strict_regression {
        format!("; worse by more than {}", margin_of(row, between))
    } else {
        String::new()
    };
    format!(
        "{}: {change}, from {} to {}{beyond}.",
        terms::subject(&row.request, row.metric),
        terms::value(row.metric, row.baseline),
        terms::value(row.metric, row.candidate),
    )
}

/// The margin without its sign.
fn margin_of(row: &MetricComparison, between: &BetweenRuns) -> String {
    let margin = match row.metric {
        Metric::ErrorRate => super::error_rate_margin(between.error_rate_margin),
        _ => margin(between.margin),
    };
    format!("the margin of {}", margin.trim_start_matches('±'))
}

/// The first rows by name, the others by number.
fn names(rows: &[&MetricComparison]) -> String {
    let subject = |row: &&MetricComparison| terms::subject(&row.request, row.metric);
    few(&rows.iter().map(subject).collect::<Vec<_>>())
}

fn basis(comparison: &GroupComparison, between: &BetweenRuns) -> String {
    let runs = groups_of(comparison, between)
        .map(|(baseline, candidate)| terms::runs(baseline, candidate, comparison.pairing));
    let mut basis = runs.map_or_else(String::new, |runs| format!("Compared: {runs}"));
    if let Some(method) = comparison.rows.iter().find_map(|row| row.method) {
        basis.push_str(&format!(", by {}", terms::method(method)));
    }
    basis.push_str(&format!("; margin {}.", margin(between.margin)));
    let undecided = comparison
        .rows
        .iter()
        .filter(|row| row.verdict == Verdict::Inconclusive);
    let at_hand = groups_of(comparison, between).map_or(0, |(baseline, candidate)| {
        baseline.runs.len().min(candidate.runs.len()) as u64
    });
    let needed = undecided.filter_map(|row| row.runs_needed).max();
    match needed {
        Some(needed) if needed <= at_hand => {}
        None => {}
        Some(needed) if needed <= MANY_RUNS => basis.push_str(&format!(
            " About {} in each group find a change as large as the margin in every open row four times out of five \
             (workbench run … --repetitions {needed}).",
            format::counted(needed, "run"),
        )),
        Some(needed) => basis.push_str(&format!(
            " The open row that varies most needs about {} in each group to find a change as large as the margin: find out \
             why its runs differ.",
            format::counted(needed, "run"),
        )),
    }
    let in_series = groups_of(comparison, between).is_some_and(|(baseline, candidate)| {
        let mut runs = baseline.runs.iter().chain(&candidate.runs);
        runs.any(|run| run.block.is_some())
    });
    if !in_series && comparison.rows.iter().any(|row| row.method.is_some()) {
        basis.push_str(
            " Runs of an interleaved series (--repetitions) are compared in pairs, which often finds smaller changes.",
        );
    }
    basis
}

fn warnings_of_rows(comparison: &GroupComparison) -> Vec<Note> {
    let of_rows = comparison.rows.iter().flat_map(|row| {
        let subject = terms::subject(&row.request, row.metric);
        let own = row.warnings.iter();
        let own = own.filter(|warning| !comparison.warnings.contains(warning));
        own.map(move |warning| (subject.clone(), warning.as_str()))
    });
    Note::of_rows(of_rows, comparison.rows.len()).collect()
}
