//! A calibration as data. Times are nanoseconds, named `…_ns`; rates are per second; fractions lie between 0 and 1.

use std::ops::Range;

use serde::Serialize;
use workbench_samples::{Host, Tool};
use workbench_statistics::{
    AndersonDarling, StatisticsError, quantile_of_sorted, summary as summary_of,
};

/// Version of the JSON that is printed.
pub const SCHEMA_VERSION: u32 = 1;

/// Share of the processors that other programs may use before a missed aim is not attributed to the workbench. Our
/// choice, as for the validity of a run.
const OTHERS_TOLERANCE: f64 = 0.1;
/// The same for other guests of the machine's host.
const STEAL_TOLERANCE: f64 = 0.02;

/// One request as the server saw it. Instants are UTC nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The user that sent it.
    pub user: u32,
    /// The user's iteration.
    pub iteration: u32,
    /// Right after its last byte was read.
    pub read_at: i64,
    /// Right before its answer was written.
    pub answered_at: i64,
}

/// What the server did during one run.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerLog {
    /// Every request, in any order.
    pub requests: Vec<Served>,
    /// When it neither read nor answered, if it did.
    pub frozen: Option<Range<i64>>,
    /// Processor time that it used, in seconds.
    pub processor_s: f64,
}

/// Mean and quantiles of some times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Mean.
    pub mean_ns: f64,
    /// Median.
    pub p50_ns: f64,
    /// 90th percentile.
    pub p90_ns: f64,
    /// 95th percentile.
    pub p95_ns: f64,
    /// 99th percentile.
    pub p99_ns: f64,
    /// 99.9th percentile.
    pub p999_ns: f64,
    /// The longest.
    pub max_ns: f64,
}

impl Quantiles {
    /// Of times in any order.
    pub(super) fn of(times_ns: &[f64]) -> Result<Self, StatisticsError> {
        let mut sorted = times_ns.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let quantile = |probability| quantile_of_sorted(&sorted, probability);
        Ok(Self {
            mean_ns: summary_of(&sorted)?.mean,
            p50_ns: quantile(0.5)?,
            p90_ns: quantile(0.9)?,
            p95_ns: quantile(0.95)?,
            p99_ns: quantile(0.99)?,
            p999_ns: quantile(0.999)?,
            max_ns: quantile(1.0)?,
        })
    }
}

/// Lateness of arrivals, and tests of their gaps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Arrivals {
    /// From the intended to the actual start, by the samples.
    pub lateness: Quantiles,
    /// From the intended start to when the server had read the request.
    pub lateness_at_server: Quantiles,
    /// The gaps between the intended starts of all arrivals, against the exponential distribution of the rate.
    pub intended: GoodnessOfFit,
    /// The gaps between the actual starts. Lateness distorts them if it is as long as the gaps.
    pub started: GoodnessOfFit,
}

/// An Anderson–Darling test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GoodnessOfFit {
    /// Its statistic.
    pub a_squared: f64,
    /// Its p value.
    pub p_value: f64,
}

impl From<AndersonDarling> for GoodnessOfFit {
    fn from(test: AndersonDarling) -> Self {
        Self {
            a_squared: test.statistic,
            p_value: test.p_value,
        }
    }
}

/// Use of the processors by others during a run, as numbers of processors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Competition {
    /// Neither the workbench nor its server.
    pub others: f64,
    /// Other guests of the machine's host.
    pub steal: f64,
}

impl Competition {
    /// Whether others used enough of so many processors to explain a missed aim.
    fn is_heavy(self, processors: f64) -> bool {
        self.others > OTHERS_TOLERANCE * processors || self.steal > STEAL_TOLERANCE * processors
    }
}

/// The measured and the true times at one load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadPoint {
    /// Share of the capacity.
    pub share: f64,
    /// Requests per second: planned arrivals, or for the capacity itself those that were answered.
    pub rate_per_s: f64,
    /// Answered requests; all other values are about these.
    pub requests: u64,
    /// Requests that failed, or never began.
    pub failed: u64,
    /// From read to answered, by the server.
    pub truth: Quantiles,
    /// Elapsed times, by the samples.
    pub measured: Quantiles,
    /// From the intended start to the server's answer.
    pub true_response: Quantiles,
    /// Response times by the run's own tables, which have no 99.9th percentile: that one is by the samples.
    pub reported_response: Quantiles,
    /// Measured minus true time of each request.
    pub request_error: Quantiles,
    /// `None` for the capacity, which has no arrivals.
    pub arrivals: Option<Arrivals>,
    /// Use of the processors by others; `None` if unknown.
    pub competition: Option<Competition>,
    /// Whether the run is valid.
    pub valid: bool,
}

/// The aims of a calibration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Aims {
    /// Mean and quantiles up to the 99.9th percentile are this close to the truth…
    pub error_ns: f64,
    /// … or this close relative to it, whichever is more,…
    pub error_fraction: f64,
    /// … at loads up to this share of the capacity.
    pub error_up_to: f64,
    /// The median of the lateness is at most this,…
    pub lateness_p50_ns: f64,
    /// … and its 99th percentile this,…
    pub lateness_p99_ns: f64,
    /// … at loads up to this share of the capacity.
    pub lateness_up_to: f64,
    /// After a standstill the 90th percentile is this close to the exact one, relative to it.
    pub freeze_p90_fraction: f64,
}

