//! Simulations of one run's statistics: intervals of means, quantiles, error rates and scalability.
//!
//! Each one draws data whose truth is known, `trials` times over, and counts how often the answer covers it.

use std::fmt::Write;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use workbench_statistics::{
    Counts, LoadPoint, Peak, StatisticsError, batch_means, clopper_pearson,
    effective_count_of_quantile, fit_scalability, quantile_interval, summary, two_proportions,
    warm_up, wilson,
};

const CONFIDENCE: f64 = 0.95;

/// How often something happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) count: u32,
    pub(crate) trials: u32,
}

impl Rate {
    fn of(trials: u32, mut happens: impl FnMut() -> bool) -> Self {
        let count = (0..trials).map(|_| u32::from(happens())).sum();
        Self { count, trials }
    }

    pub(crate) fn value(self) -> f64 {
        f64::from(self.count) / f64::from(self.trials)
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}%", 100.0 * self.value())
    }
}

/// Random numbers with an explicit seed.
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Strictly between 0 and 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller's transform.
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn binomial(&mut self, trials: u64, probability: f64) -> u64 {
        (0..trials)
            .map(|_| u64::from(self.uniform() < probability))
            .sum()
    }

    /// A stationary AR(1) series of mean 0 and variance 1.
    pub(crate) fn autoregressive(&mut self, phi: f64, count: usize) -> Vec<f64> {
        let innovation = (1.0 - phi * phi).sqrt();
        let mut value = self.normal();
        (0..count)
            .map(|_| {
                value = phi * value + innovation * self.normal();
                value
            })
            .collect()
    }
}

/// What batch means make of AR(1) series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeanCoverage {
    /// Intervals that cover the mean, of those that were given.
    pub(crate) covered: Rate,
    /// Series that were refused as too dependent.
    pub(crate) refused: Rate,
    /// Average of the squared standard errors, in units of the theoretical variance of the mean.
    pub(crate) variance: f64,
    /// Variance of the means themselves, in the same units.
    pub(crate) observed_variance: f64,
    /// Average of τ.
    pub(crate) factor: f64,
}

/// The theoretical variance of the mean is σ²(1 + φ)/((1 − φ)n).
pub(crate) fn coverage_of_the_mean(phi: f64, count: usize, trials: u32, seed: u64) -> MeanCoverage {
    let mut random = Random::new(seed);
    let (mut covered, mut refused) = (0, 0);
    let (mut squares, mut factors, mut observed) = (0.0, 0.0, 0.0);
    for _ in 0..trials {
        let values = random.autoregressive(phi, count);
        let mean = summary(&values).expect("values are finite").mean;
        observed += mean * mean;
        match batch_means(&values, CONFIDENCE) {
            Ok(found) => {
                covered += u32::from(found.interval.contains(0.0));
                squares += found.standard_error.powi(2);
                factors += found.autocorrelation_factor;
            }
            Err(StatisticsError::TooDependent { .. }) => refused += 1,
            Err(error) => panic!("a series of {count} values was refused: {error}"),
        }
    }
    let given = trials - refused;
    let theory = (1.0 + phi) / ((1.0 - phi) * count as f64);
    MeanCoverage {
        covered: Rate {
            count: covered,
            trials: given,
        },
        refused: Rate {
            count: refused,
            trials,
        },
        variance: squares / f64::from(given) / theory,
        observed_variance: observed / f64::from(trials) / theory,
        factor: factors / f64::from(given),
    }
}

/// What the effective sample size is taken from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Information {
    /// The number of values, as if they were independent.
    Independent,
    /// Batch means of the values.
    OfTheMean,
    /// Batch means of what is at or below the quantile.
    OfTheQuantile,
}

