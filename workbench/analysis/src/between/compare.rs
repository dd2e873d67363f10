//! Compares two groups of runs: all rows are one family.

use workbench_samples::Outcome;
use workbench_statistics::{RunErrors, StatisticsError, family_verdicts};

use super::group::{RunGroup, invalid_reasons};
use super::pairing::{Sides, sides};
use super::resolution::step_ns;
use super::row::{Judged, of_errors, of_positive};
use super::rule::{Belief, Question};
use super::values::{Typical, errors, is_all, labels, value};
use super::warnings::{describe, few};
use crate::model::{GroupComparison, Metric, RunAnalysis, TOTAL, Verdict};
use crate::occurrence::grouped;

/// A comparison, and further results that only the gate uses.
pub(crate) struct Compared {
    pub(crate) comparison: GroupComparison,
    /// In the order of the comparison's rows.
    pub(crate) judged: Vec<Judged>,
    /// The comparison's warnings, but for those on invalid runs.
    pub(crate) warnings: Vec<String>,
    /// Runs that were compared, of the baseline and of the candidate.
    pub(crate) counts: [usize; 2],
}

/// Compares two groups. Never fails: what cannot be computed becomes a warning.
pub(crate) fn compare(
    baseline: &RunGroup<'_>,
    candidate: &RunGroup<'_>,
    question: &Question,
) -> Compared {
    let mut sides = sides(baseline, candidate, question.ended_early);
    let mut warnings = std::mem::take(&mut sides.warnings);
    let mut all_warnings = warnings.clone();
    let forced = question.belief == Belief::Forced;
    let mut invalid = question.belief == Belief::Refused;
    // Includes runs without a partner.
    for run in baseline.runs.iter().chain(&candidate.runs) {
        let (name, reasons) = (run.name(), invalid_reasons(run));
        if !reasons.is_empty() {
            invalid |= !forced;
            let reasons = reasons.join("; ");
            all_warnings.push(format!("{name} cannot be believed: {reasons}"));
        } else if run.validity.is_none() && run.outcome == Outcome::Completed {
            let unknown = format!("nothing has judged whether {name} can be believed");
            warnings.push(unknown.clone());
            all_warnings.push(unknown);
        }
    }
    let mut of_rows = Vec::new();
    let mut judged = if same_part(baseline, candidate, &mut of_rows) || forced {
        rows(&sides, question, &mut of_rows)
    } else {
        Vec::new()
    };
    warnings.extend_from_slice(&of_rows);
    all_warnings.append(&mut of_rows);
    let [least_before, least_after] = question.minimum_runs;
    let too_few = sides.baseline.len() < least_before || sides.candidate.len() < least_after;
    for judged in &mut judged {
        if invalid {
            judged.found.0 = Verdict::Invalid;
            judged.no_worse = false;
        } else if too_few {
            judged.found = (Verdict::Inconclusive, None);
            judged.no_worse = false;
        }
    }
    as_family(&mut judged, question.rule.alpha());
    Compared {
        counts: [sides.baseline.len(), sides.candidate.len()],
        comparison: GroupComparison {
            baseline: baseline.name.clone(),
            candidate: candidate.name.clone(),
            gate: None,
            pairing: sides.pairing,
            rows: judged.iter().map(|judged| judged.row.clone()).collect(),
            warnings: all_warnings,
            throughput_is_set: false,
        },
        judged,
        warnings,
    }
}

/// Whether all runs have the same steady part.
fn same_part(
    baseline: &RunGroup<'_>,
    candidate: &RunGroup<'_>,
    warnings: &mut Vec<String>,
) -> bool {
    let without: Vec<String> = [baseline, candidate]
        .into_iter()
        .flat_map(|group| &group.runs)
        .filter(|run| run.steady.is_none())
        .map(|run| run.name())
        .collect();
    if !without.is_empty() {
        warnings.push(format!(
            "there is nothing to compare: no steady state in {}",
            without.join(", ")
        ));
        return false;
    }
    let same = baseline.scope().is_some() && baseline.scope() == candidate.scope();
    if !same {
        warnings.push(
            "some runs hold their load and are judged while they do, others never hold it and are judged as a whole: \
             these are not comparable"
                .to_owned(),
        );
    }
    same
}

