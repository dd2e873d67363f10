//! Series in order of time: means, quantiles and warm-ups.

use workbench_statistics::{
    BatchWarning, StatisticsError, batch_means, effective_count_of_quantile, quantile_interval,
    summary, warm_up,
};

use super::CONFIDENCE;
use super::random::{Random, Rate};

/// What batch means make of AR(1) series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeanCoverage {
    /// Intervals that cover the mean, of those that were given.
    pub(crate) covered: Rate,
    /// Series that were refused as too dependent.
    pub(crate) refused: Rate,
    /// Those that were given with a warning of short batches.
    pub(crate) warned: Rate,
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
    let (mut covered, mut refused, mut warned) = (0, 0, 0);
    let (mut squares, mut factors, mut observed) = (0.0, 0.0, 0.0);
    for _ in 0..trials {
        let values = random.autoregressive(phi, count);
        let mean = summary(&values).expect("values are finite").mean;
        observed += mean * mean;
        match batch_means(&values, CONFIDENCE) {
            Ok(found) => {
                covered += u32::from(found.interval.contains(0.0));
                warned += u32::from(found.warnings.contains(&BatchWarning::ShortBatches));
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
        warned: Rate {
            count: warned,
            trials: given,
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

/// What MSER-5 makes of series of 2,000 values around a mean that becomes steady.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WarmUps {
    /// Series in which no steady state was seen.
    pub(crate) unsteady: Rate,
    /// Of the others, those whose rest batch means refuse as too dependent.
    pub(crate) refused: Rate,
    /// Average number of values discarded, of those in which it was.
    pub(crate) discarded: f64,
}

/// Normal noise of standard deviation 1.
pub(crate) fn normal(random: &mut Random) -> f64 {
    random.normal()
}

/// Log-normal noise whose logarithm has standard deviation 1.5, as response times with a heavy tail have.
pub(crate) fn heavy(random: &mut Random) -> f64 {
    (1.5 * random.normal()).exp()
}

/// The mean starts `excess` higher and comes down exponentially, by e every `relaxation` values.
pub(crate) fn warm_ups(
    (excess, relaxation): (f64, f64),
    noise: fn(&mut Random) -> f64,
    trials: u32,
    seed: u64,
) -> WarmUps {
    let mut random = Random::new(seed);
    let (mut discarded, mut refused) = (0, 0);
    let unsteady = Rate::of(trials, || {
        let values: Vec<f64> = (0..2000)
            .map(|i| 10.0 + excess * (-f64::from(i) / relaxation).exp() + noise(&mut random))
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
