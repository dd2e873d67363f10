//! Simulations of comparisons between runs: false statements of each procedure.

#![expect(clippy::unwrap_used, reason = "a simulation fails by panicking")]

use workbench_statistics::{
    Better, Layout, ResampledTest, Rule, RunErrors, Verdict, compare_error_rates, compare_runs,
    false_alarm_rate, family_verdicts, mann_whitney, quantile, ratio_of_geometric_means,
    resampled_means, summary, welch,
};

use crate::simulations::random::Random;

/// A simulated system with log-normal response times of median 100, and these parameters.
#[derive(Clone, Copy)]
pub(crate) struct System {
    /// Correlation of a request's logarithm with that of the request before.
    pub(crate) correlation: f64,
    /// Standard deviation of the logarithm of a run as a whole: about its coefficient of variation.
    pub(crate) run_variation: f64,
}

/// Standard deviation of the logarithm of a time: a coefficient of variation of 66%.
const SPREAD: f64 = 0.6;

/// Independent requests, runs that do not differ.
pub(crate) const INDEPENDENT: System = System {
    correlation: 0.0,
    run_variation: 0.0,
};
/// Dependent requests, runs that do not differ.
pub(crate) const DEPENDENT: System = System {
    correlation: 0.9,
    run_variation: 0.0,
};
/// Dependent requests in runs that differ by 3%.
pub(crate) const DEPENDENT_IN_DIFFERING_RUNS: System = System {
    correlation: 0.9,
    run_variation: 0.03,
};
/// Independent requests in runs that differ by 3%.
pub(crate) const INDEPENDENT_IN_DIFFERING_RUNS: System = System {
    correlation: 0.0,
    run_variation: 0.03,
};

/// Requests of one run.
pub(crate) const REQUESTS: usize = 10_000;

impl System {
    /// Response times of one run.
    pub(crate) fn run(self, random: &mut Random) -> Vec<f64> {
        let factor = 100.0 * (self.run_variation * random.normal()).exp();
        random
            .autoregressive(self.correlation, REQUESTS)
            .into_iter()
            .map(|logarithm| factor * (SPREAD * logarithm).exp())
            .collect()
    }
}

/// Whether the report's procedure alarms on two runs of the same system.
pub(crate) fn resampled_means_alarm(system: System, random: &mut Random) -> bool {
    let (a, b) = (system.run(random), system.run(random));
    let seed = random.bits();
    let a = resampled_means(&a, 50, 1000, seed, 0).unwrap();
    let b = resampled_means(&b, 50, 1000, seed, 1).unwrap();
    welch(&a, &b, 0.95).unwrap().p < 0.05
}

/// Whether Welch's test on all requests of ten runs per side alarms.
pub(crate) fn pooled_requests_alarm(system: System, random: &mut Random) -> bool {
    let mut pool = || -> Vec<f64> { (0..10).flat_map(|_| system.run(random)).collect() };
    let (a, b) = (pool(), pool());
    welch(&a, &b, 0.95).unwrap().p < 0.05
}

/// Which procedures alarm on one value from each of five runs per side.
pub(crate) struct PerRun {
    /// Welch's test on logarithms.
    pub(crate) welch: bool,
    /// The percentile bootstrap of the difference of means of logarithms.
    pub(crate) bootstrap: bool,
    /// The exact Mann–Whitney test.
    pub(crate) mann_whitney: bool,
}

/// Compares five runs with five of the same system by `statistic`.
pub(crate) fn per_run_alarms(
    system: System,
    statistic: fn(&[f64]) -> f64,
    random: &mut Random,
) -> PerRun {
    let mut values = || -> Vec<f64> { (0..5).map(|_| statistic(&system.run(random))).collect() };
    let (a, b) = (values(), values());
    PerRun {
        welch: ratio_of_geometric_means(&a, &b, 0.95).unwrap().p < 0.05,
        bootstrap: percentile_bootstrap_alarms(&a, &b, random),
        mann_whitney: mann_whitney(&a, &b).unwrap().p < 0.05,
    }
}

/// Mean of one run.
pub(crate) fn mean(values: &[f64]) -> f64 {
    summary(values).unwrap().mean
}

/// 99th percentile of one run.
pub(crate) fn p99(values: &[f64]) -> f64 {
    quantile(values, 0.99).unwrap()
}