/// Coverage of a quantile's interval, given log-normal response times that follow an AR(1) process in their
/// logarithms; the effective sample size is estimated in one of several ways.
pub(crate) fn coverage_of_a_quantile(
    (probability, normal_quantile): (f64, f64),
    phi: f64,
    count: usize,
    information: Information,
    trials: u32,
    seed: u64,
) -> Rate {
    let mut random = Random::new(seed);
    let (mut given, mut covered) = (0, 0);
    for _ in 0..trials {
        let mut values = random.autoregressive(phi, count);
        for value in &mut values {
            *value = (0.5 * *value).exp();
        }
        let effective = match information {
            Information::Independent => Ok(count as f64),
            Information::OfTheMean => {
                batch_means(&values, CONFIDENCE).map(|found| found.effective_count)
            }
            Information::OfTheQuantile => effective_count_of_quantile(&values, probability),
        };
        // A series that is refused as too dependent, or as too short for this quantile, has no interval.
        let interval = effective
            .and_then(|effective| quantile_interval(&values, probability, CONFIDENCE, effective));
        if let Ok(found) = interval {
            let truth = (0.5 * normal_quantile).exp();
            given += 1;
            covered += u32::from(found.lower <= truth && truth <= found.upper);
        }
    }
    Rate {
        count: covered,
        trials: given,
    }
}

/// What MSER-5 makes of series of 2,000 values with noise of 1 around a mean of 10.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WarmUps {
    /// Series in which no steady state was seen.
    pub(crate) unsteady: Rate,
    /// Of the others, those whose rest batch means refuse as too dependent.
    pub(crate) refused: Rate,
    /// Average number of values discarded, of those in which it was.
    pub(crate) discarded: f64,
}

/// The mean starts `excess` higher and comes down exponentially, by e every `relaxation` values.
pub(crate) fn warm_ups(excess: f64, relaxation: f64, trials: u32, seed: u64) -> WarmUps {
    let mut random = Random::new(seed);
    let (mut discarded, mut refused) = (0, 0);
    let unsteady = Rate::of(trials, || {
        let values: Vec<f64> = (0..2000)
            .map(|i| 10.0 + excess * (-f64::from(i) / relaxation).exp() + random.normal())
            .collect();
        let Some(start) = warm_up(&values).expect("the series is long").steady_from() else {
            return true;
        };
        discarded += start;
        let rest = batch_means(&values[start..], CONFIDENCE);
        refused += u32::from(matches!(rest, Err(StatisticsError::TooDependent { .. })));
        false
    });
    let steady = trials - unsteady.count;
    WarmUps {
        unsteady,
        refused: Rate {
            count: refused,
            trials: steady,
        },
        discarded: discarded as f64 / f64::from(steady),
    }
}

/// Coverage of Wilson's and of Clopper and Pearson's interval.
pub(crate) fn coverage_of_an_error_rate(
    requests: u64,
    probability: f64,
    trials: u32,
    seed: u64,
) -> (Rate, Rate) {
    let mut random = Random::new(seed);
    let drawn: Vec<u64> = (0..trials)
        .map(|_| random.binomial(requests, probability))
        .collect();
    let rate = |interval: fn(u64, u64, f64) -> Result<_, StatisticsError>| {
        let mut failures = drawn.iter();
        Rate::of(trials, || {
            let failed = *failures.next().expect("one number per trial");
            let found: workbench_statistics::Proportion =
                interval(failed, requests, CONFIDENCE).expect("counts are possible");
            found.interval.contains(probability)
        })
    };
    (rate(wilson), rate(clopper_pearson))
}

/// Two groups of error rates compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparisons {
    /// Intervals of the difference that cover it.
    pub(crate) difference: Rate,
    /// Intervals of the ratio that cover it.
    pub(crate) ratio: Rate,
    /// Tests with p below 5%.
    pub(crate) fisher: Rate,
}

pub(crate) fn comparisons_of_error_rates(
    requests: u64,
    (first, second): (f64, f64),
    trials: u32,
    seed: u64,
) -> Comparisons {
    let mut random = Random::new(seed);
    let compared: Vec<_> = (0..trials)
        .map(|_| {
            let [first, second] = [first, second].map(|probability| Counts {
                successes: random.binomial(requests, probability),
                trials: requests,
            });
            two_proportions(first, second, CONFIDENCE).expect("counts are possible")
        })
        .collect();
    let rate = |holds: &dyn Fn(&workbench_statistics::TwoProportions) -> bool| {
        let mut all = compared.iter();
        Rate::of(trials, || all.next().is_some_and(holds))
    };
    Comparisons {
        difference: rate(&|found| found.difference_interval.contains(first - second)),
        ratio: rate(&|found| found.ratio_interval.contains(first / second)),
        fisher: rate(&|found| found.fisher_p < 0.05),
    }
}

