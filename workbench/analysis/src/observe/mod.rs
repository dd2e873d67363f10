//! Reads samples in a few passes over the parts, in memory that hardly grows with the number of samples.
//!
//! `first_pass` counts samples by second. The second pass (`tally`) computes counts and sums, and counts elapsed times
//! in small ranges (`counts`). Then the ranges with the quantiles of the steady part are looked up exactly, and
//! `reverse_pass` reads the samples from the last to the first for the statistics that depend on their order
//! (`time_order`). Further quantiles are exact after another look-up, see [`Observations::look_up`]: every number is
//! computed from all samples, to the nanosecond.
//!
//! Memory holds the current batches, about 10 KB for each decade of a label's times, and 0.2 MB for the batch means of
//! each label. Only comparisons keep elapsed times in order, at 8 bytes each, up to a limit.

mod batch;
mod counts;
pub(crate) mod diagnosis;
mod elapsed_in_order;
mod first_pass;
mod labels;
mod outage;
mod over_time;
mod response_gaps;
mod responses;
mod reverse_pass;
mod rows;
mod service;
mod source;
mod tally;
mod time_order;
mod times;

use std::path::Path;

use polars_core::error::PolarsError;
use workbench_plan::{Plan, SteadyPart};
use workbench_samples::{SampleBatch, SamplesError, sample_batches};
use workbench_statistics::{LateChange, StatisticsError, late_change};

use crate::error::AnalysisError;
use crate::model::{ErrorCount, OverTime, ServiceTimes};
use crate::observe::diagnosis::Diagnosis;
use first_pass::FirstPass;
use labels::Labels;
use source::Source;
use tally::MOST_LABELS;
use time_order::Blocks;

pub(crate) use counts::Class;
pub(crate) use elapsed_in_order::ElapsedInOrder;
pub(crate) use outage::Outage;
pub(crate) use response_gaps::{Gap, Waits};
pub(crate) use reverse_pass::SecondTimes;
pub(crate) use rows::{Rows, missing};
pub(crate) use tally::{LabelTally, PhaseSums};
pub(crate) use times::{LabelTimes, Times};

/// Most threads. More would only hold more batches in memory.
const MOST_THREADS: usize = 8;
/// Most samples in batches that are read at the same time, about 100 bytes each. Other programs write larger batches
/// than the workbench. Our choice.
const MOST_AT_ONCE: usize = 2_000_000;

/// The results of all passes over the samples of one run.
pub(crate) struct Observations {
    /// Those of the experiment file come first and in its order, others follow by name; never empty.
    pub(crate) labels: Vec<LabelObservations>,
    /// Failed requests by label, reason and status, in no particular order.
    pub(crate) errors: Vec<ErrorCount>,
    /// By second of the start, ascending; seconds without samples are missing.
    pub(crate) started: Vec<StartedInSecond>,
    /// Second and number of the responses completed in it; seconds without any are missing.
    pub(crate) completed: Vec<(u32, u64)>,
    /// The origin of the seconds.
    pub(crate) origin: i64,
    /// Services that stopped responding until the end of the run.
    pub(crate) gone: Vec<Outage>,
    /// The steady part; `None` where it has no samples.
    pub(crate) steady: Option<SteadyObservations>,
    pub(crate) over_time: OverTime,
    /// Elapsed times of all samples in the order in which they started, or of the last ones, if they are kept.
    pub(crate) elapsed_in_order: Option<ElapsedInOrder>,
    source: Source,
}

/// Counts, sums and times of one label.
pub(crate) struct LabelObservations {
    pub(crate) label: String,
    pub(crate) counts: LabelTally,
    pub(crate) times: LabelTimes,
    /// Of its samples in the steady part; `None` where there are none.
    pub(crate) diagnosis: Option<Diagnosis>,
}

