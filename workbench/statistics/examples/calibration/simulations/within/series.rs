//! Series in order of time: means, quantiles and warm-ups.

use workbench_statistics::{
    BatchMeans, BatchWarning, StatisticsError, batch_means, effective_count_of_quantile,
    quantile_interval, summary, warm_up,
};

use super::CONFIDENCE;
use crate::simulations::random::Random;
use crate::simulations::trials::{Share, average, outcomes};

/// Coverage of batch means for AR(1) series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeanCoverage {
    /// Intervals that cover the mean, of those that were given.
    pub(crate) covered: Share,
    /// Series that were refused as too dependent.
    pub(crate) refused: Share,
    /// Those that were given with a warning of short batches.
    pub(crate) warned: Share,
    /// Average of the squared standard errors, in units of the theoretical variance of the mean.
    pub(crate) variance: f64,
    /// Variance of the means themselves, in the same units.
    pub(crate) observed_variance: f64,
    /// Average of τ.
    pub(crate) factor: f64,
}

/// The theoretical variance of the mean is σ²(1 + φ)/((1 − φ)n).
pub(crate) fn coverage_of_the_mean(phi: f64, count: usize, trials: u64, seed: u64) -> MeanCoverage {
    let series = outcomes(trials, seed, |random| {
        let values = random.autoregressive(phi, count);
        let mean = summary(&values).expect("values are finite").mean;
        match batch_means(&values, CONFIDENCE) {
            Ok(found) => (mean, Some(found)),
            Err(StatisticsError::TooDependent { .. }) => (mean, None),
            Err(error) => panic!("a series of {count} values was refused: {error}"),
        }
    });
    let given: Vec<&BatchMeans> = series
        .iter()
        .filter_map(|(_, found)| found.as_ref())
        .collect();
    let theory = (1.0 + phi) / ((1.0 - phi) * count as f64);
    MeanCoverage {
        covered: Share::of(given.iter().map(|found| found.interval.contains(0.0))),
        refused: Share::of(series.iter().map(|(_, found)| found.is_none())),
        warned: Share::of(
            given
                .iter()
                .map(|found| found.warnings.contains(&BatchWarning::ShortBatches)),
        ),
        variance: average(given.iter().map(|found| found.standard_error.powi(2))) / theory,
        observed_variance: average(series.iter().map(|(mean, _)| mean * mean)) / theory,
        factor: average(given.iter().map(|found| found.autocorrelation_factor)),
    }
}

/// The source of the effective sample size.
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
    trials: u64,
    seed: u64,
) -> Share {
    let truth = (0.5 * normal_quantile).exp();
    let intervals = outcomes(trials, seed, |random| {
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
        effective
            .and_then(|effective| quantile_interval(&values, probability, CONFIDENCE, effective))
    });
    // A series that is refused as too dependent, or as too short for this quantile, has no interval.
    let given = intervals.into_iter().filter_map(Result::ok);
    Share::of(given.map(|found| found.interval.contains(truth)))
}

/// Results of MSER-5 for series of 2,000 values around a mean that becomes steady.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WarmUps {
    /// Series in which no steady state was seen.
    pub(crate) unsteady: Share,
    /// Of the others, those whose rest batch means refuse as too dependent.
    pub(crate) refused: Share,
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
    trials: u64,
    seed: u64,
) -> WarmUps {
    let series = outcomes(trials, seed, |random| {
        let values: Vec<f64> = (0..2000)
            .map(|i| 10.0 + excess * (-f64::from(i) / relaxation).exp() + noise(random))
            .collect();
        let steady = warm_up(&values).expect("the series is long").steady_from();
        steady.map(|start| {
            let rest = batch_means(&values[start..], CONFIDENCE);
            let refused = matches!(rest, Err(StatisticsError::TooDependent { .. }));
            (start as f64, refused)
        })
    });
    let steady = || series.iter().flatten();
    WarmUps {
        unsteady: Share::of(series.iter().map(Option::is_none)),
        refused: Share::of(steady().map(|(_, refused)| *refused)),
        discarded: average(steady().map(|(start, _)| *start)),
    }
}
