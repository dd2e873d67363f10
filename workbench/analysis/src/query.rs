//! Samples to numbers: every Polars query there is.
//!
//! Counts and sums are aggregated while the parts stream past; only what exact quantiles need (label,
//! second, elapsed time) is held for every sample.

use std::path::Path;

use polars::prelude::{
    Categorical32Chunked, DataFrame, DataType, Engine, Expr, LazyFrame, PolarsError, PolarsResult,
    col, len, lit, when,
};
use workbench_samples::{ErrorKind, SamplesError, column, scan};

use crate::error::AnalysisError;

const NS_PER_SECOND: i64 = 1_000_000_000;

/// Everything that the analysis takes from the samples of one run.
pub(crate) struct Observations {
    /// Counts and sums by label, in no particular order.
    pub(crate) labels: Vec<LabelTotals>,
    /// Failed requests by label, reason and status, in no particular order.
    pub(crate) errors: Vec<ErrorTotal>,
    /// Counts by second of the start; seconds without samples are missing.
    pub(crate) started: Vec<StartedInSecond>,
    /// Second and number of the responses completed in it; seconds without any are missing.
    pub(crate) completed: Vec<(u32, u64)>,
    /// What the seconds are counted from.
    pub(crate) origin: i64,
}

/// Counts, sums and times of one label.
pub(crate) struct LabelTotals {
    pub(crate) label: String,
    pub(crate) samples: u64,
    pub(crate) errors: u64,
    pub(crate) first_start: i64,
    pub(crate) last_end: i64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Ascending; never empty.
    pub(crate) elapsed_ns: Vec<f64>,
}

/// How often one label failed for one reason.
pub(crate) struct ErrorTotal {
    pub(crate) label: String,
    pub(crate) error: String,
    pub(crate) status: Option<u16>,
    pub(crate) count: u64,
}

/// The requests that started in one second.
pub(crate) struct StartedInSecond {
    pub(crate) second: u32,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) mean_active_users: f64,
    /// Ascending; never empty.
    pub(crate) elapsed_ns: Vec<f64>,
}

/// Reads the samples below a folder; `started_at` is the start of the schedule, where it is known.
pub(crate) fn observe(
    directory: &Path,
    started_at: Option<i64>,
) -> Result<Observations, AnalysisError> {
    let samples = scan(directory)?;
    let observations = query(&samples, started_at).map_err(|source| AnalysisError::Query {
        path: directory.to_owned(),
        source,
    })?;
    if observations.labels.is_empty() {
        return Err(SamplesError::NoSamples {
            directory: directory.to_owned(),
        }
        .into());
    }
    Ok(observations)
}

fn query(samples: &LazyFrame, started_at: Option<i64>) -> PolarsResult<Observations> {
    let mut labels = label_totals(samples)?;
    let first_start = labels.iter().map(|totals| totals.first_start).min();
    let origin = started_at.or(first_start).unwrap_or_default();
    let mut started = started_in_seconds(samples, origin)?;
    distribute_times(samples, origin, &mut labels, &mut started)?;
    Ok(Observations {
        labels,
        errors: error_totals(samples)?,
        started,
        completed: completed_in_seconds(samples, origin)?,
        origin,
    })
}