/// Sweeps over 1 to 64 users, three runs each, from a known law.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweeps {
    /// Intervals of γ, α and β that cover them; an estimate on its bound covers nothing.
    pub(crate) coefficients: [Rate; 3],
    /// Intervals of the peak's load that cover it, of the peaks that were found.
    pub(crate) peak: Rate,
    /// Sweeps in which a peak was found.
    pub(crate) found: Rate,
}

pub(crate) fn sweeps([gamma, alpha, beta]: [f64; 3], noise: f64, trials: u32, seed: u64) -> Sweeps {
    let mut random = Random::new(seed);
    let truth = [gamma, alpha, beta];
    let true_peak = ((1.0 - alpha) / beta).sqrt();
    let (mut covered, mut peaks, mut found) = ([0; 3], 0, 0);
    for _ in 0..trials {
        let points: Vec<LoadPoint> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0_f64]
            .into_iter()
            .flat_map(|load| [load; 3])
            .map(|load| {
                let slowdown = 1.0 + alpha * (load - 1.0) + beta * load * (load - 1.0);
                LoadPoint {
                    load,
                    throughput: gamma * load / slowdown + noise * random.normal(),
                }
            })
            .collect();
        let fit = fit_scalability(&points, CONFIDENCE).expect("the sweep can be fitted");
        for ((coefficient, truth), covered) in [fit.gamma, fit.alpha, fit.beta]
            .iter()
            .zip(truth)
            .zip(&mut covered)
        {
            let interval = coefficient
                .uncertainty
                .map(|uncertainty| uncertainty.interval);
            *covered += u32::from(interval.is_some_and(|interval| interval.contains(truth)));
        }
        if let Peak::At { load_interval, .. } = fit.peak {
            found += 1;
            peaks += u32::from(load_interval.contains(true_peak));
        }
    }
    Sweeps {
        coefficients: covered.map(|count| Rate { count, trials }),
        peak: Rate {
            count: peaks,
            trials: found,
        },
        found: Rate {
            count: found,
            trials,
        },
    }
}

/// Upper tail quantiles of the standard normal distribution.
const QUANTILES: [(f64, f64); 3] = [
    (0.5, 0.0),
    (0.95, 1.644_853_626_951_472_8),
    (0.99, 2.326_347_874_040_841),
];

/// All tables.
pub(crate) fn section(trials: u32, seed: u64) -> String {
    let mut text = format!("## Within one run ({trials} trials, 95% intervals)\n");
    mean_table(&mut text, trials, seed);
    quantile_table(&mut text, trials, seed);
    warm_up_table(&mut text, trials, seed);
    error_rate_tables(&mut text, trials, seed);
    sweep_table(&mut text, trials, seed);
    text
}

fn row(text: &mut String, cells: std::fmt::Arguments) {
    writeln!(text, "| {cells} |").expect("a string takes what is written");
}

fn head(text: &mut String, title: &str, columns: &str) {
    let rule = "---|".repeat(columns.split('|').count());
    writeln!(text, "\n{title}\n\n| {columns} |\n|{rule}").expect("a string takes what is written");
}

fn mean_table(text: &mut String, trials: u32, seed: u64) {
    let title = "Batch means of AR(1) series:";
    let columns = "φ | values | τ in theory | τ estimated | variance of the mean / theory | its estimate / theory | covered | refused";
    head(text, title, columns);
    for (phi, count) in [
        (0.0, 200),
        (0.0, 10_000),
        (0.5, 1000),
        (0.9, 1000),
        (0.9, 10_000),
        (0.9, 20_000),
        (0.99, 10_000),
    ] {
        let found = coverage_of_the_mean(phi, count, trials, seed);
        let theory = (1.0 + phi) / (1.0 - phi);
        row(
            text,
            format_args!(
                "{phi} | {count} | {theory:.1} | {:.1} | {:.3} | {:.3} | {} | {}",
                found.factor, found.observed_variance, found.variance, found.covered, found.refused
            ),
        );
    }
}

