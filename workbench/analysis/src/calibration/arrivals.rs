//! Compares the start times of arrivals with the planned ones.

use workbench_statistics::{StatisticsError, anderson_darling_exponential};

use super::model::{Arrivals, GoodnessOfFit, Quantiles};
use super::point::Pair;
use super::timing::Timing;

/// Computes the arrival statistics of a run with `rate_per_s` planned arrivals per second, from all its samples and the
/// answered requests.
pub(super) fn arrivals(
    timings: &[Timing],
    pairs: &[Pair],
    rate_per_s: f64,
) -> Result<Arrivals, StatisticsError> {
    let lateness: Vec<f64> = pairs.iter().map(|pair| pair.timing.lateness()).collect();
    let at_server: Vec<f64> = pairs
        .iter()
        .map(|pair| (pair.served.read_at - pair.timing.intended_at) as f64)
        .collect();
    let intended = timings.iter().map(|timing| timing.intended_at).collect();
    let started = pairs.iter().map(|pair| pair.timing.started_at).collect();
    Ok(Arrivals {
        lateness: Quantiles::of(&lateness)?,
        lateness_at_server: Quantiles::of(&at_server)?,
        intended: gaps(intended, rate_per_s)?,
        started: gaps(started, rate_per_s)?,
    })
}

/// Whether the gaps between instants are those of a Poisson process.
fn gaps(mut instants: Vec<i64>, rate_per_s: f64) -> Result<GoodnessOfFit, StatisticsError> {
    instants.sort_unstable();
    let pairs = instants.windows(2);
    let gaps: Vec<f64> = pairs.map(|pair| (pair[1] - pair[0]) as f64).collect();
    anderson_darling_exponential(&gaps, 1e9 / rate_per_s).map(GoodnessOfFit::from)
}
