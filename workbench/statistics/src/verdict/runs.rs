//! The verdict on a metric that is positive: latency, throughput.

use super::classify::{Better, Verdict, verdict_of_interval};
use super::rule::{Evidence, Layout, Rule};
use super::support::{FOR_CROSS_CHECK, Method, Support, VerdictWarning};
use crate::compare::{
    RatioTest, TTest, logarithms, paired_ratio_of_geometric_means, paired_ratio_of_trimmed_means,
    prediction_ratio, ratio_of_geometric_means,
};
use crate::error::{StatisticsError, check_paired};
use crate::interval::Interval;
use crate::power::{Design, Sides, minimum_detectable_effect, runs_needed};
use crate::rank::{
    NullDistribution, hodges_lehmann, mann_whitney, paired_hodges_lehmann, signed_rank,
};
use crate::sequential::Looks;

/// The power at which detectable effects and needed runs are stated.
const POWER: f64 = 0.8;

/// A candidate's runs judged against a baseline's.
#[derive(Clone, Debug, PartialEq)]
pub struct RunComparison {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the candidate is worse by more than the margin: the whole interval lies beyond it.
    pub strict_regression: bool,
    /// The test behind the verdict; `None` where the runs allow none.
    pub method: Option<Method>,
    /// Candidate over baseline; `None` where the runs allow no test.
    pub ratio: Option<RatioTest>,
    /// One-sided p values, at a look those of the whole series; `None` where the runs allow no test.
    pub evidence: Option<Evidence>,
    /// The relative change for the worse that such runs find with a power of 80%: positive where lower is better,
    /// negative where higher is better. `None` where the runs allow no test.
    pub minimum_detectable_change: Option<f64>,
    /// Only for an inconclusive verdict: the runs per side (pairs, or runs of the history) that find a regression as
    /// large as the margin with a power of 80%, if they vary as these do. `None` also where no number does.
    pub runs_needed: Option<usize>,
    /// The cross-check on ranks, from 10 runs per side on.
    pub cross_check: Option<CrossCheck>,
    /// Number of runs of the baseline and of the candidate.
    pub counts: [usize; 2],
    /// Warnings for the reader.
    pub warnings: Vec<VerdictWarning>,
}

/// Mann–Whitney's test, or the signed rank test for pairs, on the same runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossCheck {
    /// One-sided p value, small where the candidate is worse.
    pub p_regressed: f64,
    /// One-sided p value, small where the candidate is better.
    pub p_improved: f64,
    /// Hodges and Lehmann's estimate, as a ratio.
    pub ratio: f64,
    /// Its interval, as ratios.
    pub interval: Option<Interval>,
    /// How the p values were found.
    pub null_distribution: NullDistribution,
}

/// Judges a metric of a candidate against a baseline; one positive value per run.
///
/// The interval of ln(candidate/baseline) with confidence 1 − 2α goes to [`verdict_of_interval`] with the margin
/// ln(1 + `margin`). Which test gives the interval, and which verdicts are allowed, depends on the runs at hand:
///
/// | runs | test | verdicts |
/// |---|---|---|
/// | 1 against 1 | none | inconclusive |
/// | 1 against a history of K ≥ 10 | [`prediction_ratio`] | all |
/// | fewer than 3 on a side otherwise | none | inconclusive |
/// | 3 or 4 | on logarithms: Welch's, or the paired t test for [`Layout::Pairs`] | regressed, improved |
/// | 5 and more | the same | all |
/// | 8 and more in pairs with [`PairTest::Trimmed`](crate::PairTest::Trimmed) | the trimmed t test on logarithms | all |
/// | 10 and more | the same, cross-checked by exact rank tests | all |
///
/// The cross-check never changes a verdict; where it does not confirm one there is a warning. The margin is
/// symmetric on the logarithmic scale: 5% is a factor of 1.05 either way.
///
/// Assumes that each run's value stands for an independent run. Fails if something other than the candidate changed
/// between the groups, which no test can detect.
///
/// # Errors
/// No run on a side, values that are not finite or not positive, pairs of different number, an `alpha` that is not
/// above 0 and below one half, or a margin that is negative or not finite.
///
/// # References
/// - D. J. Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15(6).
/// - A. Georges, D. Buytaert, L. Eeckhout (2007), “Statistically Rigorous Java Performance Evaluation”, OOPSLA.
/// - T. Kalibera, R. Jones (2013), “Rigorous Benchmarking in Reasonable Time”, ISMM (runs as replicates).
///
/// # Examples
/// ```
/// use workbench_statistics::{Better, Layout, PairTest, Rule, Verdict, compare_runs};
///
/// let layout = Layout::Pairs(PairTest::Trimmed);
/// let rule = Rule { margin: 0.05, alpha: 0.05, better: Better::Lower, layout };
/// let baseline = [210.0, 214.0, 209.0, 220.0, 211.0];
/// let candidate = [236.0, 243.0, 233.0, 247.0, 239.0];
/// let comparison = compare_runs(&baseline, &candidate, &rule)?;
/// assert_eq!(comparison.verdict, Verdict::Regressed);
/// assert!(comparison.strict_regression);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn compare_runs(
    baseline: &[f64],
    candidate: &[f64],
    rule: &Rule,
) -> Result<RunComparison, StatisticsError> {
    compare_runs_at_look(baseline, candidate, rule, None)
}