/// Most blocks for the search for late changes. The shortest level has five blocks, a fifteenth of the steady part, so
/// that shorter disturbances (a garbage collection, a checkpoint) are not found. Our choice.
pub(crate) const MOST_BLOCKS: usize = 75;
/// Fewest blocks in which a late change can be found.
const LEAST_BLOCKS: usize = 50;
/// Requests in each block, on average, where there are enough for [`LEAST_BLOCKS`]. Our choice.
const BLOCK_REQUESTS: usize = 10;
/// Fewest requests for the search for late changes: five in each block. Our choice.
const LEAST_REQUESTS: usize = 250;

/// The requests that started in one second.
pub(crate) struct StartedInSecond {
    pub(crate) second: u32,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) mean_active_users: f64,
    pub(crate) times: SecondTimes,
}

/// The steady part as a whole.
pub(crate) struct SteadyObservations {
    pub(crate) window: Window,
    pub(crate) diagnosis: Diagnosis,
    /// The truncation point of MSER-5.
    pub(crate) settled: Result<Settled, StatisticsError>,
    /// A late change of level that is too large or leaves too little, and its time after the first start; or why it was
    /// not searched, as a sentence without its full stop.
    pub(crate) late_change: Result<Option<(u64, LateChange)>, String>,
    /// Times without a response while users waited.
    pub(crate) waits: Waits,
}

/// The truncation of MSER-5, with times in nanoseconds after the first start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    /// Start of the last five discarded requests.
    pub(crate) last_left_out_ns: u64,
    /// Start of the first kept request.
    pub(crate) after_ns: u64,
    /// Whether half of the requests would be discarded, which is the maximum: there is no steady state then.
    pub(crate) at_bound: bool,
}

/// The time window in which the steady part is measured.
///
/// It does not end with the last response. Counting requests that *start* in a window over the time until the last of
/// them has *ended* underestimates throughput, because none starts during the last response time. In a closed model
/// that error grows with the load, as response times do, and a single hanging request makes it arbitrarily large.
/// Counting requests that *end* within a fixed window avoids it: about as many requests are in flight at its beginning
/// as at its end.
///
/// Nor does it end with the last start: if all users wait for a response from the middle of the hold on, the rest of
/// the hold still belongs to the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// The first start, UTC nanoseconds, excluded: a request that ends then belongs to the time before.
    pub(crate) from: i64,
    /// The end by the schedule, or the last start where that is later, UTC nanoseconds; included.
    pub(crate) to: i64,
}

impl Window {
    fn of(steady_starts: (i64, i64), origin: i64, steady_part: SteadyPart, plan: &Plan) -> Self {
        let schedule = plan.schedule();
        let scheduled = match steady_part {
            // Users with a number of iterations may leave before.
            SteadyPart::Hold => schedule.hold_end().min(schedule.least_end()),
            SteadyPart::WholeRun => schedule.least_end(),
        };
        let scheduled = i64::try_from(scheduled.as_nanos()).unwrap_or(i64::MAX);
        let (from, last_start) = steady_starts;
        Self {
            from,
            to: last_start.max(origin.saturating_add(scheduled)),
        }
    }

    fn contains(self, instant: i64) -> bool {
        self.from < instant && instant <= self.to
    }

    /// The window of a run that ended early is cut at its end.
    fn until(self, ended_at: i64) -> Self {
        Self {
            to: self.to.min(ended_at).max(self.from),
            ..self
        }
    }
}

