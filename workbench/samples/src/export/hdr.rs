//! A log of interval histograms: one for each second and label.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use super::ExportError;
use super::rows::{batches, each};
use crate::error::SamplesError;
use crate::read::SampleBatch;
use crate::schema::{SAMPLES_FOLDER, column};

const SECOND: i64 = 1_000_000_000;
/// Significant digits of the histograms.
const DIGITS: u8 = 3;

pub(super) fn write(run: &Path, to: &mut impl Write) -> Result<u64, ExportError> {
    let batches = batches(run)?;
    let first_seconds = first_seconds(run, &batches)?;
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .with_base_time(SystemTime::UNIX_EPOCH)
        // Maxima are in milliseconds, values in nanoseconds.
        .with_max_value_divisor(1e6)
        .begin_log_with(to, &mut serializer)?;
    let mut seconds: BTreeMap<i64, BTreeMap<String, Histogram<u64>>> = BTreeMap::new();
    let mut count = 0;
    for (index, batch) in batches.iter().enumerate() {
        count += each(run, batch, |row| {
            let labels = seconds
                .entry(row.started_at.div_euclid(SECOND))
                .or_default();
            if !labels.contains_key(row.request) {
                let histogram = Histogram::new(DIGITS).map_err(io::Error::other)?;
                labels.insert(row.request.to_owned(), histogram);
            }
            if let Some(histogram) = labels.get_mut(row.request) {
                // A histogram begins at 1.
                histogram
                    .record(row.elapsed_ns.max(1))
                    .map_err(io::Error::other)?;
            }
            Ok(())
        })?;
        // Seconds before the first start of all later batches are complete.
        let later = first_seconds.get(index + 1).copied().unwrap_or(i64::MAX);
        let rest = seconds.split_off(&later);
        for (second, labels) in std::mem::replace(&mut seconds, rest) {
            for (label, histogram) in labels {
                let tag = label.replace([',', ' ', '\n', '\r'], "_");
                let start = Duration::from_secs(u64::try_from(second).unwrap_or_default());
                log.write_histogram(&histogram, start, Duration::from_secs(1), Tag::new(&tag))
                    .map_err(|error| match error {
                        IntervalLogWriterError::IoError(error) => error,
                        IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
                    })?;
            }
        }
    }
    Ok(count)
}

/// The first second that a batch or a later one has a start in.
fn first_seconds(run: &Path, batches: &[SampleBatch]) -> Result<Vec<i64>, SamplesError> {
    let damaged = |source| SamplesError::Damaged {
        path: run.join(SAMPLES_FOLDER),
        source,
    };
    let mut first = i64::MAX;
    let mut seconds = Vec::with_capacity(batches.len());
    for batch in batches.iter().rev() {
        let frame = batch.read(&[column::STARTED_AT]).map_err(damaged)?;
        let starts = frame
            .column(column::STARTED_AT)
            .and_then(|it| Ok(it.datetime()?.physical().clone()));
        let starts = starts.map_err(damaged)?;
        let earliest = starts.iter().flatten().min().unwrap_or(i64::MAX);
        first = first.min(earliest.div_euclid(SECOND));
        seconds.push(first);
    }
    seconds.reverse();
    Ok(seconds)
}
