//! Samples to numbers, in two passes over the parts and in memory that is known beforehand.
//!
//! The first pass counts samples by second. In the second one every sample finds its place in a table of three arrays,
//! 14 bytes each, at the second of its start; counts and sums are taken as they stream past. Each second is then put in
//! order of time, and with it the run, which is what dependence between requests is seen in. Last, the elapsed times
//! are dealt out to their labels and sorted there, once: whatever else is asked of them is asked of these sorted parts.

mod answers;
mod census;
mod gone;
mod rows;
mod tally;
mod timeline;
mod times;

use std::path::Path;
use std::sync::Mutex;

use polars_core::error::{PolarsError, PolarsResult};
use rayon::prelude::*;
use workbench_plan::{Plan, SteadyPart};
use workbench_samples::{SampleBatch, SamplesError, sample_batches};
use workbench_statistics::{LateChange, StatisticsError, late_change, warm_up};

use crate::diagnosis::{Diagnosis, diagnose};
use crate::error::AnalysisError;
use census::Census;
use rows::Rows;
use tally::{Labels, MOST_LABELS, Tally};
use timeline::{InOrder, Timeline};

pub(crate) use answers::{Gap, Waits};
pub(crate) use gone::Gone;
pub(crate) use tally::{ErrorTotal, LabelTally};
pub(crate) use timeline::{SecondTimes, TimesInOrder};
pub(crate) use times::{LabelTimes, Times};

/// More threads than this would only hold more batches in memory.
const MOST_THREADS: usize = 8;

const NO_PANIC: &str = "a thread that panics takes the others with it";

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
    /// Elapsed times of all samples in the order in which they started, if they are kept.
    pub(crate) elapsed_in_order: Option<Vec<f64>>,
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
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(processors.min(MOST_THREADS))
        .build()
        .map_err(AnalysisError::Threads)?;
    let observations = threads.install(|| {
        let census = Census::take(&batches, started_at, plan)?;
        observations(
            &batches,
            census,
            (plan, ended_at),
            labels_of_the_file,
            times_in_order,
        )
    });
    let observations = observations.map_err(|source| AnalysisError::Query {
        path: directory.to_owned(),
        source,
    })?;
    observations.ok_or_else(|| {
        AnalysisError::Samples(SamplesError::NoSamples {
            directory: directory.to_owned(),
        })
    })
}