fn percentile_bootstrap_alarms(a: &[f64], b: &[f64], random: &mut Random) -> bool {
    let mut resampled = |values: &[f64]| -> f64 {
        (0..values.len())
            .map(|_| values[random.index(values.len())].ln())
            .sum::<f64>()
            / values.len() as f64
    };
    let differences: Vec<f64> = (0..1000).map(|_| resampled(a) - resampled(b)).collect();
    quantile(&differences, 0.025).unwrap() > 0.0 || quantile(&differences, 0.975).unwrap() < 0.0
}

/// The rule of the published table: 5%, at 5%.
pub(crate) const RULE: Rule = Rule {
    margin: 0.05,
    alpha: 0.05,
    better: Better::Lower,
    layout: Layout::Independent,
};

/// Coefficient of variation between runs of the published table.
pub(crate) const RUN_VARIATION: f64 = 0.03;

/// The verdict on `runs` simulated runs of either side, the candidate being slower by `change`.
pub(crate) fn verdict(runs: usize, change: f64, rule: &Rule, random: &mut Random) -> Verdict {
    let mut values = |factor: f64| -> Vec<f64> {
        (0..runs)
            .map(|_| factor * (RUN_VARIATION * random.normal()).exp())
            .collect()
    };
    let (baseline, candidate) = (values(100.0), values(100.0 * (1.0 + change)));
    compare_runs(&baseline, &candidate, rule).unwrap().verdict
}

/// One new run against a history of `history` runs.
pub(crate) fn history_verdict(history: usize, change: f64, random: &mut Random) -> Verdict {
    let past: Vec<f64> = (0..history)
        .map(|_| (RUN_VARIATION * random.normal()).exp())
        .collect();
    let candidate = (1.0 + change) * (RUN_VARIATION * random.normal()).exp();
    compare_runs(&past, &[candidate], &RULE).unwrap().verdict
}

/// Whether any of several unchanged metrics is called regressed, without and with adjustment for the family.
pub(crate) fn family_alarm(
    metrics: usize,
    shared: f64,
    margin: f64,
    random: &mut Random,
) -> (bool, bool) {
    let rule = Rule { margin, ..RULE };
    let mut side = || -> Vec<Vec<f64>> {
        let mut metric_values = vec![vec![]; metrics];
        for _ in 0..5 {
            let common = random.normal();
            for values in &mut metric_values {
                let own = random.normal();
                let deviation = shared.sqrt() * common + (1.0 - shared).sqrt() * own;
                values.push((RUN_VARIATION * deviation).exp());
            }
        }
        metric_values
    };
    let (baseline, candidate) = (side(), side());
    let members: Vec<_> = baseline
        .iter()
        .zip(&candidate)
        .map(|(before, after)| {
            let comparison = compare_runs(before, after, &rule).unwrap();
            (comparison.verdict, comparison.evidence)
        })
        .collect();
    let alone = members
        .iter()
        .any(|(verdict, _)| *verdict == Verdict::Regressed);
    let together = family_verdicts(&members, rule.alpha)
        .unwrap()
        .iter()
        .any(|member| member.verdict == Verdict::Regressed);
    (alone, together)
}

/// Five runs of 10,000 requests on either side with one error rate, which varies from run to run by the factor
/// exp(`variation` · normal). Returns whether a regression is called.
pub(crate) fn error_rate_alarm(rate: f64, variation: f64, random: &mut Random) -> bool {
    let rule = Rule {
        margin: 0.0,
        ..RULE
    };
    let mut side = || -> Vec<RunErrors> {
        (0..5)
            .map(|_| {
                let rate = (rate * (variation * random.normal()).exp()).min(1.0);
                RunErrors {
                    failures: random.binomial(REQUESTS as u64, rate),
                    requests: REQUESTS as u64,
                }
            })
            .collect()
    };
    let (baseline, candidate) = (side(), side());
    let comparison = compare_error_rates(&baseline, &candidate, &rule).unwrap();
    comparison.verdict == Verdict::Regressed
}

/// The false alarm rate of the report's procedure that the product estimates from one run of dependent requests.
pub(crate) fn estimated_false_alarm_rate(
    block_length: usize,
    trials: u32,
    random: &mut Random,
) -> f64 {
    let test = ResampledTest {
        sample_size: 50,
        resamples: 1000,
        alpha: 0.05,
    };
    let values = DEPENDENT.run(random);
    false_alarm_rate(&values, test, block_length, trials, random.bits())
        .unwrap()
        .rate
}