/// Reads the samples below a folder. The run's time is the start of its schedule and its end, each where it is known. The
/// last `most_in_order` elapsed times are kept in order of time, at 8 bytes a sample.
pub(crate) fn observe(
    directory: &Path,
    (started_at, ended_at): (Option<i64>, Option<i64>),
    plan: &Plan,
    labels_of_the_file: &[&str],
    most_in_order: Option<usize>,
) -> Result<Observations, AnalysisError> {
    let batches = sample_batches(directory)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let largest = batches.iter().map(SampleBatch::count).max().unwrap_or(0);
    let at_once = (MOST_AT_ONCE / largest.max(1)).clamp(1, MOST_THREADS);
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(processors.min(at_once))
        .build()
        .map_err(AnalysisError::Threads)?;
    let unreadable = AnalysisError::querying(directory);
    let first_pass = threads.install(|| FirstPass::take(&batches, started_at, plan));
    let (clock, first_pass) = first_pass.map_err(&unreadable)?;
    if first_pass.labels.is_empty() {
        return Err(AnalysisError::Samples(SamplesError::NoSamples {
            directory: directory.to_owned(),
        }));
    }
    if first_pass.labels.len() > MOST_LABELS {
        return Err(unreadable(too_many(first_pass.labels.len())));
    }
    let (names, total) = labels::without_total(first_pass.labels.into_iter().collect());
    let source = Source {
        directory: directory.to_owned(),
        batches: first_pass.batches,
        labels: Labels::new(in_order(names, labels_of_the_file), total, plan),
        steady_part: plan.steady_part(),
        threads,
    };
    let by_second = (clock, &first_pass.by_second[..]);
    let observations = source.observations(
        by_second,
        first_pass.steady_starts,
        (plan, ended_at),
        most_in_order,
    );
    observations.map_err(unreadable)
}

impl Observations {
    /// Reads the samples again for requested values that are only approximate. Returns whether there were any: the
    /// caller must then compute them again.
    pub(crate) fn look_up(&mut self) -> Result<bool, AnalysisError> {
        let times = self.labels.iter_mut().map(|label| &mut label.times);
        let looked = self.source.look_up(times.collect());
        looked.map_err(AnalysisError::querying(&self.source.directory))
    }

    /// Service times label by label, and of all together. Requests that were never sent are left out.
    pub(crate) fn service_times(&self) -> Result<Vec<ServiceTimes>, AnalysisError> {
        let times = self.source.service_times();
        times.map_err(AnalysisError::querying(&self.source.directory))
    }
}

fn all_steady(times: &[LabelTimes]) -> Option<Times<'_>> {
    Times::together(times.iter().filter_map(LabelTimes::steady))
}

fn too_many(labels: usize) -> PolarsError {
    PolarsError::ComputeError(
        format!(
            "they are of {labels} different requests, and {MOST_LABELS} at most can be told apart: give those that do the \
             same the same name"
        )
        .into(),
    )
}

/// Searches for a late change in the mean elapsed times of equal blocks of time.
fn late_change_of(
    blocks: &Blocks,
    requests: usize,
    window: Window,
) -> Result<Option<(u64, LateChange)>, String> {
    if requests < LEAST_REQUESTS {
        return Err("too few requests to search for a late change".to_owned());
    }
    let (means, blocks) = (blocks.means(), blocks.count());
    let values: Vec<f64> = means.iter().map(|(_, mean)| *mean).collect();
    let found = late_change(&values).map_err(|error| match error {
        StatisticsError::TooFewValues { needed, found } => format!(
            "requests started in {found} of {blocks} equal parts of the time only, and a search for a late \
            change needs {needed}"
        ),
        StatisticsError::NotPositive { .. } => format!(
            "in one of {blocks} equal parts of the time every request took 0 ns, so that no late change can be looked for"
        ),
        other => format!("no late change can be looked for: {other}"),
    })?;
    let length = (window.to - window.from) as u64;
    Ok(found.map(|change| {
        let block = means[change.at].0 as u64;
        (length / blocks as u64 * block, change)
    }))
}

/// Labels in the order of the experiment file; those that it does not name follow by name.
fn in_order(mut labels: Vec<String>, of_the_file: &[&str]) -> Vec<String> {
    let place = |label: &String| of_the_file.iter().position(|other| other == label);
    labels.sort_by_cached_key(|label| (place(label).unwrap_or(usize::MAX), label.clone()));
    labels
}