impl Default for Aims {
    /// Our choice.
    fn default() -> Self {
        Self {
            error_ns: 100e3,
            error_fraction: 0.01,
            error_up_to: 0.5,
            lateness_p50_ns: 0.3e6,
            lateness_p99_ns: 2e6,
            lateness_up_to: 0.7,
            freeze_p90_fraction: 0.03,
        }
    }
}

impl Aims {
    /// Whether the response times of a load are close enough to the truth; `None` without an aim.
    pub fn errors_met(&self, point: &LoadPoint) -> Option<bool> {
        let met = self.errors_missed(point).is_empty() && point.failed == 0;
        (point.share <= self.error_up_to).then_some(met)
    }

    /// The mean and the quantiles of a load that miss the aim, and their errors in nanoseconds.
    pub fn errors_missed(&self, point: &LoadPoint) -> Vec<(&'static str, f64)> {
        let (truth, measured) = (&point.truth, &point.measured);
        let all = [
            ("mean", truth.mean_ns, measured.mean_ns),
            ("p50", truth.p50_ns, measured.p50_ns),
            ("p95", truth.p95_ns, measured.p95_ns),
            ("p99", truth.p99_ns, measured.p99_ns),
            ("p99.9", truth.p999_ns, measured.p999_ns),
        ];
        all.into_iter()
            .map(|(name, truth, measured)| (name, truth, measured - truth))
            .filter(|(_, truth, off)| off.abs() > self.error_ns.max(self.error_fraction * truth))
            .map(|(name, _, off)| (name, off))
            .collect()
    }

    /// Whether the arrivals of a load were punctual enough; `None` without an aim.
    pub fn lateness_met(&self, point: &LoadPoint) -> Option<bool> {
        let lateness = point.arrivals?.lateness;
        let kept =
            lateness.p50_ns <= self.lateness_p50_ns && lateness.p99_ns <= self.lateness_p99_ns;
        (point.share <= self.lateness_up_to).then_some(kept)
    }

    /// Whether the response times across a standstill are close enough to the exact ones.
    pub fn freeze_met(&self, freeze: &Freeze) -> bool {
        let off = freeze.measured.p90_ns / freeze.exact.p90_ns - 1.0;
        off.abs() <= self.freeze_p90_fraction
    }
}

/// The measurement of a standstill of the server while arrivals continued.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Freeze {
    /// Arrivals per second.
    pub rate_per_s: f64,
    /// Most users, and so connections, at once.
    pub users: u32,
    /// Service time: the median of the server's log.
    pub service_ns: f64,
    /// Length of the standstill.
    pub frozen_ns: f64,
    /// Number of arrivals.
    pub arrivals: u64,
    /// Response times from the intended starts, by the queueing model.
    pub exact: Quantiles,
    /// Response times from the intended starts, by the samples.
    pub measured: Quantiles,
    /// Elapsed times, which leave out how long an arrival waited for a user.
    pub uncorrected: Quantiles,
    /// Use of the processors by others; `None` if unknown.
    pub competition: Option<Competition>,
}

/// A complete calibration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Version of this format.
    pub schema_version: u32,
    /// The tool that measured.
    pub tool: Tool,
    /// The machine.
    pub host: Host,
    /// The distribution of the server's delays.
    pub latency: String,
    /// Users who send without a pause to a server without a delay.
    pub capacity: LoadPoint,
    /// Arrivals at shares of the capacity, ascending.
    pub loads: Vec<LoadPoint>,
    /// The standstill.
    pub freeze: Freeze,
    /// The aims.
    pub aims: Aims,
}

/// Whether the aims were met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// All of them.
    Met,
    /// At least one was missed while the machine was otherwise idle.
    Missed,
    /// All misses coincided with a use of the processors by other programs or guests.
    Undecided,
}

impl Calibration {
    /// Whether the aims were met.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let of_loads = self.loads.iter().map(|point| {
            let missed = self.aims.errors_met(point) == Some(false)
                || self.aims.lateness_met(point) == Some(false);
            (missed, point.competition)
        });
        let of_freeze = (!self.aims.freeze_met(&self.freeze), self.freeze.competition);
        let missed: Vec<_> = of_loads
            .chain([of_freeze])
            .filter(|(missed, _)| *missed)
            .collect();
        if missed.is_empty() {
            Conclusion::Met
        } else if missed.iter().all(|(_, others)| self.is_busy(*others)) {
            Conclusion::Undecided
        } else {
            Conclusion::Missed
        }
    }

    /// Whether others used so much of the machine during a run that its misses are not attributed to the workbench.
    #[must_use]
    pub fn is_busy(&self, competition: Option<Competition>) -> bool {
        competition.is_some_and(|it| it.is_heavy(f64::from(self.host.cpus)))
    }
}