fn rows(sides: &Sides<'_>, question: &Question, warnings: &mut Vec<String>) -> Vec<Judged> {
    let runs = || sides.baseline.iter().chain(&sides.candidate).copied();
    let typical = Typical::of(&runs().collect::<Vec<_>>(), question.latency);
    if question.metrics(TOTAL).any(|it| it == Metric::TypicalTime) && !typical.left_out.is_empty() {
        warnings.push(format!(
            "typical_time leaves out {}: too few requests in some run",
            few(&typical.left_out)
        ));
    }
    let mut judged = Vec::new();
    let mut not_compared = Vec::new();
    for label in labels(runs()) {
        let doubled = question.asks_for(TOTAL) && is_all(runs(), label);
        if !question.asks_for(label) || doubled {
            continue;
        }
        let mut left_out = Vec::new();
        for metric in question.metrics(label) {
            match row(sides, &typical, label, metric, question) {
                Some(Ok(row)) if question.history => judged.push(row),
                Some(Ok(row)) => judged.push(row.between_groups()),
                Some(Err(error)) => left_out.push(format!("{} ({error})", metric.as_str())),
                None => left_out.push(metric.as_str().to_owned()),
            }
        }
        if !left_out.is_empty() {
            not_compared.push((left_out.join(", "), label));
        }
    }
    for (metrics, labels) in grouped(not_compared) {
        let are = if labels.len() == 1 { "is" } else { "are" };
        warnings.push(format!(
            "{} {are} not compared by {metrics}: not every run has a value",
            few(&labels)
        ));
    }
    judged
}

/// `None` where a run has no value.
fn row(
    sides: &Sides<'_>,
    typical: &Typical<'_>,
    label: &str,
    metric: Metric,
    question: &Question,
) -> Option<Result<Judged, StatisticsError>> {
    let rule = question.rule.of(metric, sides.pairing);
    let looks = question.looks.as_ref();
    if metric == Metric::ErrorRate {
        let of = |runs: &[&RunAnalysis]| -> Option<Vec<RunErrors>> {
            runs.iter().map(|run| errors(run, label)).collect()
        };
        let (before, after) = (of(&sides.baseline)?, of(&sides.candidate)?);
        return Some(of_errors(label, &before, &after, (&rule, looks)));
    }
    let of = |runs: &[&RunAnalysis]| -> Option<Vec<f64>> {
        runs.iter()
            .map(|run| match metric {
                Metric::TypicalTime => typical.value(run, question.latency),
                _ => value(run, label, metric, question.latency),
            })
            .collect()
    };
    let (before, after) = (of(&sides.baseline)?, of(&sides.candidate)?);
    let step_ns = step_ns(metric, &[&sides.baseline[..], &sides.candidate].concat());
    Some(of_positive(
        (label, metric),
        &before,
        &after,
        (&rule, looks),
        step_ns,
    ))
}

/// Adjusts the verdicts for the family (Holm).
fn as_family(judged: &mut [Judged], alpha: f64) {
    let members: Vec<_> = judged.iter().map(|judged| judged.found).collect();
    let verdicts = family_verdicts(&members, alpha)
        .expect("the rule's alpha and the tests' p values are probabilities");
    for (judged, found) in judged.iter_mut().zip(verdicts) {
        let row = &mut judged.row;
        row.verdict_alone = judged.found.0;
        row.verdict = found.verdict;
        row.strict_regression = found.strict_regression;
        row.p_regressed_adjusted = found.adjusted.map(|evidence| evidence.p_regressed);
        row.p_improved_adjusted = found.adjusted.map(|evidence| evidence.p_improved);
        row.warnings.extend(found.warning.map(describe));
        row.runs_needed = judged
            .runs_for_margin
            .filter(|_| row.verdict == Verdict::Inconclusive);
    }
}
