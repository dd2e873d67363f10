//! The verdict on error rates, which can be 0.

use super::classify::{Verdict, verdict_of_interval};
use super::rule::{Evidence, Layout, Rule};
use super::runs::{detectable, needed};
use super::support::{Method, Support, VerdictWarning};
use crate::compare::{PairTest, TTest, paired_t, prediction_t, welch};
use crate::error::{StatisticsError, check_count, check_paired};
use crate::interval::Interval;
use crate::proportion::{Counts, check_counts, newcombe, newcombe_p_above};
use crate::sequential::Looks;

/// The requests of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunErrors {
    /// Requests that failed.
    pub failures: u64,
    /// All requests, at least 1.
    pub requests: u64,
}

/// A candidate's error rates judged against a baseline's.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRateComparison {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the rate rose by more than the margin: the whole interval lies beyond it.
    pub strict_regression: bool,
    /// The test between runs behind the verdict; `None` where the runs allow none.
    pub method: Option<Method>,
    /// The test of the runs' rates, candidate minus baseline; `None` where the runs allow none or all have the same
    /// rate.
    pub between_runs: Option<TTest>,
    /// Difference of the pooled rates, candidate minus baseline.
    pub difference: f64,
    /// Interval of the difference.
    pub interval: Interval,
    /// One-sided p values, at a look those of the whole series; `None` where the runs allow no test.
    pub evidence: Option<Evidence>,
    /// The rise that such runs find with a power of 80%, by the variation between runs alone; `None` where that is
    /// not known.
    pub minimum_detectable_rise: Option<f64>,
    /// Only for an inconclusive verdict: the runs per side that find a rise as large as the margin with a power of
    /// 80%, if they vary as these do.
    pub runs_needed: Option<usize>,
    /// Number of runs of the baseline and of the candidate.
    pub counts: [usize; 2],
    /// Warnings for the reader.
    pub warnings: Vec<VerdictWarning>,
}

/// Judges the error rate of a candidate against a baseline; failures and requests of each run.
///
/// The interval of the difference of rates is the union of two: the t interval of the runs' rates (Welch's, paired, or
/// of one run against a history, as for [`compare_runs`](crate::compare_runs)), and Newcombe's score interval (method
/// 10) of the pooled requests. The first allows for rates that vary from run to run, by more than chance among
/// requests; the second for failures so rare that the runs' rates show too little variation, or none, as when no
/// request failed at all. p values are the greater of the two. Union and maximum are conservative.
///
/// The margin is a difference of rates, and the rule's direction is taken as it is, so that success rates can be
/// judged too. The numbers of runs allow the verdicts that they allow for other metrics.
///
/// Assumes independent runs with about the same number of requests (the t interval is for the unweighted mean
/// of the runs' rates). Fails where failures of one run come in bursts and runs are few: three runs with one burst
/// are not normal, and the t interval is then too wide rather than too narrow.
///
/// # Errors
/// No run on a side, a run without requests or with more failures than requests, pairs of different number, an
/// `alpha` that is not above 0 and below one half, or a margin that is negative or not finite.
///
/// # References
/// - A. Donner, N. Klar (1994), “Methods for Comparing Event Rates in Intervention Studies When the Unit of
///   Allocation Is a Cluster”, American Journal of Epidemiology 140(3) (t test on the clusters' rates).
/// - R. G. Newcombe (1998), “Interval Estimation for the Difference between Independent Proportions: Comparison of
///   Eleven Methods”, Statistics in Medicine 17(8), method 10.
///
/// # Examples
/// ```
/// use workbench_statistics::{
///     Better, Layout, PairTest, Rule, RunErrors, Verdict, compare_error_rates,
/// };
///
/// let layout = Layout::Pairs(PairTest::T);
/// let rule = Rule { margin: 0.001, alpha: 0.05, better: Better::Lower, layout };
/// let none = [RunErrors { failures: 0, requests: 10_000 }; 5];
/// assert_eq!(compare_error_rates(&none, &none, &rule)?.verdict, Verdict::Equivalent);
/// let some = [40, 35, 52, 44, 47].map(|failures| RunErrors { failures, requests: 10_000 });
/// assert_eq!(compare_error_rates(&none, &some, &rule)?.verdict, Verdict::Regressed);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn compare_error_rates(
    baseline: &[RunErrors],
    candidate: &[RunErrors],
    rule: &Rule,
) -> Result<ErrorRateComparison, StatisticsError> {
    compare_error_rates_at_look(baseline, candidate, rule, None)
}

