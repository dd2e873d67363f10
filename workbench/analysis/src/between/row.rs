//! One metric of one label, candidate against baseline.

use workbench_statistics::{
    Better, Evidence, Interval, Looks, Method, RUNS_FOR_EQUIVALENCE, Rule, RunErrors, Sides,
    StatisticsError, VerdictWarning, cliffs_delta, compare_error_rates_at_look, hedges_g,
    hodges_lehmann, mann_whitney, minimum_detectable_effect, paired_hodges_lehmann, runs_needed,
    signed_rank,
};

use super::group::{mean, scaled};
use super::resolution::compare_in_steps;
use super::warnings::describe;
use crate::model::{
    ConfidenceInterval, Metric, MetricComparison, RankEstimate, TestMethod, Verdict,
};

/// The power at which detectable changes and needed runs are stated, as in the statistics.
const POWER: f64 = 0.8;

/// Why a single run is not judged by a group of runs.
const SINGLE_RUN: &str = "a single run is judged only by a history, one run of each session (gate --history): runs of one \
     session vary less than sessions do";

/// Reason for an `expect`.
const TESTED: &str = "a test was made of these values";

/// A row, and further results that only the gate uses.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) row: MetricComparison,
    /// Whether the runs show that it is not worse than the margin allows.
    pub(crate) no_worse: bool,
    /// Runs per side that find a regression as large as the margin, whatever the verdict.
    pub(crate) runs_for_margin: Option<u64>,
    /// Results of the row alone, for the adjustment of its family.
    pub(super) found: (Verdict, Option<Evidence>),
}

impl Judged {
    /// The row if the baseline is not a history. A single candidate run is then not judged: runs within a session vary
    /// less than sessions do, so a run of another session would often be called changed.
    pub(super) fn between_groups(mut self) -> Self {
        if self.row.method != Some(TestMethod::Prediction) {
            return self;
        }
        self.no_worse = false;
        self.runs_for_margin = None;
        self.found = (Verdict::Inconclusive, None);
        self.row = MetricComparison {
            method: None,
            change: None,
            interval: None,
            p: None,
            minimum_detectable_change: None,
            ranks: None,
            hedges_g: None,
            cliffs_delta: None,
            warnings: vec![SINGLE_RUN.to_owned()],
            ..self.row
        };
        self
    }
}

/// Judges a metric that is positive, by itself.
pub(super) fn of_positive(
    (label, metric): (&str, Metric),
    baseline: &[f64],
    candidate: &[f64],
    (rule, looks): (&Rule, Option<&Looks>),
    step_ns: f64,
) -> Result<Judged, StatisticsError> {
    let (found, widened) = compare_in_steps(baseline, candidate, (rule, looks), step_ns)?;
    let shift = found.ratio.as_ref().map(|test| Shift {
        change: test.ratio - 1.0,
        interval: test.interval.map(|ratio| ratio - 1.0),
        p: test.p,
    });
    let detectable = found
        .minimum_detectable_change
        .map(|change| match rule.better {
            Better::Lower => change.ln_1p(),
            Better::Higher => -change.ln_1p(),
        });
    // A margin of 5 % is a factor of 1.05 either way.
    let worst = match rule.better {
        Better::Lower => rule.margin,
        Better::Higher => -rule.margin / (1.0 + rule.margin),
    };
    let mut judged = Facts {
        label,
        metric,
        baseline,
        candidate,
        rule,
        level: looks.map_or(rule.alpha, Looks::level),
        verdict: found.verdict,
        method: found.method,
        evidence: found.evidence,
        shift,
        worst,
        minimum_detectable_change: found.minimum_detectable_change,
        detectable,
        margin: rule.margin.ln_1p(),
        warnings: found.warnings,
    }
    .judged();
    if widened {
        judged.row.warnings.push(format!(
            "times were recorded in steps of {} ms, by which the runs of a side do not vary: the interval is one step wider \
             either way",
            step_ns / 1e6
        ));
    }
    Ok(judged)
}

/// Judges the error rate, by itself.
pub(super) fn of_errors(
    label: &str,
    baseline: &[RunErrors],
    candidate: &[RunErrors],
    (rule, looks): (&Rule, Option<&Looks>),
) -> Result<Judged, StatisticsError> {
    let found = compare_error_rates_at_look(baseline, candidate, rule, looks)?;
    let rates = |runs: &[RunErrors]| -> Vec<f64> {
        runs.iter()
            .map(|run| run.failures as f64 / run.requests as f64)
            .collect()
    };
    let shift = found.evidence.map(|evidence| Shift {
        change: found.difference,
        interval: found.interval,
        p: (2.0 * evidence.p_regressed.min(evidence.p_improved)).min(1.0),
    });
    Ok(Facts {
        label,
        metric: Metric::ErrorRate,
        baseline: &rates(baseline),
        candidate: &rates(candidate),
        rule,
        level: looks.map_or(rule.alpha, Looks::level),
        verdict: found.verdict,
        method: found.method,
        evidence: found.evidence,
        shift,
        worst: rule.margin,
        minimum_detectable_change: found.minimum_detectable_rise,
        detectable: found.minimum_detectable_rise,
        margin: rule.margin,
        warnings: found.warnings,
    }
    .judged())
}