fn label_totals(samples: &LazyFrame) -> PolarsResult<Vec<LabelTotals>> {
    let frame = collect(
        samples.clone().group_by([col(column::REQUEST)]).agg([
            len().cast(DataType::UInt64).alias("samples"),
            col(column::ERROR)
                .count()
                .cast(DataType::UInt64)
                .alias("errors"),
            started_at().min().alias("first_start"),
            ended_at().max().alias("last_end"),
            col(column::BYTES_SENT).sum(),
            col(column::BYTES_RECEIVED).sum(),
        ]),
    )?;
    let names = words(&frame, column::REQUEST)?;
    let samples = frame.column("samples")?.u64()?.clone();
    let errors = frame.column("errors")?.u64()?.clone();
    let first_start = frame.column("first_start")?.i64()?.clone();
    let last_end = frame.column("last_end")?.i64()?.clone();
    let bytes_sent = frame.column(column::BYTES_SENT)?.u64()?.clone();
    let bytes_received = frame.column(column::BYTES_RECEIVED)?.u64()?.clone();
    let mut totals = Vec::with_capacity(names.len());
    for (row, name) in names.into_iter().enumerate() {
        totals.push(LabelTotals {
            label: name.ok_or_else(|| missing(column::REQUEST))?,
            samples: present(samples.get(row), "samples")?,
            errors: present(errors.get(row), "errors")?,
            first_start: present(first_start.get(row), column::STARTED_AT)?,
            last_end: present(last_end.get(row), column::ELAPSED_NS)?,
            bytes_sent: present(bytes_sent.get(row), column::BYTES_SENT)?,
            bytes_received: present(bytes_received.get(row), column::BYTES_RECEIVED)?,
            elapsed_ns: Vec::new(),
        });
    }
    Ok(totals)
}

fn error_totals(samples: &LazyFrame) -> PolarsResult<Vec<ErrorTotal>> {
    let frame = collect(
        samples
            .clone()
            .filter(col(column::ERROR).is_not_null())
            .group_by([
                col(column::REQUEST),
                col(column::ERROR),
                col(column::STATUS),
            ])
            .agg([len().cast(DataType::UInt64).alias("count")]),
    )?;
    let labels = words(&frame, column::REQUEST)?;
    let errors = words(&frame, column::ERROR)?;
    let statuses = frame.column(column::STATUS)?.u32()?.clone();
    let counts = frame.column("count")?.u64()?.clone();
    let mut totals = Vec::with_capacity(labels.len());
    for (row, (label, error)) in labels.into_iter().zip(errors).enumerate() {
        let status = statuses.get(row).map(u16::try_from).transpose();
        totals.push(ErrorTotal {
            label: label.ok_or_else(|| missing(column::REQUEST))?,
            error: error.ok_or_else(|| missing(column::ERROR))?,
            status: status.map_err(|_| missing(column::STATUS))?,
            count: present(counts.get(row), "count")?,
        });
    }
    Ok(totals)
}

fn started_in_seconds(samples: &LazyFrame, origin: i64) -> PolarsResult<Vec<StartedInSecond>> {
    let frame = collect(
        samples
            .clone()
            .group_by([second(started_at(), origin).alias("second")])
            .agg([
                len().cast(DataType::UInt64).alias("requests"),
                col(column::ERROR)
                    .count()
                    .cast(DataType::UInt64)
                    .alias("errors"),
                col(column::ACTIVE_USERS).mean(),
            ]),
    )?;
    let seconds = frame.column("second")?.u32()?.clone();
    let requests = frame.column("requests")?.u64()?.clone();
    let errors = frame.column("errors")?.u64()?.clone();
    let users = frame.column(column::ACTIVE_USERS)?.f64()?.clone();
    let mut started = Vec::with_capacity(seconds.len());
    for row in 0..seconds.len() {
        started.push(StartedInSecond {
            second: present(seconds.get(row), column::STARTED_AT)?,
            requests: present(requests.get(row), "requests")?,
            errors: present(errors.get(row), "errors")?,
            mean_active_users: present(users.get(row), column::ACTIVE_USERS)?,
            elapsed_ns: Vec::new(),
        });
    }
    started.sort_by_key(|started| started.second);
    Ok(started)
}

/// A response is complete when it came in whole, whatever its status.
fn completed_in_seconds(samples: &LazyFrame, origin: i64) -> PolarsResult<Vec<(u32, u64)>> {
    let complete = col(column::ERROR).is_null().or(col(column::ERROR)
        .cast(DataType::String)
        .eq(lit(ErrorKind::Status.as_str())));
    let frame = collect(
        samples
            .clone()
            .filter(complete)
            .group_by([second(ended_at(), origin).alias("second")])
            .agg([len().cast(DataType::UInt64).alias("completed")]),
    )?;
    let seconds = frame.column("second")?.u32()?.clone();
    let counts = frame.column("completed")?.u64()?.clone();
    (0..seconds.len())
        .map(|row| {
            Ok((
                present(seconds.get(row), column::ELAPSED_NS)?,
                present(counts.get(row), "completed")?,
            ))
        })
        .collect()
}