/// Judges the error rate at one of several looks at a series of pairs.
///
/// As [`compare_error_rates`] if there are no looks; otherwise at the level of a look, with the p values of the whole series as evidence: see
/// [`compare_runs_at_look`](crate::compare_runs_at_look).
///
/// # Errors
/// As [`compare_error_rates`], and an `alpha` other than that of the looks.
///
/// # References
/// C. Jennison, B. W. Turnbull (2000), “Group Sequential Methods with Applications to Clinical Trials”, chapter 2.
pub fn compare_error_rates_at_look(
    baseline: &[RunErrors],
    candidate: &[RunErrors],
    rule: &Rule,
    looks: Option<&Looks>,
) -> Result<ErrorRateComparison, StatisticsError> {
    rule.check()?;
    let level = rule.level(looks)?;
    let (before, after) = (rates(baseline)?, rates(candidate)?);
    if rule.layout != Layout::Independent {
        check_paired(&before, &after)?;
    }
    let counts = [before.len(), after.len()];
    let confidence = 1.0 - 2.0 * level;
    let layout = match rule.layout {
        Layout::Independent => Layout::Independent,
        Layout::Pairs(_) => Layout::Pairs(PairTest::T),
    };
    let mut support = Support::new(counts[0], counts[1], layout);
    let tested = match support.method {
        None => None,
        Some(Method::Prediction) => Some(prediction_t(after[0], &before, confidence)),
        Some(Method::Welch) => Some(welch(&after, &before, confidence)),
        Some(Method::Paired | Method::Trimmed) => Some(paired_t(&after, &before, confidence)),
    };
    let between_runs = match tested.transpose() {
        Err(StatisticsError::NoVariation) => None,
        test => test?,
    };
    let (pooled_before, pooled_after) = (pooled(baseline), pooled(candidate));
    let mut interval = newcombe(pooled_after, pooled_before, confidence);
    let among_requests = evidence_among_requests(pooled_before, pooled_after, rule);
    let mut evidence = support.method.map(|_| among_requests);
    let (mut minimum_detectable_rise, mut runs_needed) = (None, None);
    if let (Some(method), Some(test)) = (support.method, &between_runs) {
        interval.lower = interval.lower.min(test.interval.lower);
        interval.upper = interval.upper.max(test.interval.upper);
        let from_runs = Evidence::new(test, rule.margin, rule.better);
        evidence = Some(Evidence {
            p_regressed: among_requests.p_regressed.max(from_runs.p_regressed),
            p_improved: among_requests.p_improved.max(from_runs.p_improved),
            p_beyond_margin: among_requests
                .p_beyond_margin
                .max(from_runs.p_beyond_margin),
        });
        let design = method.design(counts[0], counts[1]);
        minimum_detectable_rise = Some(detectable(design, test, level)?);
        runs_needed = needed(design, test, rule.margin, level)?;
    }
    let verdict = if support.method.is_some() {
        let found = verdict_of_interval(interval.lower, interval.upper, rule.margin, rule.better);
        support.allowed(found)
    } else {
        Verdict::Inconclusive
    };
    Ok(ErrorRateComparison {
        verdict,
        strict_regression: support.method.is_some()
            && rule.better.worsening(interval.lower, interval.upper).0 > rule.margin,
        method: support.method,
        between_runs,
        difference: pooled_after.share() - pooled_before.share(),
        interval,
        evidence: evidence
            .map(|evidence| evidence.of_series(looks))
            .transpose()?,
        minimum_detectable_rise,
        runs_needed: runs_needed.filter(|_| verdict == Verdict::Inconclusive),
        counts,
        warnings: support.warnings,
    })
}

fn evidence_among_requests(before: Counts, after: Counts, rule: &Rule) -> Evidence {
    // A fall is a rise with the two exchanged.
    let (before, after) = match rule.better {
        super::Better::Lower => (before, after),
        super::Better::Higher => (after, before),
    };
    Evidence {
        p_regressed: newcombe_p_above(after, before, 0.0),
        p_improved: newcombe_p_above(before, after, 0.0),
        p_beyond_margin: newcombe_p_above(after, before, rule.margin),
    }
}

fn rates(runs: &[RunErrors]) -> Result<Vec<f64>, StatisticsError> {
    check_count(runs.len(), 1)?;
    runs.iter()
        .map(|run| {
            check_counts(run.failures, run.requests)?;
            Ok(run.failures as f64 / run.requests as f64)
        })
        .collect()
}

fn pooled(runs: &[RunErrors]) -> Counts {
    let sum = |count: fn(&RunErrors) -> u64| runs.iter().map(count).fold(0, u64::saturating_add);
    Counts {
        successes: sum(|run| run.failures),
        trials: sum(|run| run.requests),
    }
}
