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
    /// The share of trials in which something happened.
    pub(crate) fn of(happened: impl IntoIterator<Item = bool>) -> Self {
        let mut share = Self { hits: 0, trials: 0 };
        for happened in happened {
            share.hits += u64::from(happened);
            share.trials += 1;
        }
        share
    }

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
        if self.trials == 0 {
            return formatter.write_str("–");
        }
        let error = self.standard_error(self.rate());
        write!(
            formatter,
            "{:.1}% ± {:.1}",
            100.0 * self.rate(),
            100.0 * error
        )
    }
}

/// Results of seeded trials, in order.
pub(crate) fn outcomes<T: Send>(
    trials: u64,
    seed: u64,
    trial: impl Fn(&mut Random) -> T + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let trial = &trial;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let own = trials * worker / threads..trials * (worker + 1) / threads;
                scope.spawn(move || {
                    own.map(|index| trial(&mut Random::of_trial(seed, index)))
                        .collect::<Vec<T>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| {
                worker
                    .join()
                    .expect("a trial that panics ends the simulation")
            })
            .collect()
    })
}

/// How often each of `N` things happens in seeded trials.
pub(crate) fn shares<const N: usize>(
    trials: u64,
    seed: u64,
    trial: impl Fn(&mut Random) -> [bool; N] + Sync,
) -> [Share; N] {
    let outcomes = outcomes(trials, seed, trial);
    std::array::from_fn(|index| Share::of(outcomes.iter().map(|outcome| outcome[index])))
}

/// The mean of some numbers.
pub(crate) fn average(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    sum / count
}
