//! The analysis as data: the content of `analysis.json`, and the source of every report.
//!
//! Times are nanoseconds as `f64`, named `…_ns`; rates are per second; fractions lie between 0 and 1.

mod between_runs;
mod estimate;
mod failures;
mod gate;
mod open;
mod over_time;
mod policy;
mod published;
mod report;
mod resources;
mod rule;
mod steady;
mod sweep;

use serde::{Deserialize, Serialize};
use workbench_samples::{Origin, Outcome, SeriesPlace, SweepPoint, UsersInSecond, Validity};

pub use between_runs::*;
pub use estimate::*;
pub use failures::*;
pub use gate::*;
pub use open::*;
pub use over_time::*;
pub use policy::*;
pub use published::*;
pub use report::*;
pub use resources::*;
pub use rule::*;
pub use steady::*;
pub use sweep::*;
pub use workbench_statistics::{Method as TestMethod, PairTest as PairMethod, Shape, Verdict};

/// Name of the row for all requests together.
pub(crate) const TOTAL: &str = "TOTAL";

pub(crate) const NS_PER_SECOND: f64 = 1e9;

/// Name of the file that [`Analysis::write`] writes.
pub const ANALYSIS_FILE: &str = "analysis.json";

/// Version of the format that is written, and the one that can be read.
///
/// 2 added the steady state of a run, its place in a series, comparisons between runs, sweeps, and the effective sample
/// size; 4 the stalls of the steady part, and thresholds that are undecided; 5 the open model, and what a run used of
/// its machine; 6 why requests failed; 7 the typical time, and where imported runs come from; 8 labels, statuses,
/// connections and a heat map over time, and percentile curves; 9 the 90th percentile and the phases of requests in the steady
/// part.
pub const SCHEMA_VERSION: u32 = 9;

/// Everything that was computed from one run, or from several that are compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Version of this format.
    pub schema_version: u32,
    /// The quantile definition used throughout.
    pub quantile_definition: String,
    /// Each run by itself.
    pub runs: Vec<RunAnalysis>,
    /// The student report's comparison of the runs; `None` for a single run.
    pub comparison: Option<ReportComparison>,
    /// The comparison of groups of runs, which verdicts use; `None` for a single run.
    pub between_runs: Option<BetweenRuns>,
    /// Each experiment that was run at several points of a sweep.
    pub sweeps: Vec<SweepAnalysis>,
    /// Warnings that apply to all numbers.
    pub warnings: Vec<String>,
}

/// One run by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunAnalysis {
    /// Name of the run's folder.
    pub run_id: String,
    /// Name of the experiment.
    pub experiment: String,
    /// One line for headings.
    pub title: String,
    /// What the experiment is to find out.
    pub question: String,
    /// UTC start, RFC 3339.
    pub started_at: String,
    /// From the first request's start to the last one's end, in seconds.
    pub duration_s: f64,
    /// Its place in its series; `None` without a series.
    pub series: Option<SeriesPlace>,
    /// How the run ended.
    pub outcome: Outcome,
    /// Its validity checks.
    pub validity: Option<Validity>,
    /// The experiment as resolved, YAML; empty for an imported run.
    pub experiment_file: String,
    /// The definition of the elapsed times, as text.
    pub elapsed: String,
    /// The files of another tool that the run was imported from; `None` for a run of the workbench.
    pub origin: Option<Origin>,
    /// Its environment and target, as names and values for people.
    pub environment: Vec<(String, String)>,
    /// Each label, in the order of the experiment file, or by name.
    pub requests: Vec<RequestStatistics>,
    /// All requests together, each counted once.
    pub total: RequestStatistics,
    /// The part of the run that comparisons between runs rest on; `None` where it has no samples.
    pub steady: Option<SteadyState>,
    /// Failed requests by label and reason, most frequent first.
    pub errors: Vec<ErrorCount>,
    /// Reasons of failures by kind of error, the most frequent first; empty without recorded exchanges.
    pub failures: Vec<Failure>,
    /// The run second by second, by the start of the request.
    pub per_second: Vec<Second>,
    /// The run in few intervals: by label, outcome, status and response time.
    pub over_time: OverTime,
    /// The distribution of the response times of all requests, and of the labels with the most requests.
    pub percentile_curves: Vec<PercentileCurve>,
    /// Planned and achieved users second by second, without those who serve arrivals.
    pub users: Vec<UsersInSecond>,
    /// Arrivals and service times; `None` without arrivals.
    pub open_model: Option<OpenModel>,
    /// Used resources second by second; `None` without readings.
    pub resources: Option<Resources>,
    /// Elapsed times of all requests, logarithmically spaced bins without gaps.
    pub histogram: Vec<Bin>,
    /// The experiment's thresholds and their outcomes.
    pub thresholds: Vec<ThresholdOutcome>,
}

