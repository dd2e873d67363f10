//! The comparison of two groups told in sentences: which differ, by how much, and what else is known.

use workbench_analysis::{
    BetweenRuns, GroupComparison, Metric, MetricComparison, Pairing, TestMethod, Verdict,
};

use super::{TOTAL, groups_of, margin, words};
use crate::format;
use crate::table::one_line;

/// Rows told in a sentence each; the others are in the table.
const SENTENCES: usize = 6;

/// Names of metrics and labels in one sentence.
const NAMES: usize = 4;

/// A comparison in sentences.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    /// `baseline → candidate`.
    pub(crate) title: String,
    /// What is true of the groups as wholes.
    pub(crate) headline: String,
    /// The gravest verdict, for the headline.
    pub(crate) verdict: Verdict,
    /// How many rows have which verdict, most urgent first.
    pub(crate) counts: Vec<(Verdict, usize)>,
    /// Rows worth a sentence, and what the rest comes to.
    pub(crate) points: Vec<(Verdict, String)>,
    /// How it was compared, and what to do for a better answer.
    pub(crate) basis: String,
    /// What a reader has to know: of all rows first, then each warning of single rows once.
    pub(crate) warnings: Vec<String>,
}

/// A comparison told.
pub(crate) fn told(comparison: &GroupComparison, between: &BetweenRuns) -> Told {
    let counts: Vec<_> = words::BY_URGENCY
        .into_iter()
        .map(|verdict| (verdict, with(comparison, verdict).count()))
        .filter(|(_, count)| *count > 0)
        .collect();
    Told {
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
        warnings: warnings(comparison),
        counts,
    }
}

fn with(comparison: &GroupComparison, verdict: Verdict) -> impl Iterator<Item = &MetricComparison> {
    // All requests together are the first that one wants to know of.
    let (total, labels): (Vec<_>, Vec<_>) = comparison
        .rows
        .iter()
        .filter(move |row| row.verdict == verdict)
        .partition(|row| row.request == TOTAL);
    total.into_iter().chain(labels)
}

fn headline(comparison: &GroupComparison, between: &BetweenRuns) -> String {
    let count = |verdict| with(comparison, verdict).count();
    let (worse, better) = (count(Verdict::Regressed), count(Verdict::Improved));
    let (equivalent, open) = (count(Verdict::Equivalent), count(Verdict::Inconclusive));
    let rows = comparison.rows.len();
    let (baseline, candidate) = (
        one_line(&comparison.baseline),
        one_line(&comparison.candidate),
    );
    let of = |number: usize| {
        if number == rows && rows > 1 {
            return format!("all {} comparisons", format::count(rows as u64));
        }
        format!(
            "{} of {}",
            format::count(number as u64),
            format::counted(rows as u64, "comparison")
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
            margin(between)
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
    let change = words::change_with_interval(row).unwrap_or_else(|| format::NOTHING.to_owned());
    let beyond = if row.strict_regression {
        format!("; worse by more than {}", margin_of(row, between))
    } else {
        String::new()
    };
    format!(
        "{}: {change}, from {} to {}{beyond}.",
        words::subject(&row.request, row.metric),
        words::value(row.metric, row.baseline),
        words::value(row.metric, row.candidate),
    )
}

/// The margin without its sign.
fn margin_of(row: &MetricComparison, between: &BetweenRuns) -> String {
    let margin = match row.metric {
        Metric::ErrorRate => super::error_rate_margin(between),
        _ => margin(between),
    };
    format!("the margin of {}", margin.trim_start_matches('±'))
}

/// The first rows by name, the others by number.
fn names(rows: &[&MetricComparison]) -> String {
    let named: Vec<_> = rows
        .iter()
        .take(NAMES)
        .map(|row| words::subject(&row.request, row.metric))
        .collect();
    match rows.len().saturating_sub(NAMES) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn basis(comparison: &GroupComparison, between: &BetweenRuns) -> String {
    let runs = groups_of(comparison, between).map(|(baseline, candidate)| {
        words::runs(
            baseline.runs.len(),
            candidate.runs.len(),
            comparison.pairing,
        )
    });
    let mut basis = runs.map_or_else(String::new, |runs| format!("Compared: {runs}"));
    if let Some(method) = comparison.rows.iter().find_map(|row| row.method) {
        basis.push_str(match method {
            TestMethod::Paired => ", by the paired t test of logarithms",
            TestMethod::Welch => ", by Welch’s t test of logarithms",
            TestMethod::Prediction => ", by where a next run of the baseline could lie",
        });
    }
    basis.push_str(&format!("; margin {}.", margin(between)));
    let undecided = comparison
        .rows
        .iter()
        .filter(|row| row.verdict == Verdict::Inconclusive);
    let needed = undecided.clone().filter_map(|row| row.runs_needed).max();
    if comparison.rows.iter().all(|row| row.method.is_none())
        && !comparison
            .rows
            .iter()
            .any(|row| row.verdict == Verdict::Invalid)
    {
        basis.push_str(
            " To get a verdict, repeat both, interleaved: workbench run BASELINE.yaml CANDIDATE.yaml --repetitions 5, \
             then workbench analyze with the series’ folder.",
        );
    } else if let Some(needed) = needed {
        basis.push_str(&format!(
            " To settle every open row, about {} in each group are needed (workbench run … --repetitions {needed}); \
             longer runs vary less and need fewer.",
            format::counted(needed, "run"),
        ));
    }
    if comparison.pairing == Pairing::Independent
        && comparison.rows.iter().any(|row| row.method.is_some())
    {
        basis.push_str(
            " Runs of an interleaved series (--repetitions) are compared in pairs, which often finds smaller changes.",
        );
    }
    basis
}

fn warnings(comparison: &GroupComparison) -> Vec<String> {
    let mut warnings: Vec<String> = comparison.warnings.clone();
    let mut of_rows: Vec<(&str, Vec<&MetricComparison>)> = Vec::new();
    for row in &comparison.rows {
        for warning in &row.warnings {
            match of_rows.iter_mut().find(|(known, _)| known == warning) {
                Some((_, rows)) => rows.push(row),
                None => of_rows.push((warning, vec![row])),
            }
        }
    }
    for (warning, rows) in of_rows {
        if warnings.iter().any(|known| known == warning) {
            continue;
        }
        warnings.push(if rows.len() == comparison.rows.len() {
            warning.to_owned()
        } else {
            format!("{}: {warning}", names(&rows))
        });
    }
    warnings
}

/// Why groups stand there without any comparison; `None` where they are compared.
pub(crate) fn groups_alone(between: &BetweenRuns) -> Option<String> {
    if !between.comparisons.is_empty() {
        return None;
    }
    Some(match between.groups.as_slice() {
        [] => "There are no groups of runs to compare.".to_owned(),
        [only] => format!(
            "All runs repeat {}: there is nothing to compare it with, and the spread between its runs is shown below. \
             To compare, run another experiment beside it: workbench run BASELINE.yaml CANDIDATE.yaml --repetitions 5.",
            one_line(&only.name)
        ),
        _ => "The groups are points of a sweep: they are meant to differ, so no verdict is given on their differences."
            .to_owned(),
    })
}
