//! One run's statistics: intervals of means, quantiles and error rates, warm-ups, and scalability.

mod changes;
mod error_rates;
mod series;
mod sweep;

use super::random::Random;
use super::table::{head, row, row_of_shares};
use super::trials::Share;

pub(crate) use changes::{CHANGED, Level, Run, STEADY, late_changes};
pub(crate) use error_rates::{
    comparisons_of_error_rates, coverage_of_an_error_rate, coverage_of_bursts,
};
pub(crate) use series::{
    Information, coverage_of_a_quantile, coverage_of_the_mean, normal, warm_ups,
};
pub(crate) use sweep::sweeps;

const CONFIDENCE: f64 = 0.95;

/// Upper tail quantiles of the standard normal distribution.
const QUANTILES: [(f64, f64); 3] = [
    (0.5, 0.0),
    (0.95, 1.644_853_626_951_472_8),
    (0.99, 2.326_347_874_040_841),
];

/// All tables, of 2,000 trials, or of `most` where these are fewer.
pub(crate) fn tables(most: u64) -> String {
    let trials = most.min(2000);
    let mut text = String::new();
    means(&mut text, trials);
    quantiles(&mut text, trials);
    warm_up_table(&mut text, trials);
    late_change_table(&mut text, trials);
    error_rate(&mut text, trials);
    bursts(&mut text, trials);
    two_error_rates(&mut text, trials);
    sweep_table(&mut text, trials);
    text
}

fn means(text: &mut String, trials: u64) {
    head(
        text,
        "The mean by `batch_means`: AR(1) series",
        "",
        "φ | values | τ in theory | τ estimated | variance of the mean / theory | its estimate / theory | covered | \
         warned | refused",
    );
    for (seed, (phi, count)) in (100..).zip([
        (0.0, 200),
        (0.0, 10_000),
        (0.5, 1000),
        (0.9, 1000),
        (0.9, 10_000),
        (0.9, 20_000),
        (0.99, 10_000),
    ]) {
        let found = coverage_of_the_mean(phi, count, trials, seed);
        let theory = (1.0 + phi) / (1.0 - phi);
        let name = format!(
            "{phi} | {count} | {theory:.1} | {:.1} | {:.3} | {:.3}",
            found.factor, found.observed_variance, found.variance
        );
        row_of_shares(text, &name, &[found.covered, found.warned, found.refused]);
    }
}

fn quantiles(text: &mut String, trials: u64) {
    head(
        text,
        "Quantiles by `quantile_interval`: 10,000 log-normal times, AR(1) in the logarithm",
        "Intervals by order statistics for as many independent values as there are values, for the effective sample \
         size of the mean, and for that of the quantile.",
        "φ | quantile | covered with n | covered with n/τ | covered with the quantile's own n/τ | refused",
    );
    for (seed, phi) in (110..).zip([0.0, 0.5, 0.9]) {
        for quantile in QUANTILES {
            let [plain, of_mean, own] = [
                Information::Independent,
                Information::OfTheMean,
                Information::OfTheQuantile,
            ]
            .map(|information| {
                coverage_of_a_quantile(quantile, phi, 10_000, information, trials, seed)
            });
            let refused = Share {
                hits: trials - own.trials,
                trials,
            };
            let name = format!("{phi} | {}", quantile.0);
            row_of_shares(text, &name, &[plain, of_mean, own, refused]);
        }
    }
}

fn warm_up_table(text: &mut String, trials: u64) {
    head(
        text,
        "Warm-ups by `warm_up`: 2,000 values that begin with an excess that decays",
        "",
        "noise | excess | relaxation | discarded | no steady state | rest refused",
    );
    let normal = ("normal", normal as fn(&mut Random) -> f64);
    let heavy = ("heavy-tailed", series::heavy as fn(&mut Random) -> f64);
    for (seed, ((name, noise), (excess, relaxation))) in (120..).zip([
        (normal, (0.0, 1.0)),
        (normal, (5.0, 50.0)),
        (normal, (20.0, 50.0)),
        (normal, (5.0, 200.0)),
        (normal, (20.0, 1e4)),
        (heavy, (0.0, 1.0)),
        (heavy, (50.0, 50.0)),
    ]) {
        let found = warm_ups((excess, relaxation), noise, trials, seed);
        let name = format!("{name} | {excess} | {relaxation} | {:.0}", found.discarded);
        row_of_shares(text, &name, &[found.unsteady, found.refused]);
    }
}

