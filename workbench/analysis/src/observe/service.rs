//! Service times in the open model: from the sending of a request on.

use polars_core::prelude::PolarsResult;
use workbench_samples::column;
use workbench_statistics::{Accumulator, StatisticsError};

use super::counts::{Class, Counts, Found, Sought, exact};
use super::rows::{Rows, missing};
use super::source::Source;
use super::times::Times;
use crate::model::{ServiceTimes, TOTAL};

impl Source {
    pub(super) fn service_times(&self) -> PolarsResult<Vec<ServiceTimes>> {
        let names = &self.labels.names;
        let mut counts: Vec<Counts> = names.iter().map(|_| Counts::default()).collect();
        let mut sums = vec![Accumulator::new(); names.len()];
        self.each_sent(|label, elapsed_ns| {
            counts[label].add(exact(elapsed_ns));
            let added = sums[label].add(&[elapsed_ns as f64]);
            added.expect("whole nanoseconds are finite");
        })?;
        let mut classes: Vec<Class> = counts.into_iter().map(Class::new).collect();
        for (class, sums) in classes.iter_mut().zip(sums) {
            class.sums = sums;
        }
        loop {
            let times = classes.iter().map(|class| Times::of(&[class]));
            let named = names.iter().map(String::as_str).zip(times);
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
            self.each_sent(|label, elapsed_ns| found.add(label, exact(elapsed_ns)))?;
            found.tell(classes.iter_mut());
        }
    }

    /// Calls `give` with the label's number and the time of every sent request.
    fn each_sent(&self, mut give: impl FnMut(usize, u64)) -> PolarsResult<()> {
        let columns = [column::REQUEST, column::ELAPSED_NS, column::USER];
        for batch in &self.batches {
            let rows = Rows::read(&batch.samples, &columns)?;
            let label_of = rows.table(column::REQUEST, |name| self.labels.number(name))?;
            let samples = rows.texts(column::REQUEST)?.iter();
            let samples = samples
                .zip(rows.whole(column::ELAPSED_NS)?)
                .zip(rows.small(column::USER)?);
            // User 0 sent nothing.
            for ((request, elapsed_ns), _) in samples.filter(|(_, user)| **user != 0) {
                let label = label_of[*request as usize].flatten();
                let label = label.ok_or_else(|| missing(column::REQUEST))?;
                give(usize::from(label), *elapsed_ns);
            }
        }
        Ok(())
    }
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
