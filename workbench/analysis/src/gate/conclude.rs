//! Judges runs by a policy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use workbench_statistics::RUNS_OF_A_HISTORY;

use super::advice::advice;
use super::comparable::objections;
use super::missing::missing;
use super::missing_runs::MissingRuns;
use super::notices::notices;
use super::run::GateRun;
use super::select::missing_runs_of;
use crate::between::{Belief, Judged, RunGroup, compare, described_run};
use crate::error::AnalysisError;
use crate::model::{
    Conclusion, FailOn, GATE_SCHEMA_VERSION, GateReport, GateRow, GateSide, LookTaken,
    MetricComparison, MissingRow, ObjectionKind, Policy, RowOutcome, RunAnalysis, Verdict,
};
use crate::occurrence::unique;

/// The input of the gate.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The baseline's runs.
    pub baseline: &'a [GateRun],
    /// The candidate's runs.
    pub candidate: &'a [GateRun],
    /// Whether the baseline is a history: each run a session of its own.
    pub history: bool,
    /// Missing runs of the comparison.
    pub absent: &'a MissingRuns,
}

/// Judges a candidate's runs against a baseline's by a policy. Never fails.
///
/// Objections make the conclusion invalid, unless `force` overrides them; the report contains them either way.
/// Objections are: an invalid or failed run, different environments, experiments, definitions of elapsed time or steady
/// parts, and two runs of a history from one session. Otherwise a gated row
///
/// - fails if its verdict is one that the policy fails on;
/// - passes if it is equivalent, improved, or the worse end of its interval lies within the margin: the candidate is
///   then *shown* to be no worse than the margin, with probability α at most of saying so falsely of a change as large
///   as the margin (one-sided, as in a non-inferiority test);
/// - is open otherwise, as is a gated label or metric without a value in some run. Metrics that the policy does not
///   require may stay open.
///
/// One failing row fails the gate. An open row makes it inconclusive: too little data is never a pass. All rows of an
/// unfinished series are open, because stopping at a convenient result would make passes and failures too frequent. A
/// series that ends as soon as it is decided is judged by its own policy, at its looks only, each at a lower level.
///
/// # References
/// S. Wellek (2010), “Testing Statistical Hypotheses of Equivalence and Noninferiority”, second edition, chapter 1.
#[must_use]
pub fn judge(sides: Sides<'_>, policy: &Policy, force: bool) -> GateReport {
    let these = These {
        before: &sides.baseline.iter().collect::<Vec<_>>(),
        after: &sides.candidate.iter().collect::<Vec<_>>(),
        history: sides.history,
        absent: sides.absent,
    };
    judge_these(these, policy, force)
}

/// Judges two groups of runs of an analysis, given by folder and analysis, under the default policy.
///
/// # Errors
/// A manifest, an experiment or a record of a series that cannot be read.
pub(crate) fn of_groups(
    baseline: &[(&Path, &RunAnalysis)],
    candidate: &[(&Path, &RunAnalysis)],
) -> Result<GateReport, AnalysisError> {
    let runs = baseline.iter().chain(candidate);
    let folders: Vec<PathBuf> = runs.map(|(folder, _)| folder.to_path_buf()).collect();
    let sides = Sides {
        baseline: &gate_runs(baseline)?,
        candidate: &gate_runs(candidate)?,
        history: false,
        absent: &missing_runs_of(&folders)?,
    };
    Ok(judge(sides, &Policy::default(), false))
}

fn gate_runs(runs: &[(&Path, &RunAnalysis)]) -> Result<Vec<GateRun>, AnalysisError> {
    runs.iter()
        .map(|(folder, analysis)| GateRun::of(folder, (*analysis).clone()))
        .collect()
}

/// The same for runs given by reference.
#[derive(Clone, Copy)]
pub(super) struct These<'a> {
    pub(super) before: &'a [&'a GateRun],
    pub(super) after: &'a [&'a GateRun],
    pub(super) history: bool,
    pub(super) absent: &'a MissingRuns,
}