impl RunAnalysis {
    /// Name of the experiment's folder and of the run's: `smoke/20261123T101400Z-4f2a`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.experiment, self.run_id)
    }

    /// Name of its experiment, within its series where it has one: `shop#1`, `shop@users=10`.
    pub(crate) fn name_of_experiment(&self) -> &str {
        let series = self.series.as_ref();
        series.map_or(&self.experiment, |place| &place.experiment)
    }

    /// The point of a sweep that the run is one of.
    pub fn point(&self) -> Option<&SweepPoint> {
        self.series.as_ref()?.point.as_ref()
    }
}

/// The Summary and Aggregate tables' row for one label.
///
/// Every sample counts, failed ones too. A request still in flight at the end of the run is a failed one whose
/// elapsed time is how long it had waited. Labels without samples have no row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestStatistics {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// Number of samples.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// Failed samples as a fraction of all.
    pub error_rate: f64,
    /// Mean elapsed time.
    pub mean_ns: f64,
    /// Shortest elapsed time.
    pub min_ns: f64,
    /// Longest elapsed time.
    pub max_ns: f64,
    /// Population standard deviation of the elapsed times, as JMeter prints it.
    pub standard_deviation_ns: f64,
    /// Median.
    pub p50_ns: f64,
    /// 90 % line.
    pub p90_ns: f64,
    /// 95 % line.
    pub p95_ns: f64,
    /// 99 % line.
    pub p99_ns: f64,
    /// Requests by the time that was run, per second: the whole schedule where it was completed, otherwise until the run
    /// ended.
    pub throughput_per_s: f64,
    /// KiB received per second of the same time, headers included.
    pub received_kib_per_s: f64,
    /// KiB sent per second, headers included.
    pub sent_kib_per_s: f64,
    /// Mean size of a response in bytes, headers included.
    pub mean_bytes: f64,
}

/// Failed requests of one label for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// The label.
    pub request: String,
    /// The reason ([`workbench_samples::ErrorKind`]).
    pub error: String,
    /// HTTP status, where there was a response.
    pub status: Option<u16>,
    /// How many.
    pub count: u64,
}

/// One second of a run; a request belongs to the second in which it started.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Whole second since the start, from 0. Seconds without requests are present, with zero requests.
    pub second: u32,
    /// Requests started.
    pub requests: u64,
    /// Of these, how many failed.
    pub errors: u64,
    /// Responses received whole in this second, whatever their status.
    pub completed: u64,
    /// Mean elapsed time; `None` without requests, as are the quantiles.
    pub mean_ns: Option<f64>,
    /// Median.
    pub p50_ns: Option<f64>,
    /// 95th percentile.
    pub p95_ns: Option<f64>,
    /// 99th percentile.
    pub p99_ns: Option<f64>,
}

/// How many elapsed times fall between two bounds: `from_ns <= x < to_ns`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Lower bound, included.
    pub from_ns: f64,
    /// Upper bound, excluded.
    pub to_ns: f64,
    /// Number of values.
    pub count: u64,
}

/// A threshold and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdOutcome {
    /// As written in the experiment.
    pub text: String,
    /// The measured value with its unit, as text, or that there was none.
    pub measured: String,
    /// Whether it holds. A threshold without a measured value, or an undecided one, does not.
    pub passed: bool,
    /// Why it is undecided; `None` if it is decided.
    pub undecided: Option<String>,
}

/// The outcome of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdStatus {
    /// It holds.
    Passed,
    /// It does not hold, or nothing was measured.
    Missed,
    /// The samples are too few for its quantile.
    Undecided,
}

impl ThresholdOutcome {
    /// Its outcome.
    #[must_use]
    pub fn status(&self) -> ThresholdStatus {
        match (self.passed, &self.undecided) {
            (_, Some(_)) => ThresholdStatus::Undecided,
            (true, None) => ThresholdStatus::Passed,
            (false, None) => ThresholdStatus::Missed,
        }
    }
}

impl RunAnalysis {
    /// The thresholds with this outcome, as written.
    pub fn thresholds_that_are(&self, status: ThresholdStatus) -> Vec<String> {
        let thresholds = self.thresholds.iter();
        thresholds
            .filter(|threshold| threshold.status() == status)
            .map(|threshold| threshold.text.clone())
            .collect()
    }
}