/// The change and its interval.
struct Shift {
    change: f64,
    interval: Interval,
    p: f64,
}

/// The results of a test, on a scale common to all metrics.
struct Facts<'a> {
    label: &'a str,
    metric: Metric,
    baseline: &'a [f64],
    candidate: &'a [f64],
    rule: &'a Rule,
    /// The one-sided level of the test: α, or that of a look.
    level: f64,
    verdict: Verdict,
    method: Option<Method>,
    evidence: Option<Evidence>,
    shift: Option<Shift>,
    /// The change that is worse by just the margin.
    worst: f64,
    minimum_detectable_change: Option<f64>,
    /// The same, and the margin, on the scale of the test.
    detectable: Option<f64>,
    margin: f64,
    warnings: Vec<VerdictWarning>,
}

impl Facts<'_> {
    fn judged(self) -> Judged {
        let few = |warning: &VerdictWarning| {
            matches!(
                warning,
                VerdictWarning::LargeEffectsOnly { .. }
                    | VerdictWarning::EquivalenceNeedsMoreRuns { .. }
            )
        };
        let interval = self.shift.as_ref().map(|shift| shift.interval);
        let within = interval.is_some_and(|interval| match self.rule.better {
            Better::Lower => interval.upper < self.worst,
            Better::Higher => interval.lower > self.worst,
        });
        let no_worse = self.verdict == Verdict::Improved
            || (self.method.is_some() && within && !self.warnings.iter().any(few));
        let runs_for_margin = self.runs_for_margin();
        let effect_sizes = self.method.is_some();
        let (after, before) = (
            scaled(self.candidate, self.metric).0,
            scaled(self.baseline, self.metric).0,
        );
        let row = MetricComparison {
            request: self.label.to_owned(),
            metric: self.metric,
            verdict: self.verdict,
            verdict_alone: self.verdict,
            strict_regression: false,
            method: self.method,
            baseline: mean(self.baseline, self.metric).expect(TESTED),
            candidate: mean(self.candidate, self.metric).expect(TESTED),
            change: self.shift.as_ref().map(|shift| shift.change),
            interval: interval.map(ConfidenceInterval::from),
            p: self.shift.as_ref().map(|shift| shift.p),
            p_regressed_adjusted: None,
            p_improved_adjusted: None,
            minimum_detectable_change: self.minimum_detectable_change,
            runs_needed: None,
            ranks: ranks(&before, &after, self.metric, self.method, self.rule),
            hedges_g: hedges_g(&after, &before, 1.0 - 2.0 * self.rule.alpha)
                .ok()
                .filter(|_| effect_sizes)
                .map(|effect| effect.g),
            cliffs_delta: cliffs_delta(&after, &before).ok().filter(|_| effect_sizes),
            warnings: self.warnings.into_iter().map(describe).collect(),
        };
        Judged {
            row,
            no_worse,
            runs_for_margin,
            found: (self.verdict, self.evidence),
        }
    }

    /// From the detectable effect, which is a known number of standard deviations.
    fn runs_for_margin(&self) -> Option<u64> {
        let design = self
            .method?
            .design(self.baseline.len(), self.candidate.len());
        let alpha = self.level;
        let effect = minimum_detectable_effect(design, alpha, Sides::One, POWER).ok()?;
        let deviation = self.detectable? / effect;
        if self.margin == 0.0 {
            return None;
        }
        // Capped: the standard deviation is an estimate, and any test finds ten deviations.
        let wanted = (self.margin / deviation).min(10.0);
        let runs = runs_needed(design, wanted, alpha, Sides::One, POWER).ok()?;
        let least = match self.method? {
            Method::Prediction => 1,
            _ => RUNS_FOR_EQUIVALENCE,
        };
        runs.map(|runs| runs.max(least) as u64)
    }
}

fn ranks(
    before: &[f64],
    after: &[f64],
    metric: Metric,
    method: Option<Method>,
    rule: &Rule,
) -> Option<RankEstimate> {
    let confidence = 1.0 - 2.0 * rule.alpha;
    let (p, null, shift) = match method? {
        // The rank of a single value has no power.
        Method::Prediction => return None,
        Method::Welch => {
            let test = mann_whitney(after, before).ok()?;
            let shift = hodges_lehmann(after, before, confidence).ok()?;
            (test.p, test.null_distribution, shift)
        }
        Method::Paired | Method::Trimmed => {
            let test = signed_rank(after, before).ok()?;
            let shift = paired_hodges_lehmann(after, before, confidence).ok()?;
            (test.p, test.null_distribution, shift)
        }
    };
    let change = |value: f64| match metric {
        Metric::ErrorRate => value,
        _ => value.exp_m1(),
    };
    Some(RankEstimate {
        p,
        exact: null == workbench_statistics::NullDistribution::Exact,
        change: change(shift.estimate),
        interval: shift.interval.map(|interval| interval.map(change).into()),
    })
}
