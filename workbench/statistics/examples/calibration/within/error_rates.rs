//! Error rates of one group of requests and of two.

use workbench_statistics::{
    Counts, Proportion, StatisticsError, TwoProportions, clopper_pearson, two_proportions, wilson,
};

use super::CONFIDENCE;
use super::random::{Random, Rate};

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
            let found: Proportion =
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
    let rate = |holds: &dyn Fn(&TwoProportions) -> bool| {
        let mut all = compared.iter();
        Rate::of(trials, || all.next().is_some_and(holds))
    };
    Comparisons {
        difference: rate(&|found| found.difference_interval.contains(first - second)),
        ratio: rate(&|found| found.ratio_interval.contains(first / second)),
        fisher: rate(&|found| found.fisher_p < 0.05),
    }
}
