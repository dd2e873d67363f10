//! Error rates of one group of requests and of two.

use workbench_statistics::{
    Counts, Interval, clopper_pearson, effective_count_of_share, two_proportions, wilson,
    wilson_of_dependent,
};

use super::CONFIDENCE;
use crate::simulations::trials::{Share, outcomes, shares};

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

/// Coverage of the interval of an error rate whose failures come in bursts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bursts {
    /// Wilson's interval, as if requests were independent.
    pub(crate) independent: Share,
    /// Wilson's interval of the effective number of requests, of those that were given.
    pub(crate) dependent: Share,
    /// Runs that were refused as too dependent, or without any failure.
    pub(crate) refused: Share,
}

/// Requests fail in bursts of so many on average, by a Markov chain of two states.
pub(crate) fn coverage_of_bursts(
    requests: usize,
    probability: f64,
    burst: f64,
    trials: u64,
    seed: u64,
) -> Bursts {
    let end = 1.0 / burst;
    let begin = end * probability / (1.0 - probability);
    let runs = outcomes(trials, seed, |random| {
        let mut failing = random.uniform() < probability;
        let failed: Vec<bool> = (0..requests)
            .map(|_| {
                let change = if failing { end } else { begin };
                failing ^= random.uniform() < change;
                failing
            })
            .collect();
        let count = |flags: &[bool]| flags.iter().filter(|failed| **failed).count();
        let (failures, trials) = (count(&failed) as u64, requests as u64);
        let covers = |interval: Interval| interval.contains(probability);
        let independent = wilson(failures, trials, CONFIDENCE).expect("counts are possible");
        let dependent = effective_count_of_share(requests, |range| count(&failed[range]))
            .and_then(|effective| wilson_of_dependent(failures, trials, effective, CONFIDENCE));
        (
            covers(independent.interval),
            dependent.ok().map(|found| covers(found.interval)),
        )
    });
    Bursts {
        independent: Share::of(runs.iter().map(|(independent, _)| *independent)),
        dependent: Share::of(runs.iter().filter_map(|(_, dependent)| *dependent)),
        refused: Share::of(runs.iter().map(|(_, dependent)| dependent.is_none())),
    }
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