fn late_change_table(text: &mut String, trials: u64) {
    head(
        text,
        "Late changes by `late_change`: log-normal elapsed times, AR(1) in the logarithm, in 50 to 75 blocks of time",
        "σ is the standard deviation of the logarithm. Above, runs that are steady, below, such that change their level for good.",
        "level | σ | φ | 500 requests | 1,000 | 5,000 | 20,000",
    );
    let noises = [(0.6, 0.0), (0.6, 0.9), (0.6, 0.99), (1.5, 0.0), (1.5, 0.9)];
    let steady = noises.iter().map(|noise| (STEADY[0], *noise));
    let of = |levels: &'static [(&'static str, Level)]| {
        [0.1, 0.6]
            .into_iter()
            .flat_map(move |sigma| levels.iter().map(move |level| (*level, (sigma, 0.5))))
    };
    let (disturbed, changed) = (of(&STEADY[1..]), of(&CHANGED));
    for (seed, ((name, level), (sigma, phi))) in (170..).zip(steady.chain(disturbed).chain(changed))
    {
        let shares = [500, 1_000, 5_000, 20_000].map(|requests| {
            let run = Run {
                requests,
                phi,
                sigma,
                level,
            };
            late_changes(run, trials, seed)
        });
        row_of_shares(text, &format!("{name} | {sigma} | {phi}"), &shares);
    }
}

fn error_rate(text: &mut String, trials: u64) {
    head(
        text,
        "Error rates",
        "",
        "requests | rate | covered by `wilson` | by `clopper_pearson`",
    );
    for (seed, (requests, probability)) in
        (130..).zip([(100, 0.05), (1000, 0.001), (1000, 0.01), (1000, 0.3)])
    {
        let covered = coverage_of_an_error_rate(requests, probability, trials, seed);
        row_of_shares(text, &format!("{requests} | {probability}"), &covered);
    }
}

fn bursts(text: &mut String, trials: u64) {
    head(
        text,
        "Error rates of failures that come in bursts: a Markov chain of two states",
        "",
        "requests | rate | requests in a burst | covered by `wilson` | by `wilson_of_dependent` | refused",
    );
    for (seed, (requests, probability, burst)) in (160..).zip([
        (10_000, 0.01, 1.0),
        (10_000, 0.01, 10.0),
        (10_000, 0.05, 10.0),
        (10_000, 0.05, 50.0),
        (100_000, 0.01, 50.0),
    ]) {
        let found = coverage_of_bursts(requests, probability, burst, trials, seed);
        let name = format!("{requests} | {probability} | {burst}");
        row_of_shares(
            text,
            &name,
            &[found.independent, found.dependent, found.refused],
        );
    }
}

fn two_error_rates(text: &mut String, trials: u64) {
    head(
        text,
        "Two error rates by `two_proportions`",
        "",
        "requests each | rates | difference covered | ratio covered | Fisher's p < 5%",
    );
    for (seed, (requests, rates)) in (140..).zip([
        (200, (0.05, 0.05)),
        (1000, (0.01, 0.01)),
        (1000, (0.02, 0.01)),
        (1000, (0.05, 0.01)),
    ]) {
        let found = comparisons_of_error_rates(requests, rates, trials, seed);
        let name = format!("{requests} | {} and {}", rates.0, rates.1);
        row_of_shares(text, &name, &[found.difference, found.ratio, found.fisher]);
    }
}

fn sweep_table(text: &mut String, trials: u64) {
    head(
        text,
        "The Universal Scalability Law by `fit_scalability`: loads 1, 2, 4, … 64, three runs each, γ = 100",
        "",
        "α | β | noise | γ covered | α covered | β covered | peak found | its load covered",
    );
    for (seed, (alpha, beta, noise)) in (150..).zip([
        (0.03, 5e-4, 10.0),
        (0.03, 5e-4, 20.0),
        (0.1, 1e-4, 20.0),
        (0.05, 0.0, 10.0),
    ]) {
        let found = sweeps([100.0, alpha, beta], noise, trials, seed);
        let [of_gamma, of_alpha, of_beta] = found.coefficients;
        // Without β there is no peak to be covered, and β itself is mostly on its bound.
        let (of_beta, of_peak) = if beta == 0.0 {
            ("–".to_owned(), "–".to_owned())
        } else {
            (of_beta.to_string(), found.peak.to_string())
        };
        row(
            text,
            format_args!(
                "{alpha} | {beta} | {noise} | {of_gamma} | {of_alpha} | {of_beta} | {} | {of_peak}",
                found.found
            ),
        );
    }
}
