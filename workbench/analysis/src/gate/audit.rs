//! How often the gate alarms where nothing changed: measured from A/A runs.

use serde::Serialize;
use workbench_statistics::clopper_pearson;

use super::missing_runs::MissingRuns;
use super::comparable::unlike_targets;
use super::conclude::{These, judge_these};
use super::splits::{splits, swapped, swaps};
use super::run::GateRun;
use crate::model::{Conclusion, GATE_SCHEMA_VERSION, GateReport, GateRow, Policy};
use crate::model::{ConfidenceInterval, Verdict};

/// Confidence of the interval of the alarm rate.
const CONFIDENCE: f64 = 0.95;

/// Disjoint comparisons that it takes to say that the gate keeps its promise: ours. Without any alarm in 20 the rate is
/// known to be below 17 %, and no more.
const ENOUGH: u64 = 20;

/// Runs of one thing, made as baseline and candidate or all alike.
#[derive(Clone, Debug)]
pub enum AuditSource {
    /// A series of two equal experiments: one comparison of its own.
    Comparison {
        /// Runs that stand for the baseline.
        baseline: Vec<GateRun>,
        /// Runs that stand for the candidate.
        candidate: Vec<GateRun>,
        /// Runs that belong to these and are not among them.
        absent: MissingRuns,
    },
    /// Runs of one experiment, in order of time.
    Runs(Vec<GateRun>),
}

/// How runs are dealt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditOptions {
    /// Runs on a side that are dealt from [`AuditSource::Runs`]; half of them where it is not given.
    pub runs_per_side: Option<usize>,
    /// Most comparisons of runs dealt out anew, of each source.
    pub reshuffles: u32,
    /// Seed of the dealing, where not all ways are tried.
    pub seed: u64,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditReport {
    /// Version of this format.
    pub schema_version: u32,
    /// The policy in force.
    pub policy: Policy,
    /// Number of runs.
    pub runs: u64,
    /// Comparisons that share no run with each other.
    pub disjoint: AlarmRate,
    /// Interval of the rate of false alarms, Clopper and Pearson's, from the disjoint comparisons; `None` without any.
    pub interval: Option<ConfidenceInterval>,
    /// The most alarms in so many disjoint comparisons whose interval reaches down to the nominal rate.
    pub most_alarms_allowed: u64,
    /// Whether there are no more; `None` where too few comparisons show no more: they could hardly show it.
    pub within_nominal: Option<bool>,
    /// The same runs dealt out anew; these comparisons share runs, so that their rate has no interval.
    pub reshuffled: AlarmRate,
    /// Whether all ways of dealing were tried, or some drawn at random.
    pub reshuffled_exhaustively: bool,
    /// What a reader has to know.
    pub notes: Vec<String>,
}

/// Comparisons and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlarmRate {
    /// Comparisons in which everything that is gated was tested.
    pub comparisons: u64,
    /// Of these, how many called any row regressed: the false alarms, at most a share α of all in the long run.
    pub regressed: u64,
    /// How many called any row improved; at most a share α as well.
    pub improved: u64,
    /// How many passed by the policy.
    pub passed: u64,
    /// How many were inconclusive by the policy.
    pub inconclusive: u64,
    /// Further comparisons, in which something that is gated was not tested: it cannot have alarmed.
    pub untested: u64,
    /// Further comparisons, which were invalid, or of runs that do differ.
    pub invalid: u64,
}

impl AlarmRate {
    /// Counts a comparison, and says why if it does not count as one.
    fn count(
        &mut self,
        baseline: &[&GateRun],
        candidate: &[&GateRun],
        absent: &MissingRuns,
        policy: &Policy,
    ) -> Vec<String> {
        if let Some(unlike) = unlike_targets(&[baseline, candidate].concat()) {
            self.invalid += 1;
            return vec![unlike];
        }
        let these = These {
            before: baseline,
            after: candidate,
            history: false,
            absent,
        };
        let report = judge_these(these, policy, false);
        if report.conclusion == Conclusion::Invalid {
            self.invalid += 1;
            return report.reasons;
        }
        if !is_tested(&report, absent) {
            self.untested += 1;
            return report.reasons;
        }
        let any = |verdict| {
            let rows = report.rows.iter();
            u64::from(
                rows.map(|row| row.comparison.verdict)
                    .any(|it| it == verdict),
            )
        };
        self.comparisons += 1;
        self.regressed += any(Verdict::Regressed);
        self.improved += any(Verdict::Improved);
        self.passed += u64::from(report.conclusion == Conclusion::Passed);
        self.inconclusive += u64::from(report.conclusion == Conclusion::Inconclusive);
        Vec::new()
    }

    /// False alarms as a share of the comparisons.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.comparisons > 0).then(|| self.regressed as f64 / self.comparisons as f64)
    }
}

/// Whether every gated row could have alarmed.
fn is_tested(report: &GateReport, absent: &MissingRuns) -> bool {
    let least = u64::from(report.policy.minimum_runs);
    let tested =
        |row: &GateRow| row.comparison.method.is_some() && row.comparison.interval.is_some();
    report.baseline.compared.min(report.candidate.compared) >= least
        && absent.still_to_be_made().is_empty()
        && report.missing.is_empty()
        && !report.rows.is_empty()
        && report.rows.iter().all(tested)
}

