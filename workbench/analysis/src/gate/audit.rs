//! The false alarm rate of the gate, measured from A/A runs.

use serde::Serialize;
use workbench_statistics::clopper_pearson;

use super::comparable::{at_several_addresses, revisions, unlike_targets};
use super::conclude::{These, judge_these};
use super::missing_runs::MissingRuns;
use super::run::GateRun;
use super::splits::{splits, swapped, swaps};
use crate::model::{
    Conclusion, ConfidenceInterval, GATE_SCHEMA_VERSION, GateReport, GateRow, Policy, Verdict,
};

/// Confidence of the interval of the alarm rate.
const CONFIDENCE: f64 = 0.95;

/// Fewest disjoint comparisons for a statement on the false alarm rate. Our choice: without any alarm in 20 the upper
/// bound of the rate is 17 %.
const ENOUGH: u64 = 20;

/// Runs of one system, as baseline and candidate or as one group.
#[derive(Clone, Debug)]
pub enum AuditSource {
    /// A series of two equal experiments, which is one comparison.
    Comparison {
        /// The runs of the baseline.
        baseline: Vec<GateRun>,
        /// The runs of the candidate.
        candidate: Vec<GateRun>,
        /// Missing runs of the comparison.
        absent: MissingRuns,
    },
    /// Runs of one experiment, in order of time.
    Runs(Vec<GateRun>),
}

/// How runs are assigned to sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditOptions {
    /// Runs per side taken from [`AuditSource::Runs`]; half of them if `None`.
    pub runs_per_side: Option<usize>,
    /// Most reshuffled comparisons of each source.
    pub reshuffles: u32,
    /// Seed of the reshuffling, if not all assignments are tried.
    pub seed: u64,
}

/// The result of an audit.
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
    /// The most alarms in this many disjoint comparisons whose interval still contains the nominal rate.
    pub most_alarms_allowed: u64,
    /// Whether there are no more. `None` if there are no more but too few comparisons to show that.
    pub within_nominal: Option<bool>,
    /// The same runs reshuffled. These comparisons share runs, so that their rate has no interval.
    pub reshuffled: AlarmRate,
    /// Whether all assignments were tried, rather than a random sample.
    pub reshuffled_exhaustively: bool,
    /// Notes for the reader.
    pub notes: Vec<String>,
}

/// Numbers of comparisons by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlarmRate {
    /// Comparisons in which everything that is gated was tested.
    pub comparisons: u64,
    /// Of these, comparisons with a regressed row: false alarms, in the long run at most a share α.
    pub regressed: u64,
    /// Comparisons with an improved row; also at most a share α.
    pub improved: u64,
    /// Comparisons that passed.
    pub passed: u64,
    /// Inconclusive comparisons.
    pub inconclusive: u64,
    /// Further comparisons in which a gated row was not tested and so could not alarm.
    pub untested: u64,
    /// Further comparisons that were invalid, or whose runs differ.
    pub invalid: u64,
    /// Further comparisons that were left out because their runs are of different revisions of the target.
    pub different_revisions: u64,
}

/// Why a comparison does not count.
struct NotCounted {
    is_of_revisions: bool,
    why: String,
}

