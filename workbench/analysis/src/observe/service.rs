//! Times of requests from when they were sent, in the open model.

use std::path::Path;

use polars_core::prelude::PolarsResult;
use workbench_samples::{SampleBatch, column, sample_batches};
use workbench_statistics::{StatisticsError, quantile_of_sorted};

use super::rows::{Rows, missing};
use crate::error::AnalysisError;
use crate::model::ServiceTimes;
use crate::tables::TOTAL;

/// Service times of the samples below a folder, label by label in this order, and of all together. What was never sent has
/// none.
pub(crate) fn service_times(
    directory: &Path,
    labels: &[String],
) -> Result<Vec<ServiceTimes>, AnalysisError> {
    let mut times = vec![Vec::new(); labels.len()];
    for batch in sample_batches(directory)? {
        add(&mut times, &batch, labels).map_err(|source| AnalysisError::Query {
            path: directory.to_owned(),
            source,
        })?;
    }
    let all: Vec<f64> = times.iter().flatten().copied().collect();
    let named = labels.iter().map(String::as_str).zip(times);
    let rows = named
        .chain([(TOTAL, all)])
        .filter(|(_, times)| !times.is_empty())
        .map(|(label, times)| row(label, times));
    Ok(rows
        .collect::<Result<_, _>>()
        .expect("there are times, and all are finite"))
}

fn add(times: &mut [Vec<f64>], batch: &SampleBatch, labels: &[String]) -> PolarsResult<()> {
    let rows = Rows::read(batch, &[column::REQUEST, column::ELAPSED_NS, column::USER])?;
    let elapsed = rows.whole(column::ELAPSED_NS)?;
    let users = rows.small(column::USER)?;
    let place = |name: &str| labels.iter().position(|label| label == name);
    let place_of = rows.table(column::REQUEST, place)?;
    for ((request, elapsed), user) in rows.words(column::REQUEST)?.iter().zip(elapsed).zip(users) {
        let place = place_of[*request as usize].flatten();
        let place = place.ok_or_else(|| missing(column::REQUEST))?;
        // Nobody sent it.
        if *user != 0 {
            times[place].push(*elapsed as f64);
        }
    }
    Ok(())
}

fn row(label: &str, mut times: Vec<f64>) -> Result<ServiceTimes, StatisticsError> {
    times.sort_unstable_by(f64::total_cmp);
    let quantile = |probability| quantile_of_sorted(&times, probability);
    Ok(ServiceTimes {
        request: label.to_owned(),
        samples: times.len() as u64,
        mean_ns: times.iter().sum::<f64>() / times.len() as f64,
        p50_ns: quantile(0.5)?,
        p95_ns: quantile(0.95)?,
        p99_ns: quantile(0.99)?,
        max_ns: quantile(1.0)?,
    })
}