/// Judges a metric at one of several looks at a series of pairs.
///
/// As [`compare_runs`] if there are no looks; otherwise with intervals of the confidence 1 − 2 [`level`](Looks::level), and as evidence the p values of
/// the whole series ([`adjusted`](Looks::adjusted)). So a candidate that did not change is called regressed at any of
/// the looks with probability α at most, one that is worse by the margin is shown to be within it at any of them with
/// probability α at most, and a family of metrics keeps α by [`family_verdicts`](crate::family_verdicts) at `rule.alpha`.
/// The minimum detectable change and the runs needed are those of this look alone: the whole series finds more.
///
/// The runs at hand have to be those of a look of the schedule, and the series has to end with the first conclusion.
///
/// # Errors
/// As [`compare_runs`], and an `alpha` other than that of the looks.
///
/// # References
/// C. Jennison, B. W. Turnbull (2000), “Group Sequential Methods with Applications to Clinical Trials”, chapter 2.
///
/// # Examples
/// ```
/// use workbench_statistics::{
///     Better, Layout, Looks, PairTest, Rule, Verdict, compare_runs, compare_runs_at_look,
/// };
///
/// let layout = Layout::Pairs(PairTest::Trimmed);
/// let rule = Rule { margin: 0.05, alpha: 0.05, better: Better::Lower, layout };
/// let looks = Looks::new(&[5, 10, 15, 20], PairTest::Trimmed, rule.alpha)?;
/// let baseline = [210.0, 214.0, 209.0, 220.0, 211.0];
/// // Enough where five pairs are all there will be, not at the first look of four.
/// let candidate = [228.0, 215.0, 218.0, 232.0, 214.0];
/// assert_eq!(compare_runs(&baseline, &candidate, &rule)?.verdict, Verdict::Regressed);
/// let first = compare_runs_at_look(&baseline, &candidate, &rule, Some(&looks))?;
/// assert_eq!(first.verdict, Verdict::Inconclusive);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn compare_runs_at_look(
    baseline: &[f64],
    candidate: &[f64],
    rule: &Rule,
    looks: Option<&Looks>,
) -> Result<RunComparison, StatisticsError> {
    rule.check()?;
    let level = rule.level(looks)?;
    let (ln_baseline, ln_candidate) = (logarithms(baseline)?, logarithms(candidate)?);
    if rule.layout != Layout::Independent {
        check_paired(baseline, candidate)?;
    }
    let counts = [baseline.len(), candidate.len()];
    let mut support = Support::new(counts[0], counts[1], rule.layout);
    let confidence = 1.0 - 2.0 * level;
    let tested = match support.method {
        None => None,
        Some(Method::Prediction) => Some(prediction_ratio(baseline, candidate[0], confidence)),
        Some(Method::Welch) => Some(ratio_of_geometric_means(baseline, candidate, confidence)),
        Some(Method::Paired) => Some(paired_ratio_of_geometric_means(
            baseline, candidate, confidence,
        )),
        Some(Method::Trimmed) => Some(paired_ratio_of_trimmed_means(
            baseline, candidate, confidence,
        )),
    };
    let ratio = match tested.transpose() {
        Err(StatisticsError::NoVariation) => {
            support.warnings.push(VerdictWarning::NoVariation);
            None
        }
        ratio => ratio?,
    };
    let (Some(method), Some(ratio)) = (support.method, ratio) else {
        return Ok(RunComparison {
            verdict: Verdict::Inconclusive,
            strict_regression: false,
            method: support.method,
            ratio: None,
            evidence: None,
            minimum_detectable_change: None,
            runs_needed: None,
            cross_check: None,
            counts,
            warnings: support.warnings,
        });
    };
    let margin = rule.margin.ln_1p();
    let test = &ratio.logarithms;
    let Interval { lower, upper, .. } = test.interval;
    let found = verdict_of_interval(lower, upper, margin, rule.better);
    let verdict = support.allowed(found);
    let cross_check = if method != Method::Prediction && counts[0].min(counts[1]) >= FOR_CROSS_CHECK
    {
        Some(cross_check(&ln_baseline, &ln_candidate, rule, confidence)?)
    } else {
        None
    };
    support
        .warnings
        .extend(cross_check.and_then(|check| check.objection(verdict, level)));
    let design = method.design(counts[0], counts[1]);
    let detectable = detectable(design, test, level)?;
    Ok(RunComparison {
        verdict,
        strict_regression: rule.better.worsening(lower, upper).0 > margin,
        method: Some(method),
        ratio: Some(ratio),
        evidence: Some(Evidence::new(test, margin, rule.better).of_series(looks)?),
        minimum_detectable_change: Some(match rule.better {
            Better::Lower => detectable.exp_m1(),
            Better::Higher => (-detectable).exp_m1(),
        }),
        runs_needed: if verdict == Verdict::Inconclusive {
            needed(design, test, margin, level)?
        } else {
            None
        },
        cross_check,
        counts,
        warnings: support.warnings,
    })
}