fn quantile_table(text: &mut String, trials: u32, seed: u64) {
    let title = "Quantiles of log-normal times, 10,000 values, AR(1) in the logarithm; intervals by order \
                 statistics for as many values as there are, for the effective sample size of the mean, and \
                 for that of the quantile:";
    let columns =
        "φ | quantile | covered with n | covered with n/τ | covered with the quantile's own n/τ";
    head(text, title, &format!("{columns} | refused"));
    for phi in [0.0, 0.5, 0.9] {
        for quantile in QUANTILES {
            let [plain, of_mean, own] = [
                Information::Independent,
                Information::OfTheMean,
                Information::OfTheQuantile,
            ]
            .map(|information| {
                coverage_of_a_quantile(quantile, phi, 10_000, information, trials, seed)
            });
            let refused = Rate {
                count: trials - own.trials,
                trials,
            };
            row(
                text,
                format_args!(
                    "{phi} | {} | {plain} | {of_mean} | {own} | {refused}",
                    quantile.0
                ),
            );
        }
    }
}

fn warm_up_table(text: &mut String, trials: u32, seed: u64) {
    let title =
        "MSER-5 on 2,000 values of noise 1 around 10, beginning with an excess that decays:";
    head(
        text,
        title,
        "excess | relaxation | discarded | no steady state | rest refused",
    );
    for (excess, relaxation) in [
        (0.0, 1.0),
        (5.0, 50.0),
        (20.0, 50.0),
        (5.0, 200.0),
        (20.0, 1e4),
    ] {
        let found = warm_ups(excess, relaxation, trials, seed);
        row(
            text,
            format_args!(
                "{excess} | {relaxation} | {:.0} | {} | {}",
                found.discarded, found.unsteady, found.refused
            ),
        );
    }
}

fn error_rate_tables(text: &mut String, trials: u32, seed: u64) {
    head(
        text,
        "Error rates:",
        "requests | rate | Wilson | Clopper–Pearson",
    );
    for (requests, probability) in [(100, 0.05), (1000, 0.001), (1000, 0.01), (1000, 0.3)] {
        let (wilson, exact) = coverage_of_an_error_rate(requests, probability, trials, seed);
        row(
            text,
            format_args!("{requests} | {probability} | {wilson} | {exact}"),
        );
    }
    let columns = "requests each | rates | difference covered | ratio covered | Fisher p < 5%";
    head(text, "Two error rates:", columns);
    for (requests, rates) in [
        (200, (0.05, 0.05)),
        (1000, (0.01, 0.01)),
        (1000, (0.02, 0.01)),
        (1000, (0.05, 0.01)),
    ] {
        let found = comparisons_of_error_rates(requests, rates, trials, seed);
        row(
            text,
            format_args!(
                "{requests} | {} and {} | {} | {} | {}",
                rates.0, rates.1, found.difference, found.ratio, found.fisher
            ),
        );
    }
}

fn sweep_table(text: &mut String, trials: u32, seed: u64) {
    let title = "Universal Scalability Law, loads 1, 2, 4, … 64 with three runs each, γ = 100:";
    let columns =
        "α | β | noise | γ covered | α covered | β covered | peak found | its load covered";
    head(text, title, columns);
    for (alpha, beta, noise) in [
        (0.03, 5e-4, 10.0),
        (0.03, 5e-4, 20.0),
        (0.1, 1e-4, 20.0),
        (0.05, 0.0, 10.0),
    ] {
        let found = sweeps([100.0, alpha, beta], noise, trials, seed);
        let [of_gamma, of_alpha, of_beta] = found.coefficients;
        let peak = if found.peak.trials == 0 || beta == 0.0 {
            "–".to_owned()
        } else {
            found.peak.to_string()
        };
        let of_beta = if beta == 0.0 {
            "–".to_owned()
        } else {
            of_beta.to_string()
        };
        row(
            text,
            format_args!(
                "{alpha} | {beta} | {noise} | {of_gamma} | {of_alpha} | {of_beta} | {} | {peak}",
                found.found
            ),
        );
    }
}
