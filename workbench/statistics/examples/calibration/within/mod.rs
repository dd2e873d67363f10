//! Simulations of one run's statistics: intervals of means, quantiles, error rates and scalability.
//!
//! Each one draws data whose truth is known, `trials` times over, and counts how often the answer covers it.
//! Here they become tables.

mod error_rates;
mod random;
mod series;
mod sweep;

use std::fmt::Write;

use random::Random;

pub(crate) use error_rates::{comparisons_of_error_rates, coverage_of_an_error_rate};
pub(crate) use random::Rate;
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
    let columns = "φ | values | τ in theory | τ estimated | variance of the mean / theory | its estimate / theory | \
                   covered | warned | refused";
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
                "{phi} | {count} | {theory:.1} | {:.1} | {:.3} | {:.3} | {} | {} | {}",
                found.factor,
                found.observed_variance,
                found.variance,
                found.covered,
                found.warned,
                found.refused
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
    let title = "MSER-5 on 2,000 values that begin with an excess that decays:";
    let columns = "noise | excess | relaxation | discarded | no steady state | rest refused";
    head(text, title, columns);
    let normal = ("normal", normal as fn(&mut Random) -> f64);
    let heavy = ("heavy-tailed", series::heavy as fn(&mut Random) -> f64);
    for ((name, noise), (excess, relaxation)) in [
        (normal, (0.0, 1.0)),
        (normal, (5.0, 50.0)),
        (normal, (20.0, 50.0)),
        (normal, (5.0, 200.0)),
        (normal, (20.0, 1e4)),
        (heavy, (0.0, 1.0)),
        (heavy, (50.0, 50.0)),
    ] {
        let found = warm_ups((excess, relaxation), noise, trials, seed);
        row(
            text,
            format_args!(
                "{name} | {excess} | {relaxation} | {:.0} | {} | {}",
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
