//! Samples to numbers, in a few passes over the parts and in memory that hardly grows with the number of samples.
//!
//! The first pass (`census`) counts samples by second. The second one (`tally`) takes counts and sums as the samples stream
//! past, and counts elapsed times in small ranges (`counts`). Then the ranges that hold the quantiles of the steady part are
//! looked at closely, and the samples pass once more from the last one to the first (`backward`), in which what depends on
//! their order is seen (`course`). What else is asked of the elapsed times is answered after one more look at the ranges
//! that hold it, see [`Observations::look_up`]: every number is that of all samples, to the nanosecond.
//!
//! In memory are the batches that are read at the moment, some 10 KB for each decade of the times of a label, and 0.2 MB for
//! the batch means of each label. Only comparisons keep elapsed times in order, at 8 bytes each, up to a number.

mod answers;
mod backward;
mod batch;
mod census;
mod counts;
mod course;
mod gone;
mod labels;
mod over_time;
mod responses;
mod rows;
mod service;
mod source;
mod tally;
mod times;

use std::mem;
use std::path::Path;

use polars_core::error::PolarsError;
use workbench_plan::{Plan, SteadyPart};
use workbench_samples::{SampleBatch, SamplesError, sample_batches};
use workbench_statistics::{LateChange, StatisticsError, late_change};

use crate::diagnosis::Diagnosis;
use crate::error::AnalysisError;
use crate::model::OverTime;
use census::Census;
use course::Blocks;
use labels::Labels;
use source::Source;
use tally::MOST_LABELS;

pub(crate) use answers::{Gap, Waits};
pub(crate) use backward::SecondTimes;
pub(crate) use counts::Class;
pub(crate) use course::ElapsedInOrder;
pub(crate) use gone::Gone;
pub(crate) use service::service_times;
pub(crate) use tally::{ErrorTotal, LabelTally};
pub(crate) use times::{LabelTimes, Times};

/// More threads than this would only hold more batches in memory.
const MOST_THREADS: usize = 8;
/// Samples in the batches that are read at the same time, some 100 bytes each: other programs write larger batches than
/// ours. Ours.
const MOST_AT_ONCE: usize = 2_000_000;

/// What becomes of the elapsed times in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimesInOrder {
    /// The last so many stay, at 8 bytes a sample.
    Kept { most: usize },
    /// They go as they come.
    Dropped,
}

/// Everything that the analysis takes from the samples of one run.
pub(crate) struct Observations {
    /// Those of the experiment file come first and in its order, others follow by name; never empty.
    pub(crate) labels: Vec<LabelObservations>,
    /// Failed requests by label, reason and status, in no particular order.
    pub(crate) errors: Vec<ErrorTotal>,
    /// By second of the start, ascending; seconds without samples are missing.
    pub(crate) started: Vec<StartedInSecond>,
    /// Second and number of the responses completed in it; seconds without any are missing.
    pub(crate) completed: Vec<(u32, u64)>,
    /// What the seconds are counted from.
    pub(crate) origin: i64,
    /// Services that stopped answering and did not begin again.
    pub(crate) gone: Vec<Gone>,
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

/// Five blocks are the shortest level that is looked for, a fifteenth of the steady part: what takes less time, a garbage
/// collection or a checkpoint, passes. Ours.
pub(crate) const MOST_BLOCKS: usize = 75;
/// As few as a late change can be seen in.
const LEAST_BLOCKS: usize = 50;
/// Requests in each block, on average, where there are enough for [`LEAST_BLOCKS`]. Ours.
const BLOCK_REQUESTS: usize = 10;
/// In fewer requests no late change is looked for: five in each block. Ours.
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
    /// Where MSER-5 would have the steady part begin.
    pub(crate) settled: Result<Settled, StatisticsError>,
    /// A change of level after which too little is left, or which is too large: how long after the first start. Why that
    /// is not known, as a sentence without its full stop.
    pub(crate) late_change: Result<Option<(u64, LateChange)>, String>,
    /// When nothing was answered while users waited.
    pub(crate) waits: Waits,
}