pub(super) fn judge_these(these: These<'_>, policy: &Policy, force: bool) -> GateReport {
    let These {
        before,
        after,
        history,
        absent,
    } = these;
    let all = [before, after].concat();
    let agreed = absent.agreed();
    let policy = agreed.map_or(policy, |agreed| &agreed.policy);
    let looks = agreed.map(|agreed| &agreed.looks);
    let missing_runs = !absent.still_to_be_made().is_empty();
    // At a look, missing later runs do not matter: the level of the look allows for them.
    let unfinished = match looks {
        Some(looks) => !looks.pairs().contains(&before.len().min(after.len())),
        None => missing_runs,
    };
    let objections = objections(before, after, history, absent);
    let refused = !objections.is_empty() && !force;
    let mut question = policy.question(history);
    question.belief = match (objections.is_empty(), force) {
        (true, _) => Belief::AsJudged,
        (false, true) => Belief::Forced,
        (false, false) => Belief::Refused,
    };
    question.ended_early = missing_runs;
    question.looks = looks.cloned();
    let (baseline, candidate) = (group(before), group(after));
    let compared = compare(&baseline, &candidate, &question);
    let least = policy.minimum_runs as usize;
    let few = compared.counts[0] < least || (!history && compared.counts[1] < least);
    let undecided = if unfinished {
        Some(match looks {
            Some(_) => "the series is between two interim analyses".to_owned(),
            None => "the series has not ended".to_owned(),
        })
    } else {
        few.then(|| format!("fewer runs than the policy's minimum of {least}"))
    };
    let rows: Vec<GateRow> = compared
        .judged
        .into_iter()
        .map(|judged| gate_row(judged, policy, undecided.as_deref()))
        .collect();
    let missing = missing(before, after, &rows, policy);
    let conclusion = if refused {
        Conclusion::Invalid
    } else {
        conclusion(&rows, &missing, policy)
    };
    let mut report = GateReport {
        schema_version: GATE_SCHEMA_VERSION,
        conclusion,
        reasons: Vec::new(),
        forced: force && !objections.is_empty(),
        objections,
        policy: policy.clone(),
        look: looks.map(|looks| LookTaken {
            looks: looks.pairs().iter().map(|pairs| *pairs as u32).collect(),
            level: looks.level(),
        }),
        baseline: side((&baseline, before), compared.counts[0], history),
        candidate: side((&candidate, after), compared.counts[1], false),
        pairing: compared.comparison.pairing,
        rows,
        missing,
        // Those on invalid runs are among the objections.
        warnings: compared.warnings,
        advice: Vec::new(),
    };
    if few {
        report.warnings.push(format!(
            "the policy asks for {} runs or more on either side",
            policy.minimum_runs
        ));
    }
    if let (true, [first, others @ ..]) = (unfinished, absent.still_to_be_made()) {
        let more = match others.len() {
            0 => String::new(),
            more => format!(", and {more} more like it"),
        };
        report.warnings.push(format!(
            "the series has not ended: {first}{more}; there is no verdict before it ends"
        ));
    }
    if history && before.len() < RUNS_OF_A_HISTORY {
        report.warnings.push(format!(
            "the history has {} of the {RUNS_OF_A_HISTORY} sessions that a verdict needs",
            before.len()
        ));
    }
    report
        .warnings
        .extend(notices(before, after, policy.rule.margin()));
    report.reasons = reasons(&report);
    let imported = all.iter().any(|run| run.manifest.origin.is_some());
    report.advice = advice(&report, unfinished, imported);
    report
}

fn group<'a>(runs: &[&'a GateRun]) -> RunGroup<'a> {
    let runs: Vec<_> = runs.iter().map(|run| &run.analysis).collect();
    let names = unique(runs.iter().map(|run| run.name_of_experiment()));
    RunGroup::new(names.join(", "), None, runs)
}

fn side((group, runs): (&RunGroup<'_>, &[&GateRun]), compared: usize, history: bool) -> GateSide {
    // That of an imported run is made up.
    let urls = |run: &GateRun| match run.manifest.origin {
        Some(_) => BTreeMap::new(),
        None => run.plan.urls(),
    };
    let first = runs.first().map(|run| urls(run)).unwrap_or_default();
    let same = runs.iter().all(|run| urls(run) == first);
    GateSide {
        name: group.name.clone(),
        urls: if same { first } else { BTreeMap::new() },
        runs: group.runs.iter().map(|run| described_run(run)).collect(),
        compared: compared as u64,
        history,
    }
}

fn gate_row(judged: Judged, policy: &Policy, undecided: Option<&str>) -> GateRow {
    let row = &judged.row;
    let fails_as = |verdict| policy.fails_on(verdict);
    let open = match (policy.requires(row.metric), fails_as(FailOn::Inconclusive)) {
        (false, _) => RowOutcome::NotRequired,
        (true, true) => RowOutcome::Failed,
        (true, false) => RowOutcome::Open,
    };
    let (outcome, reason) = if row.verdict == Verdict::Invalid {
        (RowOutcome::Invalid, "not to be judged")
    } else if let Some(why) = undecided {
        (open, why)
    } else if let Some(why) = failing(row, policy) {
        (RowOutcome::Failed, why)
    } else if judged.no_worse {
        let reason = match row.verdict {
            Verdict::Equivalent if row.is_surely_worse() => "worse, within the margin",
            Verdict::Equivalent => "within the margin",
            Verdict::Improved => "better",
            _ => "no worse than the margin",
        };
        (RowOutcome::Passed, reason)
    } else {
        let reason = match row.verdict {
            // What is not shown to be no worse fails whatever it is.
            Verdict::Regressed if open == RowOutcome::Failed && row.strict_regression => {
                "worse by more than the margin"
            }
            Verdict::Regressed if open == RowOutcome::Failed => "worse, and not within the margin",
            Verdict::Regressed if row.strict_regression => {
                "worse by more than the margin, which this policy does not fail on"
            }
            Verdict::Regressed if fails_as(FailOn::StrictRegression) => {
                "worse, but perhaps within the margin"
            }
            Verdict::Regressed => "worse, which this policy does not fail on",
            _ => "not shown to be within the margin, nor to be worse",
        };
        (open, reason)
    };
    let reason = if outcome == RowOutcome::Failed && failing(row, policy).is_none() {
        format!("{reason} (the policy has `fail_on: inconclusive`)")
    } else {
        reason.to_owned()
    };
    GateRow {
        outcome,
        reason,
        comparison: judged.row,
    }
}

/// Why a row fails, if its test shows that it does.
fn failing(row: &MetricComparison, policy: &Policy) -> Option<&'static str> {
    let fails_as = |verdict| policy.fails_on(verdict);
    match row.verdict {
        Verdict::Regressed if row.strict_regression => {
            let fails = fails_as(FailOn::Regressed) || fails_as(FailOn::StrictRegression);
            fails.then_some("worse by more than the margin")
        }
        Verdict::Regressed => {
            fails_as(FailOn::Regressed).then_some("worse, and not within the margin")
        }
        Verdict::Improved => {
            fails_as(FailOn::Improved).then_some("better, which this policy fails on")
        }
        Verdict::Invalid | Verdict::Equivalent | Verdict::Inconclusive => None,
    }
}