/// Gives every label and every second its elapsed times, in ascending order.
fn distribute_times(
    samples: &LazyFrame,
    origin: i64,
    labels: &mut [LabelTotals],
    started: &mut [StartedInSecond],
) -> PolarsResult<()> {
    let frame = collect(samples.clone().select([
        col(column::REQUEST),
        second(started_at(), origin).alias("second"),
        col(column::ELAPSED_NS),
    ]))?;
    for totals in &mut *labels {
        totals.elapsed_ns.reserve_exact(totals.samples as usize);
    }
    for second in &mut *started {
        second.elapsed_ns.reserve_exact(second.requests as usize);
    }
    let requests = frame.column(column::REQUEST)?.cat32()?;
    let place_of_label = places(requests, labels);
    let mut place_of_second = Vec::new();
    for (place, second) in started.iter().enumerate() {
        place_of_second.resize(second.second as usize, usize::MAX);
        place_of_second.push(place);
    }
    let seconds = frame.column("second")?.u32()?;
    let elapsed = frame.column(column::ELAPSED_NS)?.u64()?;
    for ((label, second), elapsed) in requests
        .physical()
        .iter()
        .zip(seconds.iter())
        .zip(elapsed.iter())
    {
        let label = place_of_label[present(label, column::REQUEST)? as usize];
        let second = place_of_second[present(second, column::STARTED_AT)? as usize];
        // Whole nanoseconds are exact in a double up to 104 days.
        let elapsed = present(elapsed, column::ELAPSED_NS)? as f64;
        labels[label].elapsed_ns.push(elapsed);
        started[second].elapsed_ns.push(elapsed);
    }
    let by_label = labels.iter_mut().map(|totals| &mut totals.elapsed_ns);
    let by_second = started.iter_mut().map(|second| &mut second.elapsed_ns);
    for times in by_label.chain(by_second) {
        times.sort_unstable_by(f64::total_cmp);
    }
    Ok(())
}

/// Which of the labels each of Polars' category numbers stands for.
fn places(requests: &Categorical32Chunked, labels: &[LabelTotals]) -> Vec<usize> {
    let mapping = requests.get_mapping();
    let mut places = vec![usize::MAX; mapping.num_cats_upper_bound()];
    for (place, totals) in labels.iter().enumerate() {
        if let Some(category) = mapping.get_cat(&totals.label) {
            places[category as usize] = place;
        }
    }
    places
}

fn started_at() -> Expr {
    col(column::STARTED_AT).cast(DataType::Int64)
}

fn ended_at() -> Expr {
    started_at() + col(column::ELAPSED_NS).cast(DataType::Int64)
}

/// Whole seconds since the origin; what is before it belongs to the first second.
fn second(instant: Expr, origin: i64) -> Expr {
    // Whole numbers divide to whole numbers here, towards zero.
    let seconds = (instant - lit(origin)) / lit(NS_PER_SECOND);
    when(seconds.clone().lt(lit(0_i64)))
        .then(lit(0_i64))
        .otherwise(seconds)
        .cast(DataType::UInt32)
}

fn collect(query: LazyFrame) -> PolarsResult<DataFrame> {
    let result = query.collect_with_engine(Engine::Streaming)?;
    // A query has several results only where it writes to several files.
    Ok(result.unwrap_single())
}

fn words(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<String>>> {
    let words = frame.column(name)?.cat32()?;
    Ok(words
        .iter_str()
        .map(|word| word.map(str::to_owned))
        .collect())
}

fn present<T>(value: Option<T>, column: &str) -> PolarsResult<T> {
    value.ok_or_else(|| missing(column))
}

fn missing(column: &str) -> PolarsError {
    PolarsError::ComputeError(format!("a sample has no usable value in column {column}").into())
}
