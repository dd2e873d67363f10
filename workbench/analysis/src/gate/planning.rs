//! Plans the number of runs that find a change of a given size, from A/A runs.

use serde::Serialize;
use workbench_statistics::{Design, Sides, runs_needed, summary};

use super::advice::requests_for_error_rates;
use super::audit::AuditSource;
use super::comparable::{at_several_addresses, unlike_targets};
use super::run::GateRun;
use crate::between::{RunGroup, asked_of};
use crate::model::{GATE_SCHEMA_VERSION, Metric, PairMethod, Policy};

/// Changes that are planned for, as fractions. Our choice.
pub const PLANNED_CHANGES: [f64; 6] = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2];

/// The power that is planned for, as in all other places.
const POWER: f64 = 0.8;

/// A plan: the runs that the noise of a machine requires.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanReport {
    /// Version of this format.
    pub schema_version: u32,
    /// The policy in force.
    pub policy: Policy,
    /// Number of runs.
    pub runs: u64,
    /// Number of pairs among them.
    pub pairs: u64,
    /// Wall time of a pair in seconds, from its start to that of the next: with the start of the targets and the reports.
    pub pair_s: f64,
    /// One row a gated label and metric; error rates depend on numbers of requests and have none.
    pub rows: Vec<PlanRow>,
    /// Notes for the reader.
    pub notes: Vec<String>,
}

/// One metric of one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanRow {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// The metric.
    pub metric: Metric,
    /// Standard deviation between runs, of logarithms: about their coefficient of variation.
    pub between_runs: f64,
    /// Standard deviation of the pairs' log ratios; √2 times the other where there are no pairs.
    pub of_pairs: f64,
    /// The runs that each of [`PLANNED_CHANGES`] takes.
    pub needed: Vec<Needed>,
}

/// The runs that find a change with a power of 80 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Needed {
    /// The change as a fraction.
    pub change: f64,
    /// Pairs of runs; `None` where no number is enough.
    pub pairs: Option<u64>,
    /// Their wall time in seconds.
    pub wall_s: Option<f64>,
}

/// Plans a gate from runs of one system: from series of two equal experiments, whose pairs are like the gate's, or from
/// single runs, such as a history's.
///
/// Variances are pooled over the sources, each about its own mean. The level is the strictest of Holm's: α divided by
/// the number of gated rows. The pairs are assumed to be normal.
///
/// # References
/// J. Cohen (1988), “Statistical Power Analysis for the Behavioral Sciences”, second edition, chapter 2.
#[must_use]
pub fn plan(sources: &[AuditSource], policy: &Policy) -> PlanReport {
    let runs = sources.iter().flat_map(AuditSource::runs).count();
    let pairs: usize = sources.iter().map(|source| paired(source).len()).sum();
    let pair_s = wall_of_pair(sources);
    let gated = gated(sources, policy);
    let alpha = policy.rule.alpha() / gated.len().max(1) as f64;
    let (mut notes, mut rates) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    for (label, metric) in gated {
        if metric == Metric::ErrorRate {
            if let Some(requests) = requests_for_error_rates(policy, policy.rule.alpha()) {
                rates.push(format!(
                    "error_rate of {label}: takes some {requests} requests on each side, even if none fails, whatever the number of \
                     runs; `compare`, which makes interim analyses, takes more"
                ));
            }
            continue;
        }
        let Some(row) = row(sources, policy, &label, metric, (alpha, pair_s)) else {
            notes.push(format!(
                "{} of {label}: too few runs have a value, two of one experiment are the least",
                metric.as_str()
            ));
            continue;
        };
        rows.push(row);
    }
    let unlike = sources.iter().any(|source| {
        let all: Vec<&GateRun> = source.runs().collect();
        matches!(source, AuditSource::Comparison { .. })
            && (unlike_targets(&all).is_some() || at_several_addresses(&all))
    });
    if unlike {
        notes.push(
            "the two experiments of a series had targets of their own. If these were two versions, the plan holds only as far as \
             both vary alike: plan with a comparison of one version with itself"
                .to_owned(),
        );
    }
    if pairs == 0 {
        notes.push(
            "no pairs among these runs: the plan assumes that pairs are not correlated, and overestimates the \
            number if they are".to_owned(),
        );
    }
    notes.append(&mut rates);
    PlanReport {
        schema_version: GATE_SCHEMA_VERSION,
        policy: policy.clone(),
        runs: runs as u64,
        pairs: pairs as u64,
        pair_s,
        rows,
        notes,
    }
}