/// Puts runs that differ in nothing to the gate, and counts its alarms.
///
/// Two counts are kept apart:
///
/// - *Disjoint* comparisons share no run. A series of two equal experiments is one; runs of one experiment are cut, in
///   order of time, into baseline and candidate, and again as long as there are enough. They are as independent as the
///   runs are, so that the number of alarms is binomial and its rate has an interval.
/// - *Reshuffled* comparisons deal the same runs out in other ways: swapped within their blocks, or split anew, all
///   ways or some drawn at random. There are many, but they share their runs: they say whether the tests suit values
///   such as these (skewed, with outliers), nothing of drift between sessions, and their rate has no interval.
///
/// Invalid comparisons are counted by themselves, for the gate would not have judged them, as are those of runs with
/// different kinds of targets or faults, which do differ; that targets at different addresses are copies of one system is
/// taken on trust. So are comparisons in which a gated row was not tested: without a test
/// there is no alarm, false or not.
///
/// # References
/// C. J. Clopper, E. S. Pearson (1934), “The Use of Confidence or Fiducial Limits Illustrated in the Case of the
/// Binomial”, Biometrika 26(4).
#[must_use]
pub fn audit(sources: &[AuditSource], policy: &Policy, options: AuditOptions) -> AuditReport {
    let (mut disjoint, mut reshuffled) = (AlarmRate::default(), AlarmRate::default());
    let mut exhaustive = true;
    // Runs of one experiment were dealt out by nobody.
    let none = MissingRuns::default();
    let (mut notes, mut refusals) = (Vec::new(), Vec::new());
    for source in sources {
        match source {
            AuditSource::Comparison {
                baseline,
                candidate,
                absent,
            } => {
                let (baseline, candidate) = (&references(baseline), &references(candidate));
                refusals.extend(disjoint.count(baseline, candidate, absent, policy));
                let (ways, all) = swaps(baseline.len().min(candidate.len()), options);
                exhaustive &= all;
                for way in ways {
                    let (baseline, candidate) = swapped(baseline, candidate, &way);
                    reshuffled.count(&baseline, &candidate, absent, policy);
                }
            }
            AuditSource::Runs(runs) => {
                let mut runs = references(runs);
                runs.sort_by_key(|run| run.manifest.started_at);
                let side = options.runs_per_side.unwrap_or(runs.len() / 2);
                if side == 0 || side > runs.len() / 2 {
                    notes.push(format!(
                        "{} runs are not enough for {side} on either side",
                        runs.len()
                    ));
                    continue;
                }
                for chunk in runs.chunks_exact(2 * side) {
                    let (baseline, candidate) = chunk.split_at(side);
                    refusals.extend(disjoint.count(baseline, candidate, &none, policy));
                }
                let (ways, all) = splits(runs.len(), side, options);
                exhaustive &= all;
                for way in ways {
                    let dealt: Vec<&GateRun> = way.iter().map(|index| runs[*index]).collect();
                    let (baseline, candidate) = dealt.split_at(side);
                    reshuffled.count(baseline, candidate, &none, policy);
                }
            }
        }
    }
    if let Some(first) = refusals.first() {
        notes.push(format!(
            "not counted: {} of the disjoint comparisons as invalid, {} as not tested, the first for this reason: {first}",
            disjoint.invalid, disjoint.untested
        ));
    }
    let few = disjoint.comparisons < ENOUGH;
    if few {
        notes.push(format!(
            "{} comparisons that share no run are too few to show a rate of {:.0} %, {ENOUGH} are needed: make more series \
             of two equal experiments",
            disjoint.comparisons,
            policy.rule.alpha() * 100.0
        ));
    }
    let interval = interval(disjoint.regressed, disjoint.comparisons);
    let most = most_allowed(disjoint.comparisons, policy.rule.alpha());
    AuditReport {
        schema_version: GATE_SCHEMA_VERSION,
        policy: policy.clone(),
        runs: sources.iter().flat_map(AuditSource::runs).count() as u64,
        disjoint,
        interval,
        most_alarms_allowed: most,
        within_nominal: interval
            .map(|_| disjoint.regressed <= most)
            .filter(|within| !(few && *within)),
        reshuffled,
        reshuffled_exhaustively: exhaustive,
        notes,
    }
}

impl AuditSource {
    /// All of its runs.
    pub fn runs(&self) -> impl Iterator<Item = &GateRun> {
        let (first, second): (&[GateRun], &[GateRun]) = match self {
            Self::Comparison {
                baseline,
                candidate,
                ..
            } => (baseline, candidate),
            Self::Runs(runs) => (runs, &[]),
        };
        first.iter().chain(second)
    }
}

fn references(runs: &[GateRun]) -> Vec<&GateRun> {
    runs.iter().collect()
}

fn interval(alarms: u64, comparisons: u64) -> Option<ConfidenceInterval> {
    let rate = clopper_pearson(alarms, comparisons, CONFIDENCE).ok()?;
    Some(ConfidenceInterval::from(rate.interval))
}

/// The largest number of alarms whose interval still reaches down to the nominal rate.
fn most_allowed(comparisons: u64, nominal: f64) -> u64 {
    (0..=comparisons)
        .take_while(|alarms| {
            interval(*alarms, comparisons).is_some_and(|interval| interval.lower <= nominal)
        })
        .last()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SciPy` 1.17.1: `binom.sf(k - 1, 40, 0.05)` is 0.0480 for k = 5 and 0.0139 for k = 6; the two-sided 95 % interval
    /// leaves 2.5 % on either side.
    #[test]
    fn forty_comparisons_may_alarm_five_times() {
        assert_eq!(most_allowed(40, 0.05), 5);
        assert_eq!(most_allowed(0, 0.05), 0);
    }
}