/// The detectable effect on the scale of the test: standard deviations times what one of them is here.
pub(super) fn detectable(design: Design, test: &TTest, alpha: f64) -> Result<f64, StatisticsError> {
    let effect = minimum_detectable_effect(design, alpha, Sides::One, POWER)?;
    Ok(effect * deviation(design, test)?)
}

/// The runs that find a change of `margin`.
pub(super) fn needed(
    design: Design,
    test: &TTest,
    margin: f64,
    alpha: f64,
) -> Result<Option<usize>, StatisticsError> {
    let effect = margin / deviation(design, test)?;
    // Capped: the standard deviation is an estimate, and any test finds ten deviations.
    runs_needed(design, effect.min(10.0), alpha, Sides::One, POWER)
}

/// The standard deviation that a standard error came from.
fn deviation(design: Design, test: &TTest) -> Result<f64, StatisticsError> {
    let (_, scale) = design.freedom_and_scale()?;
    Ok(test.standard_error * scale)
}

fn cross_check(
    baseline: &[f64],
    candidate: &[f64],
    rule: &Rule,
    confidence: f64,
) -> Result<CrossCheck, StatisticsError> {
    let (greater, less, null_distribution, shift) = match rule.layout {
        Layout::Independent => {
            let test = mann_whitney(candidate, baseline)?;
            let shift = hodges_lehmann(candidate, baseline, confidence)?;
            (test.p_greater, test.p_less, test.null_distribution, shift)
        }
        Layout::Pairs(_) => {
            let test = signed_rank(candidate, baseline)?;
            let shift = paired_hodges_lehmann(candidate, baseline, confidence)?;
            (test.p_greater, test.p_less, test.null_distribution, shift)
        }
    };
    let (p_regressed, p_improved) = match rule.better {
        Better::Lower => (greater, less),
        Better::Higher => (less, greater),
    };
    Ok(CrossCheck {
        p_regressed,
        p_improved,
        ratio: shift.estimate.exp(),
        interval: shift.interval.map(|interval| interval.map(f64::exp)),
        null_distribution,
    })
}

impl CrossCheck {
    fn objection(self, verdict: Verdict, alpha: f64) -> Option<VerdictWarning> {
        let p = match verdict {
            Verdict::Regressed => self.p_regressed,
            Verdict::Improved => self.p_improved,
            Verdict::Invalid | Verdict::Equivalent | Verdict::Inconclusive => return None,
        };
        (p > alpha).then_some(VerdictWarning::CrossCheckDisagrees { p })
    }
}