/// `None` without a sample.
fn observations(
    batches: &[SampleBatch],
    census: Census,
    (plan, ended_at): (&Plan, Option<i64>),
    labels_of_the_file: &[&str],
    times_in_order: TimesInOrder,
) -> PolarsResult<Option<Observations>> {
    let Census {
        clock,
        labels,
        by_second,
        steady_starts,
    } = census;
    let origin = clock.origin;
    if labels.is_empty() {
        return Ok(None);
    }
    if labels.len() > MOST_LABELS {
        return Err(too_many(labels.len()));
    }
    let labels = Labels::new(in_order(labels, labels_of_the_file), plan);
    let steady_part = plan.steady_part();
    let window = steady_starts.map(|starts| Window::of(starts, origin, steady_part, plan));
    let columns = tally::columns(plan);
    let timeline = Mutex::new(Timeline::new(&by_second));
    let tally = batches
        .par_iter()
        .try_fold(
            || Tally::new(&labels, by_second.len(), window),
            |mut tally, batch| {
                let rows = Rows::read(batch, columns)?;
                let places = tally.add(&rows, clock, steady_part, window)?;
                let mut timeline = timeline.lock().expect(NO_PANIC);
                timeline.add(&places, &rows.response_ns()?);
                PolarsResult::Ok(tally)
            },
        )
        .try_reduce(
            || Tally::new(&labels, by_second.len(), window),
            |a, b| Ok(a.merged(b)),
        )?;
    let timeline = timeline.into_inner().expect(NO_PANIC);
    let (timeline, times_of_seconds) = timeline.in_order();
    let last_end = tally.labels.iter().map(|counts| counts.last_end).max();
    let steady = window.zip(ended_at.or(last_end)).map(|(window, ended_at)| {
        let window = window.until(ended_at);
        let waits = tally.answers.waits(window.to);
        steady(&timeline, window, origin, waits)
    });
    let started = by_second
        .iter()
        .zip(&tally.seconds)
        .zip(0..)
        .filter(|((requests, _), _)| **requests > 0)
        .zip(times_of_seconds)
        .map(|(((requests, counts), second), times)| StartedInSecond {
            second,
            requests: *requests as u64,
            errors: counts.errors,
            mean_active_users: counts.active_users as f64 / *requests as f64,
            times,
        })
        .collect();
    let (dealt, elapsed_in_order) = timeline.into_labels(&tally.labels, times_in_order);
    let errors = tally.errors();
    let run = i64::try_from(plan.schedule().least_end().as_nanos()).unwrap_or(i64::MAX);
    let gone = tally.gone(origin, run);
    let Tally {
        labels: tallies,
        completed,
        ..
    } = tally;
    Ok(Some(Observations {
        errors,
        labels: label_observations(labels.names, tallies, dealt),
        started,
        completed: completed.into_iter().collect(),
        origin,
        gone,
        steady,
        elapsed_in_order,
    }))
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

fn steady(timeline: &Timeline, window: Window, origin: i64, waits: Waits) -> SteadyObservations {
    let samples = timeline.steady();
    let elapsed_ns = &samples.elapsed_ns;
    let (diagnosis, (warm_up, late_change)) = rayon::join(
        || diagnose(elapsed_ns, |place| samples.is_failed(place)),
        || {
            let late = late_change_of(timeline, elapsed_ns.len(), window, origin);
            (warm_up(elapsed_ns), late)
        },
    );
    let settled = warm_up.map(|found| {
        let start_ns = |position: usize| {
            let start = timeline.start_of_steady(position);
            start.map_or(0, |start| (origin + start - window.from).max(0) as u64)
        };
        Settled {
            last_left_out_ns: start_ns(found.discard.saturating_sub(5)),
            after_ns: start_ns(found.discard),
            at_bound: found.at_bound,
        }
    });
    SteadyObservations {
        window,
        diagnosis,
        settled,
        late_change,
        waits,
    }
}

/// Looks for a late change in the mean elapsed times of equal blocks of time, few enough for their means to be precise.
fn late_change_of(
    timeline: &Timeline,
    requests: usize,
    window: Window,
    origin: i64,
) -> Result<Option<(u64, LateChange)>, String> {
    if requests < LEAST_REQUESTS {
        return Err("too few requests to look for a late change".to_owned());
    }
    let blocks = (requests / BLOCK_REQUESTS).clamp(LEAST_BLOCKS, MOST_BLOCKS);
    let means = timeline.block_means(window.from - origin, window.to - origin, blocks);
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

/// What is left to know of each label, from its times in order.
fn label_observations(
    labels: Vec<String>,
    tallies: Vec<LabelTally>,
    dealt: Vec<InOrder>,
) -> Vec<LabelObservations> {
    let diagnoses: Vec<Option<Diagnosis>> = dealt
        .iter()
        .map(|times| {
            (!times.steady.is_empty()).then(|| diagnose(&times.steady, |place| times.failed[place]))
        })
        .collect();
    let times = times::sorted(dealt);
    labels
        .into_iter()
        .zip(tallies)
        .zip(diagnoses)
        .zip(times)
        .map(|(((label, counts), diagnosis), times)| LabelObservations {
            label,
            counts,
            times,
            diagnosis,
        })
        .collect()
}

/// Labels in the order of the experiment file; those that it does not name follow by name.
fn in_order(mut labels: Vec<String>, of_the_file: &[&str]) -> Vec<String> {
    let place = |label: &String| of_the_file.iter().position(|other| other == label);
    labels.sort_by_cached_key(|label| (place(label).unwrap_or(usize::MAX), label.clone()));
    labels
}