fn row(
    sources: &[AuditSource],
    policy: &Policy,
    label: &str,
    metric: Metric,
    (alpha, pair_s): (f64, f64),
) -> Option<PlanRow> {
    let (mut alone, mut of_pairs) = (Pooled::default(), Pooled::default());
    for source in sources {
        let values = logarithms(source, policy, label, metric);
        let (before, after) = values.split_at(source.sides()[0].len());
        for side in [before, after] {
            let known: Vec<f64> = side.iter().copied().flatten().collect();
            alone.add(&known);
        }
        let ratios: Vec<f64> = paired(source)
            .into_iter()
            .filter_map(|(one, other)| Some(after[other]? - before[one]?))
            .collect();
        of_pairs.add(&ratios);
    }
    let between_runs = alone.deviation()?;
    let of_pairs = of_pairs
        .deviation()
        .unwrap_or(std::f64::consts::SQRT_2 * between_runs);
    let needed = PLANNED_CHANGES
        .into_iter()
        .map(|change| {
            // Capped: the standard deviation is an estimate, and any test finds ten deviations.
            let effect = (change.ln_1p() / of_pairs).min(10.0);
            let design = match policy.rule.pairs() {
                PairMethod::Trimmed => Design::Trimmed { pairs: 2 },
                PairMethod::T => Design::Paired { pairs: 2 },
            };
            let pairs = runs_needed(design, effect, alpha, Sides::One, POWER).ok()??;
            Some(pairs.max(workbench_statistics::RUNS_FOR_EQUIVALENCE) as u64)
        })
        .zip(PLANNED_CHANGES)
        .map(|(pairs, change)| Needed {
            change,
            pairs,
            wall_s: pairs.map(|pairs| pairs as f64 * pair_s),
        })
        .collect();
    Some(PlanRow {
        request: label.to_owned(),
        metric,
        between_runs,
        of_pairs,
        needed,
    })
}

/// Variances of several samples, each about its own mean.
#[derive(Clone, Copy, Debug, Default)]
struct Pooled {
    squares: f64,
    freedom: f64,
}

impl Pooled {
    fn add(&mut self, values: &[f64]) {
        if let Ok(found) = summary(values)
            && let Some(deviation) = found.sample_standard_deviation
        {
            let freedom = (values.len() - 1) as f64;
            self.squares += deviation * deviation * freedom;
            self.freedom += freedom;
        }
    }

    /// `None` where nothing varies.
    fn deviation(self) -> Option<f64> {
        let deviation = (self.squares / self.freedom).sqrt();
        (deviation > 0.0).then_some(deviation)
    }
}

fn logarithms(
    source: &AuditSource,
    policy: &Policy,
    label: &str,
    metric: Metric,
) -> Vec<Option<f64>> {
    let group = RunGroup {
        name: String::new(),
        point: None,
        runs: source.runs().map(|run| &run.analysis).collect(),
    };
    let values = group.values(label, metric, &policy.question(false));
    values.into_iter().map(|value| value.map(f64::ln)).collect()
}

/// Positions of the runs of each pair, on either side.
fn paired(source: &AuditSource) -> Vec<(usize, usize)> {
    let [baseline, candidate] = source.sides();
    let block = |run: &GateRun| run.manifest.series.as_ref().map(|place| place.block);
    let of = |run: &GateRun| candidate.iter().position(|it| block(it) == block(run));
    baseline
        .iter()
        .enumerate()
        .filter_map(|(position, run)| Some((position, block(run).and_then(|_| of(run))?)))
        .collect()
}

/// The wall time of a pair: the median from its start to that of the next pair of its series, so that interruptions do not count. Of a
/// pair by itself to its last end; of single runs twice that of a run.
fn wall_of_pair(sources: &[AuditSource]) -> f64 {
    let start = |runs: &[&GateRun]| runs.iter().filter_map(|it| it.manifest.started_at).min();
    let span = |runs: &[&GateRun]| {
        let end = runs.iter().filter_map(|run| run.manifest.ended_at).max()?;
        Some(end.saturating_sub(start(runs)?) as f64 / 1e9)
    };
    let mut spans = Vec::new();
    for source in sources {
        match source {
            AuditSource::Comparison { .. } => {
                let [baseline, candidate] = source.sides();
                let pairs = paired(source).into_iter();
                let pairs: Vec<[&GateRun; 2]> = pairs
                    .map(|(one, other)| [&baseline[one], &candidate[other]])
                    .collect();
                let starts = pairs.iter().filter_map(|pair| start(pair));
                let mut starts: Vec<i64> = starts.collect();
                starts.sort_unstable();
                let steps = starts.windows(2).map(|two| (two[1] - two[0]) as f64 / 1e9);
                match median(steps.collect()) {
                    Some(step) => spans.push(step),
                    None => spans.extend(pairs.iter().filter_map(|pair| span(pair))),
                }
            }
            AuditSource::Runs(runs) => {
                spans.extend(runs.iter().filter_map(|run| Some(2.0 * span(&[run])?)));
            }
        }
    }
    summary(&spans).map_or(0.0, |found| found.mean)
}

/// The upper one of two in the middle; `None` of nothing.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn gated(sources: &[AuditSource], policy: &Policy) -> Vec<(String, Metric)> {
    let runs = sources.iter().flat_map(AuditSource::runs);
    let labels = policy.gated_labels(runs.map(|run| &run.analysis));
    let gated = labels.iter().flat_map(|label| {
        asked_of(label, &policy.metrics).map(move |metric| (label.clone(), metric))
    });
    gated.collect()
}
