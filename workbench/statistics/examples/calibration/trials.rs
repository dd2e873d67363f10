//! Many trials on all cores, the same on any number of them.

use super::random::Random;

/// A share of trials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// Trials in which it happened.
    pub(crate) hits: u64,
    /// All trials.
    pub(crate) trials: u64,
}

impl Share {
    /// Hits per trial.
    pub(crate) fn rate(self) -> f64 {
        self.hits as f64 / self.trials as f64
    }

    /// Standard error of a share of so many trials that is `rate` in truth.
    pub(crate) fn standard_error(self, rate: f64) -> f64 {
        (rate * (1.0 - rate) / self.trials as f64).sqrt()
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error = self.standard_error(self.rate());
        write!(
            formatter,
            "{:.1}% ± {:.1}",
            100.0 * self.rate(),
            100.0 * error
        )
    }
}

/// How often each of `N` things happens in seeded trials.
pub(crate) fn shares<const N: usize>(
    trials: u64,
    seed: u64,
    trial: impl Fn(&mut Random) -> [bool; N] + Sync,
) -> [Share; N] {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let count = &|first: u64| {
        let mut hits = [0_u64; N];
        for index in (first..trials).step_by(threads as usize) {
            let found = trial(&mut Random::of_trial(seed, index));
            for (hits, found) in hits.iter_mut().zip(found) {
                *hits += u64::from(found);
            }
        }
        hits
    };
    let mut total = [0; N];
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || count(first)))
            .collect();
        for worker in workers {
            let hits = worker
                .join()
                .expect("a trial that panics ends the simulation");
            for (total, hits) in total.iter_mut().zip(hits) {
                *total += hits;
            }
        }
    });
    total.map(|hits| Share { hits, trials })
}