/// What MSER-5 would leave out, with times in nanoseconds after the first start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    /// Start of the last five requests that it would leave out.
    pub(crate) last_left_out_ns: u64,
    /// Start of the first request that it would keep.
    pub(crate) after_ns: u64,
    /// Whether that is half of the requests, the most that it may leave out, so that there is no steady state.
    pub(crate) at_bound: bool,
}

/// The stretch of time that the steady part is measured in.
///
/// It does not end with the last response. Requests that *start* in a stretch of time, counted over the time until the
/// last of them has *ended*, are too few for it: for the longest response time, no more start. In a closed loop that
/// error grows with the load, as response times do, and a single request that hangs makes it arbitrarily large. What
/// *ends* within a fixed stretch of time, wherever it started, is free of it: as many requests are in flight at its
/// beginning as at its end.
///
/// Nor does it end with the last start: where all users wait for an answer from the middle of the hold on, nothing
/// starts, and the rest of the hold is part of it all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// The first start, UTC nanoseconds; does not belong to it, for what ends then was the load of the time before.
    pub(crate) from: i64,
    /// The end by the schedule, or the last start where that is later, UTC nanoseconds; belongs to it.
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

    /// Of a run that ended earlier, there is no more than until then.
    fn until(self, ended_at: i64) -> Self {
        Self {
            to: self.to.min(ended_at).max(self.from),
            ..self
        }
    }
}

/// Reads the samples below a folder. The run's time is the start of its schedule and its end, each where it is known.
pub(crate) fn observe(
    directory: &Path,
    (started_at, ended_at): (Option<i64>, Option<i64>),
    plan: &Plan,
    labels_of_the_file: &[&str],
    times_in_order: TimesInOrder,
) -> Result<Observations, AnalysisError> {
    let batches = sample_batches(directory)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let largest = batches.iter().map(SampleBatch::count).max().unwrap_or(0);
    let at_once = (MOST_AT_ONCE / largest.max(1)).clamp(1, MOST_THREADS);
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(processors.min(at_once))
        .build()
        .map_err(AnalysisError::Threads)?;
    let unreadable = |source| AnalysisError::Query {
        path: directory.to_owned(),
        source,
    };
    let census = threads.install(|| Census::take(&batches, started_at, plan));
    let mut census = census.map_err(unreadable)?;
    if census.labels.is_empty() {
        return Err(AnalysisError::Samples(SamplesError::NoSamples {
            directory: directory.to_owned(),
        }));
    }
    if census.labels.len() > MOST_LABELS {
        return Err(unreadable(too_many(census.labels.len())));
    }
    let names = in_order(mem::take(&mut census.labels), labels_of_the_file);
    let source = Source {
        directory: directory.to_owned(),
        batches: mem::take(&mut census.batches),
        labels: Labels::new(names, plan),
        steady_part: plan.steady_part(),
        threads,
    };
    source
        .observations(&census, (plan, ended_at), times_in_order)
        .map_err(unreadable)
}

impl Observations {
    /// Looks at the samples once more for what was asked of the elapsed times and could only be said about; whether there
    /// was anything, so that it has to be asked again.
    pub(crate) fn look_up(&mut self) -> Result<bool, AnalysisError> {
        let times = self.labels.iter_mut().map(|label| &mut label.times);
        let looked = self.source.look_up(times.collect());
        looked.map_err(|source| AnalysisError::Query {
            path: self.source.directory.clone(),
            source,
        })
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

/// Looks for a late change in the mean elapsed times of equal blocks of time, few enough for their means to be precise.
fn late_change_of(
    blocks: &Blocks,
    requests: usize,
    window: Window,
) -> Result<Option<(u64, LateChange)>, String> {
    if requests < LEAST_REQUESTS {
        return Err("too few requests to look for a late change".to_owned());
    }
    let (means, blocks) = (blocks.means(), blocks.count());
    let values: Vec<f64> = means.iter().map(|(_, mean)| *mean).collect();
    let found = late_change(&values).map_err(|error| match error {
        StatisticsError::TooFewValues { needed, found } => format!(
            "requests started in {found} of {blocks} equal parts of the time only, and a look for a late change takes {needed}"
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
