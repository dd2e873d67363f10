//! When arrivals were sent, against when they were to be.

use workbench_statistics::{StatisticsError, anderson_darling_exponential};

use super::model::{Arrivals, Quantiles};
use super::point::Pair;

/// Of the answered requests of a run with so many planned arrivals per second.
pub(super) fn arrivals(pairs: &[Pair], rate_per_s: f64) -> Result<Arrivals, StatisticsError> {
    let lateness: Vec<f64> = pairs.iter().map(|pair| pair.timing.lateness()).collect();
    let at_server = pairs
        .iter()
        .map(|pair| (pair.served.read_at - pair.timing.intended_at) as f64);
    let mut starts: Vec<i64> = pairs.iter().map(|pair| pair.timing.started_at).collect();
    starts.sort_unstable();
    let gaps: Vec<f64> = starts
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) as f64)
        .collect();
    Ok(Arrivals::of(
        Quantiles::of(&lateness)?,
        Quantiles::of(&at_server.collect::<Vec<_>>())?,
        anderson_darling_exponential(&gaps, 1e9 / rate_per_s)?,
    ))
}
