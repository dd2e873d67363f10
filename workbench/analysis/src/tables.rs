//! The rows of the Summary and Aggregate tables: JMeter's formulas, except for throughput.
//!
//! JMeter divides by the time from a label's first start to its last end. With think times or few requests that is
//! shorter than the time in which the requests were made.

use workbench_statistics::StatisticsError;

use crate::model::{ErrorCount, RequestStatistics};
use crate::observe::{ErrorTotal, LabelTally, Times};

/// Name of the row for all requests together.
pub(crate) const TOTAL: &str = "TOTAL";

pub(crate) const NS_PER_SECOND: f64 = 1e9;
const BYTES_PER_KIB: f64 = 1024.0;

/// Counts, sums and times of some samples: of one label, or of all.
pub(crate) struct Row<'a> {
    pub(crate) label: &'a str,
    pub(crate) counts: LabelTally,
    pub(crate) times: &'a Times<'a>,
    /// The duration that throughput refers to.
    pub(crate) run_s: f64,
}

impl Row<'_> {
    pub(crate) fn duration_s(&self) -> f64 {
        (self.counts.last_end - self.counts.first_start) as f64 / NS_PER_SECOND
    }

    pub(crate) fn statistics(&self) -> Result<RequestStatistics, StatisticsError> {
        let times = self.times.summary()?;
        let quantile = |probability| self.times.quantile(probability);
        let counts = &self.counts;
        let samples = counts.samples as f64;
        let began = counts.began as f64;
        // The rate of a run without a measurable duration is 0, not infinite.
        let per_second = |amount: f64| {
            if self.run_s > 0.0 {
                amount / self.run_s
            } else {
                0.0
            }
        };
        Ok(RequestStatistics {
            request: self.label.to_owned(),
            samples: counts.samples,
            errors: counts.errors,
            error_rate: counts.errors as f64 / samples,
            mean_ns: times.mean,
            min_ns: times.min,
            max_ns: times.max,
            standard_deviation_ns: times.population_standard_deviation,
            p50_ns: quantile(0.50)?,
            p90_ns: quantile(0.90)?,
            p95_ns: quantile(0.95)?,
            p99_ns: quantile(0.99)?,
            throughput_per_s: per_second(began),
            received_kib_per_s: per_second(counts.bytes_received as f64 / BYTES_PER_KIB),
            sent_kib_per_s: per_second(counts.bytes_sent as f64 / BYTES_PER_KIB),
            mean_bytes: counts.bytes_received as f64 / began.max(1.0),
        })
    }
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
