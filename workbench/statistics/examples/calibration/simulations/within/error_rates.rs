//! Error rates of one group of requests and of two.

use workbench_statistics::{Counts, clopper_pearson, two_proportions, wilson};

use super::CONFIDENCE;
use crate::simulations::trials::{Share, shares};

/// Coverage of Wilson's and of Clopper and Pearson's interval.
pub(crate) fn coverage_of_an_error_rate(
    requests: u64,
    probability: f64,
    trials: u64,
    seed: u64,
) -> [Share; 2] {
    shares(trials, seed, |random| {
        let failures = random.binomial(requests, probability);
        [wilson, clopper_pearson].map(|interval| {
            let found = interval(failures, requests, CONFIDENCE).expect("counts are possible");
            found.interval.contains(probability)
        })
    })
}

/// Two groups of error rates compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparisons {
    /// Intervals of the difference that cover it.
    pub(crate) difference: Share,
    /// Intervals of the ratio that cover it.
    pub(crate) ratio: Share,
    /// Tests with p below 5%.
    pub(crate) fisher: Share,
}

pub(crate) fn comparisons_of_error_rates(
    requests: u64,
    (first, second): (f64, f64),
    trials: u64,
    seed: u64,
) -> Comparisons {
    let [difference, ratio, fisher] = shares(trials, seed, |random| {
        let [one, other] = [first, second].map(|probability| Counts {
            successes: random.binomial(requests, probability),
            trials: requests,
        });
        let found = two_proportions(one, other, CONFIDENCE).expect("counts are possible");
        [
            found.difference_interval.contains(first - second),
            found.ratio_interval.contains(first / second),
            found.fisher_p < 0.05,
        ]
    });
    Comparisons {
        difference,
        ratio,
        fisher,
    }
}
