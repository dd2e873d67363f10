//! The rows of the Summary and Aggregate tables, by JMeter's formulas.

use workbench_statistics::{StatisticsError, quantile_of_sorted, summary};

use crate::model::{ErrorCount, RequestStatistics};
use crate::query::{ErrorTotal, LabelTotals};

/// Name of the row for all requests together.
pub(crate) const TOTAL: &str = "TOTAL";

const NS_PER_SECOND: f64 = 1e9;
const BYTES_PER_KIB: f64 = 1024.0;

/// Counts, sums and times of some samples: of one label, or of all.
pub(crate) struct Row<'a> {
    pub(crate) label: &'a str,
    pub(crate) errors: u64,
    pub(crate) first_start: i64,
    pub(crate) last_end: i64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Ascending; never empty.
    pub(crate) elapsed_ns: &'a [f64],
}

impl<'a> From<&'a LabelTotals> for Row<'a> {
    fn from(totals: &'a LabelTotals) -> Self {
        Self {
            label: &totals.label,
            errors: totals.errors,
            first_start: totals.first_start,
            last_end: totals.last_end,
            bytes_sent: totals.bytes_sent,
            bytes_received: totals.bytes_received,
            elapsed_ns: &totals.elapsed_ns,
        }
    }
}

impl<'a> Row<'a> {
    /// All labels together, each sample once; `elapsed_ns` holds the times of all, ascending.
    pub(crate) fn total(labels: &[LabelTotals], elapsed_ns: &'a [f64]) -> Self {
        let sum = |value: fn(&LabelTotals) -> u64| labels.iter().map(value).sum();
        Self {
            label: TOTAL,
            errors: sum(|totals| totals.errors),
            first_start: first_start(labels),
            last_end: last_end(labels),
            bytes_sent: sum(|totals| totals.bytes_sent),
            bytes_received: sum(|totals| totals.bytes_received),
            elapsed_ns,
        }
    }

    pub(crate) fn duration_s(&self) -> f64 {
        (self.last_end - self.first_start) as f64 / NS_PER_SECOND
    }

    pub(crate) fn statistics(&self) -> Result<RequestStatistics, StatisticsError> {
        let times = summary(self.elapsed_ns)?;
        let quantile = |probability| quantile_of_sorted(self.elapsed_ns, probability);
        let samples = self.elapsed_ns.len() as f64;
        let duration_s = self.duration_s();
        // Requests that took no measurable time at all have no rate; infinity would say more than is known.
        let per_second = |amount: f64| {
            if duration_s > 0.0 {
                amount / duration_s
            } else {
                0.0
            }
        };
        Ok(RequestStatistics {
            request: self.label.to_owned(),
            samples: self.elapsed_ns.len() as u64,
            errors: self.errors,
            error_rate: self.errors as f64 / samples,
            mean_ns: times.mean,
            min_ns: times.min,
            max_ns: times.max,
            standard_deviation_ns: times.population_standard_deviation,
            p50_ns: quantile(0.50)?,
            p90_ns: quantile(0.90)?,
            p95_ns: quantile(0.95)?,
            p99_ns: quantile(0.99)?,
            throughput_per_s: per_second(samples),
            received_kib_per_s: per_second(self.bytes_received as f64 / BYTES_PER_KIB),
            sent_kib_per_s: per_second(self.bytes_sent as f64 / BYTES_PER_KIB),
            mean_bytes: self.bytes_received as f64 / samples,
        })
    }
}

fn first_start(labels: &[LabelTotals]) -> i64 {
    labels
        .iter()
        .map(|totals| totals.first_start)
        .min()
        .expect("a run without samples is refused before")
}

fn last_end(labels: &[LabelTotals]) -> i64 {
    labels
        .iter()
        .map(|totals| totals.last_end)
        .max()
        .expect("a run without samples is refused before")
}

/// Puts the labels into the order of the experiment file; labels that it does not name follow by name.
pub(crate) fn in_order(labels: &mut [LabelTotals], of_the_file: &[&str]) {
    labels.sort_by(|a, b| {
        let place = |totals: &LabelTotals| {
            of_the_file
                .iter()
                .position(|label| *label == totals.label)
                .unwrap_or(usize::MAX)
        };
        (place(a), &a.label).cmp(&(place(b), &b.label))
    });
}

/// The elapsed times of all labels, ascending.
pub(crate) fn all_times(labels: &[LabelTotals]) -> Vec<f64> {
    let mut times = Vec::with_capacity(labels.iter().map(|totals| totals.elapsed_ns.len()).sum());
    for totals in labels {
        times.extend_from_slice(&totals.elapsed_ns);
    }
    // The labels are runs in order already, which this sort finds and merges.
    times.sort_by(f64::total_cmp);
    times
}

/// Errors, most frequent first.
pub(crate) fn errors(totals: Vec<ErrorTotal>) -> Vec<ErrorCount> {
    let mut errors: Vec<ErrorCount> = totals
        .into_iter()
        .map(|total| ErrorCount {
            request: total.label,
            error: total.error,
            status: total.status,
            count: total.count,
        })
        .collect();
    errors.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| (&a.request, &a.error, a.status).cmp(&(&b.request, &b.error, b.status)))
    });
    errors
}
