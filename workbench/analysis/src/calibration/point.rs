//! Compares one run with the log of its server.

use std::path::Path;

use workbench_samples::{Manifest, Resource, SamplesError, read_resources};
use workbench_statistics::{StatisticsError, anderson_darling_exponential};

use super::model::{Arrivals, Competition, GoodnessOfFit, LoadPoint, Quantiles, Served, ServerLog};
use super::timing::{Timing, timings};
use crate::error::AnalysisError;
use crate::run::analyze_run;

/// A run at some load, and the log of its server.
#[derive(Clone, Copy, Debug)]
pub struct LoadRun<'a> {
    /// The run's folder.
    pub directory: &'a Path,
    /// The server's log.
    pub log: &'a ServerLog,
    /// Share of the capacity.
    pub share: f64,
    /// Planned arrivals per second; `None` where users send without a pause.
    pub arrivals_per_s: Option<f64>,
}

/// The measured and the true times of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) timing: Timing,
    pub(super) served: Served,
}

impl Pair {
    fn truth(&self) -> f64 {
        (self.served.answered_at - self.served.read_at) as f64
    }
}

/// Compares the times of a run with the log of its server.
///
/// # Errors
/// Samples that cannot be read, or too few answered requests.
pub fn load_point(run: &LoadRun<'_>) -> Result<LoadPoint, AnalysisError> {
    let timings = timings(run.directory)?;
    let pairs = pairs(&timings, &run.log.requests);
    let table = analyze_run(run.directory)?;
    let total = &table.total;
    let of = |value: fn(&Pair) -> f64| of_samples(run.directory, pairs.iter().map(value));
    let response = of(|pair| pair.timing.lateness() + pair.timing.elapsed())?;
    let arrivals = run
        .arrivals_per_s
        .map(|rate| arrivals(&timings, &pairs, rate));
    let arrivals = arrivals
        .transpose()
        .map_err(|_| no_samples(run.directory))?;
    Ok(LoadPoint {
        share: run.share,
        rate_per_s: run.arrivals_per_s.unwrap_or(total.throughput_per_s),
        requests: pairs.len() as u64,
        failed: (timings.len() - pairs.len()) as u64,
        truth: of(Pair::truth)?,
        measured: of(|pair| pair.timing.elapsed())?,
        true_response: of(|pair| (pair.served.answered_at - pair.timing.intended_at) as f64)?,
        reported_response: Quantiles {
            mean_ns: total.mean_ns,
            p50_ns: total.p50_ns,
            p90_ns: total.p90_ns,
            p95_ns: total.p95_ns,
            p99_ns: total.p99_ns,
            p999_ns: response.p999_ns,
            max_ns: total.max_ns,
        },
        request_error: of(|pair| pair.timing.elapsed() - pair.truth())?,
        arrivals,
        competition: competition(run.directory, run.log),
        valid: table.validity.is_some_and(|it| it.valid),
    })
}

/// Computes the arrival statistics of a run with `rate_per_s` planned arrivals per second, from all its samples and the
/// answered requests.
fn arrivals(
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

/// The successful requests with their log entries. Of a request that was sent again and answered twice, the last entry
/// counts.
fn pairs(timings: &[Timing], served: &[Served]) -> Vec<Pair> {
    let key = |it: &Served| (it.user, it.iteration);
    let mut served = served.to_vec();
    served.sort_unstable_by_key(|it| (key(it), it.read_at));
    let find = |timing: &Timing| {
        let wanted = (timing.user, timing.iteration);
        let after = served.partition_point(|it| key(it) <= wanted);
        let found = served[..after].last().filter(|it| key(it) == wanted)?;
        Some(Pair {
            timing: *timing,
            served: *found,
        })
    };
    let successes = timings.iter().filter(|timing| timing.success);
    successes.filter_map(find).collect()
}

/// Mean and quantiles of times that come from samples.
pub(super) fn of_samples(
    run_directory: &Path,
    times_ns: impl Iterator<Item = f64>,
) -> Result<Quantiles, AnalysisError> {
    let times_ns: Vec<f64> = times_ns.collect();
    Quantiles::of(&times_ns).map_err(|_| no_samples(run_directory))
}

pub(super) fn no_samples(run_directory: &Path) -> AnalysisError {
    AnalysisError::Samples(SamplesError::NoSamples {
        directory: run_directory.to_owned(),
    })
}

/// Use of the processors by others, on average over a run. In the run's readings the server is among the others.
pub(super) fn competition(run_directory: &Path, log: &ServerLog) -> Option<Competition> {
    let readings = read_resources(run_directory).ok()?;
    let mean = |source: &str, metric: &str| {
        let is_wanted = |it: &&Resource| it.source == source && it.metric == metric;
        let of_it = readings.iter().filter(is_wanted);
        let values: Vec<f64> = of_it.map(|it| it.value).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let manifest = Manifest::read(run_directory).ok()?;
    let length_s = (manifest.ended_at? - manifest.started_at?) as f64 / 1e9;
    let others = mean("others", "processors")? - log.processor_s / length_s;
    Some(Competition {
        others: others.max(0.0),
        steal: mean("machine", "steal_processors")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(user: u32, iteration: u32, success: bool) -> Timing {
        Timing {
            user,
            iteration,
            intended_at: 0,
            started_at: 3,
            elapsed_ns: 30,
            success,
        }
    }

    fn served(user: u32, iteration: u32, read_at: i64) -> Served {
        Served {
            user,
            iteration,
            read_at,
            answered_at: read_at + 20,
        }
    }

    #[test]
    fn requests_are_matched_with_the_log_by_user_and_iteration() {
        let timings = [
            timing(2, 1, true),
            timing(1, 2, true),
            timing(1, 1, false),
            timing(3, 1, true),
        ];
        // User 1's second request was sent again; user 3's is not in the log.
        let log = [
            served(1, 2, 10),
            served(2, 1, 6),
            served(1, 1, 5),
            served(1, 2, 9),
        ];
        let found: Vec<_> = pairs(&timings, &log)
            .iter()
            .map(|pair| (pair.timing.user, pair.served.read_at, pair.truth()))
            .collect();
        assert_eq!(found, [(2, 6, 20.0), (1, 10, 20.0)]);
    }
}
