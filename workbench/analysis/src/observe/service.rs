//! Service times in the open model: from the sending of a request on.

use std::path::Path;

use polars_core::prelude::PolarsResult;
use workbench_samples::{SampleBatch, column, sample_batches};
use workbench_statistics::{Accumulator, StatisticsError};

use super::counts::{Class, Counts, Found, Sought, exact};
use super::rows::{Rows, missing};
use super::times::Times;
use crate::error::AnalysisError;
use crate::model::ServiceTimes;
use crate::tables::TOTAL;

/// Service times of the samples below a folder, label by label in this order, and of all together. Requests that were
/// never sent are left out.
pub(crate) fn service_times(
    directory: &Path,
    labels: &[String],
) -> Result<Vec<ServiceTimes>, AnalysisError> {
    let batches = sample_batches(directory)?;
    let mut counts: Vec<Counts> = labels.iter().map(|_| Counts::default()).collect();
    let mut sums = vec![Accumulator::new(); labels.len()];
    let unreadable = |source| AnalysisError::Query {
        path: directory.to_owned(),
        source,
    };
    each(&batches, labels, |label, elapsed_ns| {
        counts[label].add(exact(elapsed_ns));
        let added = sums[label].add(&[elapsed_ns as f64]);
        added.expect("whole nanoseconds are finite");
    })
    .map_err(unreadable)?;
    let mut classes: Vec<Class> = counts.into_iter().map(Class::new).collect();
    for (class, sums) in classes.iter_mut().zip(sums) {
        class.sums = sums;
    }
    loop {
        let times = classes.iter().map(|class| Times::of(&[class]));
        let named = labels.iter().map(String::as_str).zip(times);
        let all: Vec<&Class> = classes.iter().collect();
        let rows = named
            .chain([(TOTAL, Times::of(&all))])
            .filter_map(|(label, times)| Some(row(label, &times?)))
            .collect::<Result<_, _>>()
            .expect("there are times, and the quantiles are possible");
        let Some(sought) = Sought::of(classes.iter()) else {
            return Ok(rows);
        };
        let mut found = Found::nothing(&sought);
        let looked = each(&batches, labels, |label, elapsed_ns| {
            found.add(label, exact(elapsed_ns));
        });
        looked.map_err(unreadable)?;
        found.tell(classes.iter_mut());
    }
}

/// Calls `each` with the label's position and the time of every sent request.
fn each(
    batches: &[SampleBatch],
    labels: &[String],
    mut give: impl FnMut(usize, u64),
) -> PolarsResult<()> {
    for batch in batches {
        let rows = Rows::read(batch, &[column::REQUEST, column::ELAPSED_NS, column::USER])?;
        let place = |name: &str| labels.iter().position(|label| label == name);
        let place_of = rows.table(column::REQUEST, place)?;
        let samples = rows.texts(column::REQUEST)?.iter();
        let samples = samples
            .zip(rows.whole(column::ELAPSED_NS)?)
            .zip(rows.small(column::USER)?);
        // User 0 sent nothing.
        for ((request, elapsed_ns), _) in samples.filter(|(_, user)| **user != 0) {
            let label = place_of[*request as usize].flatten();
            give(label.ok_or_else(|| missing(column::REQUEST))?, *elapsed_ns);
        }
    }
    Ok(())
}

fn row(label: &str, times: &Times<'_>) -> Result<ServiceTimes, StatisticsError> {
    let summary = times.summary()?;
    Ok(ServiceTimes {
        request: label.to_owned(),
        samples: times.count() as u64,
        mean_ns: summary.mean,
        p50_ns: times.quantile(0.5)?,
        p95_ns: times.quantile(0.95)?,
        p99_ns: times.quantile(0.99)?,
        max_ns: summary.max,
    })
}