impl AlarmRate {
    /// Judges and counts a comparison. Returns why, if it does not count.
    fn count(
        &mut self,
        baseline: &[&GateRun],
        candidate: &[&GateRun],
        absent: &MissingRuns,
        policy: &Policy,
    ) -> Option<NotCounted> {
        let not_counted = |is_of_revisions, why| {
            Some(NotCounted {
                is_of_revisions,
                why,
            })
        };
        let all = [baseline, candidate].concat();
        let revisions = revisions(&all);
        if revisions.len() > 1 {
            self.different_revisions += 1;
            return not_counted(true, revisions.join(" and "));
        }
        if let Some(unlike) = unlike_targets(&all) {
            self.invalid += 1;
            return not_counted(false, unlike);
        }
        let these = These {
            before: baseline,
            after: candidate,
            history: false,
            absent,
        };
        let report = judge_these(these, policy, false);
        let is_invalid = report.conclusion == Conclusion::Invalid;
        if is_invalid || !is_tested(&report, absent) {
            self.invalid += u64::from(is_invalid);
            self.untested += u64::from(!is_invalid);
            return not_counted(false, report.reasons.into_iter().next()?);
        }
        let any = |verdict| {
            let mut rows = report.rows.iter();
            u64::from(rows.any(|row| row.comparison.verdict == verdict))
        };
        self.comparisons += 1;
        self.regressed += any(Verdict::Regressed);
        self.improved += any(Verdict::Improved);
        self.passed += u64::from(report.conclusion == Conclusion::Passed);
        self.inconclusive += u64::from(report.conclusion == Conclusion::Inconclusive);
        None
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

/// Judges runs of the same system with the gate, and counts its alarms.
///
/// There are two separate counts:
///
/// - *Disjoint* comparisons share no run. A series of two equal experiments is one; runs of one experiment are cut, in
///   order of time, into baseline and candidate, and again as long as there are enough. They are as independent as the
///   runs are, so that the number of alarms is binomial and its rate has an interval.
/// - *Reshuffled* comparisons assign the same runs to the sides in other ways: swapped within their blocks, or split
///   again, in all ways or in a random sample of them. There are many, but they share their runs. They show whether the
///   tests suit the distribution of the values (skewed, with outliers), but not the effect of drift between sessions,
///   and their rate has no interval.
///
/// Invalid comparisons are counted separately, because the gate does not judge them. So are comparisons of runs with
/// different kinds of targets or faults, and comparisons in which a gated row was not tested, which cannot alarm.
/// Comparisons of different revisions are left out: an alarm there may be true. Targets at different addresses of which
/// no revision is known are assumed to be copies of one system.
///
/// # References
/// C. J. Clopper, E. S. Pearson (1934), “The Use of Confidence or Fiducial Limits Illustrated in the Case of the
/// Binomial”, Biometrika 26(4).
#[must_use]
pub fn audit(sources: &[AuditSource], policy: &Policy, options: AuditOptions) -> AuditReport {
    let (mut disjoint, mut reshuffled) = (AlarmRate::default(), AlarmRate::default());
    let mut exhaustive = true;
    // Runs of one experiment have no missing runs.
    let none = MissingRuns::default();
    let (mut notes, mut refusals) = (Vec::new(), Vec::new());
    for source in sources {
        match source {
            AuditSource::Comparison { absent, .. } => {
                let [baseline, candidate] =
                    &source.sides().map(|side| side.iter().collect::<Vec<_>>());
                refusals.extend(disjoint.count(baseline, candidate, absent, policy));
                let (exchanges, all) = swaps(baseline.len().min(candidate.len()), options);
                exhaustive &= all;
                for exchange in exchanges {
                    let (baseline, candidate) = swapped(baseline, candidate, &exchange);
                    reshuffled.count(&baseline, &candidate, absent, policy);
                }
            }
            AuditSource::Runs(runs) => {
                let mut runs: Vec<&GateRun> = runs.iter().collect();
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
                let (divisions, all) = splits(runs.len(), side, options);
                exhaustive &= all;
                for division in divisions {
                    let dealt: Vec<&GateRun> = division.iter().map(|index| runs[*index]).collect();
                    let (baseline, candidate) = dealt.split_at(side);
                    reshuffled.count(baseline, candidate, &none, policy);
                }
            }
        }
    }
    let (revisions, others): (Vec<_>, Vec<_>) = refusals
        .into_iter()
        .partition(|refusal: &NotCounted| refusal.is_of_revisions);
    if let Some(NotCounted { why, .. }) = revisions.first() {
        notes.push(format!(
            "left out: {} of the disjoint comparisons, because their runs are of different revisions of the target, the first of \
             {why}: an alarm there may be true",
            disjoint.different_revisions
        ));
    }
    if let Some(NotCounted { why, .. }) = others.first() {
        notes.push(format!(
            "not counted: {} of the disjoint comparisons as invalid, {} as not tested, the first for this reason: {why}",
            disjoint.invalid, disjoint.untested
        ));
    }
    let apart = sources.iter().filter(|source| source.is_apart()).count();
    if apart > 0 {
        notes.push(format!(
            "{apart} of the series have sides at addresses of their own and name no revision: they count as copies of one system. \
             Leave out those of two versions, whose alarms may be true"
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
        self.sides().into_iter().flatten()
    }

    /// Whether its sides may be two versions, of which nothing is known.
    fn is_apart(&self) -> bool {
        let runs: Vec<&GateRun> = self.runs().collect();
        matches!(self, Self::Comparison { .. })
            && at_several_addresses(&runs)
            && revisions(&runs).is_empty()
    }

    /// Baseline and candidate; single runs are all of the baseline.
    pub(super) fn sides(&self) -> [&[GateRun]; 2] {
        match self {
            Self::Comparison {
                baseline,
                candidate,
                ..
            } => [baseline, candidate],
            Self::Runs(runs) => [runs, &[]],
        }
    }
}

fn interval(alarms: u64, comparisons: u64) -> Option<ConfidenceInterval> {
    let rate = clopper_pearson(alarms, comparisons, CONFIDENCE).ok()?;
    Some(ConfidenceInterval::from(rate.interval))
}

/// The largest number of alarms whose interval still contains the nominal rate.
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