impl GateReport {
    /// Whether the candidate should be added to the history that it was compared with.
    ///
    /// Every comparable candidate is added unless a row has a verdict that the policy fails on. Adding only passing
    /// ones would select fast runs and narrow the history with every session, and under a policy that fails on
    /// inconclusive rows a short history could never grow. A candidate that was forced despite an objection is not
    /// added, because all later comparisons would have that objection.
    #[must_use]
    pub fn belongs_in_history(&self) -> bool {
        let failed = |row: &GateRow| {
            row.outcome == RowOutcome::Failed && failing(&row.comparison, &self.policy).is_some()
        };
        self.objections.is_empty()
            && self.conclusion != Conclusion::Invalid
            && !self.rows.iter().any(failed)
    }
}

fn conclusion(rows: &[GateRow], missing: &[MissingRow], policy: &Policy) -> Conclusion {
    let any = |outcome| rows.iter().any(|row| row.outcome == outcome);
    let required = |missing: &MissingRow| policy.requires(missing.metric);
    let unanswered = missing.iter().any(required) || rows.is_empty();
    if any(RowOutcome::Invalid) {
        Conclusion::Invalid
    } else if any(RowOutcome::Failed) || (unanswered && policy.fails_on(FailOn::Inconclusive)) {
        Conclusion::Failed
    } else if any(RowOutcome::Open) || unanswered {
        Conclusion::Inconclusive
    } else {
        Conclusion::Passed
    }
}

fn reasons(report: &GateReport) -> Vec<String> {
    if report.conclusion == Conclusion::Invalid {
        let objections = report.objections.iter();
        return objections
            .map(|it| format!("{}: {}", it.kind.as_str(), it.finding))
            .collect();
    }
    let of = |outcome| {
        let rows = report.rows.iter().filter(move |row| row.outcome == outcome);
        rows.map(|row| format!("{}: {}", row.comparison.name(), row.reason))
    };
    let mut reasons: Vec<String> = of(RowOutcome::Failed).collect();
    let failed = report.conclusion == Conclusion::Failed;
    reasons.extend(of(RowOutcome::Open).map(|reason| {
        if failed {
            format!("open besides: {reason}")
        } else {
            reason
        }
    }));
    reasons.extend(report.missing.iter().map(|missing| {
        format!(
            "{} of {}: not every run has a value ({})",
            missing.metric.as_str(),
            missing.request,
            missing.why
        )
    }));
    if report.rows.is_empty() && report.missing.is_empty() {
        reasons.push("there is nothing to compare".to_owned());
    }
    if reasons.is_empty() {
        let shown = of(RowOutcome::Passed).count();
        reasons.push(match (shown, report.rows.len()) {
            (1, 1) => "the one metric that is gated is no worse than the margin".to_owned(),
            (shown, rows) if shown == rows => {
                format!("all {rows} rows are shown to be no worse than the margin")
            }
            (shown, rows) => {
                format!("{shown} of {rows} rows are shown to be no worse than the margin")
            }
        });
    }
    reasons.extend(of(RowOutcome::NotRequired).map(|row| format!("not required: {row}")));
    if report.forced {
        let kinds: BTreeSet<_> = report.objections.iter().map(|it| it.kind).collect();
        let kinds: Vec<_> = kinds.into_iter().map(ObjectionKind::as_str).collect();
        reasons.push(format!("forced despite {}", kinds.join(", ")));
    }
    reasons
}
