//! The experiment's thresholds against what was measured.

use workbench_plan::{Comparison, Metric, Threshold};
use workbench_statistics::StatisticsError;

use crate::model::{RequestStatistics, ThresholdOutcome};
use crate::observe::Times;

/// What thresholds can be measured on: the statistics of a label, or of all, and its times.
pub(crate) struct Measured<'a> {
    pub(crate) statistics: &'a RequestStatistics,
    pub(crate) times: Times<'a>,
}

/// Judges one threshold. `measured` is `None` where there was no request of its label.
pub(crate) fn evaluate(
    threshold: &Threshold,
    measured: Option<&Measured<'_>>,
) -> Result<ThresholdOutcome, StatisticsError> {
    let Some(measured) = measured else {
        let label = threshold.request.as_deref().unwrap_or("any request");
        return Ok(ThresholdOutcome {
            text: threshold.text.clone(),
            measured: format!("nothing: no samples of {label}"),
            passed: false,
        });
    };
    let value = value(threshold.metric, measured)?;
    Ok(ThresholdOutcome {
        text: threshold.text.clone(),
        measured: in_words(threshold.metric, value),
        passed: holds(value, threshold.comparison, threshold.limit),
    })
}

fn value(metric: Metric, measured: &Measured<'_>) -> Result<f64, StatisticsError> {
    let statistics = measured.statistics;
    match metric {
        Metric::Mean => Ok(statistics.mean_ns),
        Metric::Max => Ok(statistics.max_ns),
        Metric::Quantile(probability) => measured.times.quantile(probability),
        Metric::ErrorRate => Ok(statistics.error_rate),
        Metric::Throughput => Ok(statistics.throughput_per_s),
    }
}

fn holds(value: f64, comparison: Comparison, limit: f64) -> bool {
    match comparison {
        Comparison::Less => value < limit,
        Comparison::LessOrEqual => value <= limit,
        Comparison::Greater => value > limit,
        Comparison::GreaterOrEqual => value >= limit,
    }
}

fn in_words(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Mean | Metric::Max | Metric::Quantile(_) => duration_in_words(value),
        Metric::ErrorRate => format!("{:.3} %", value * 100.0),
        Metric::Throughput => format!("{value:.1} /s"),
    }
}

/// Three decimals of the largest unit that the time reaches.
fn duration_in_words(value_ns: f64) -> String {
    let (size, unit) = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")]
        .into_iter()
        .find(|(size, _)| value_ns >= *size)
        .unwrap_or((1.0, "ns"));
    format!("{:.3} {unit}", value_ns / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four requests of 1, 2, 3 and 4 ms, one of them failed, in two seconds.
    const TIMES: [f64; 4] = [1e6, 2e6, 3e6, 4e6];

    fn statistics() -> RequestStatistics {
        RequestStatistics {
            request: "browse".into(),
            samples: 4,
            errors: 1,
            error_rate: 0.25,
            mean_ns: 2.5e6,
            min_ns: 1e6,
            max_ns: 4e6,
            standard_deviation_ns: 1.25e6_f64.sqrt() * 1e3,
            p50_ns: 2.5e6,
            p90_ns: 3.7e6,
            p95_ns: 3.85e6,
            p99_ns: 3.97e6,
            throughput_per_s: 2.0,
            received_kib_per_s: 0.0,
            sent_kib_per_s: 0.0,
            mean_bytes: 0.0,
        }
    }

    fn outcome(metric: Metric, comparison: Comparison, limit: f64) -> (String, bool) {
        let threshold = Threshold {
            text: "as written".into(),
            metric,
            request: None,
            comparison,
            limit,
        };
        let statistics = statistics();
        let mut times = TIMES;
        let measured = Measured {
            statistics: &statistics,
            times: Times::of_test(&mut times),
        };
        let outcome = evaluate(&threshold, Some(&measured)).unwrap();
        assert_eq!(outcome.text, "as written");
        (outcome.measured, outcome.passed)
    }

    #[test]
    fn each_metric_is_measured_with_its_unit() {
        use Comparison::Less;
        let measured = |metric| outcome(metric, Less, f64::INFINITY).0;

        assert_eq!(measured(Metric::Mean), "2.500 ms");
        assert_eq!(measured(Metric::Max), "4.000 ms");
        assert_eq!(measured(Metric::Quantile(0.75)), "3.250 ms");
        assert_eq!(measured(Metric::ErrorRate), "25.000 %");
        assert_eq!(measured(Metric::Throughput), "2.0 /s");
    }

    #[test]
    fn a_value_on_the_limit_passes_only_where_equality_is_allowed() {
        assert!(!outcome(Metric::Max, Comparison::Less, 4e6).1);
        assert!(outcome(Metric::Max, Comparison::LessOrEqual, 4e6).1);
        assert!(!outcome(Metric::Throughput, Comparison::Greater, 2.0).1);
        assert!(outcome(Metric::Throughput, Comparison::GreaterOrEqual, 2.0).1);
        assert!(outcome(Metric::Throughput, Comparison::Greater, 1.9).1);
        assert!(outcome(Metric::ErrorRate, Comparison::Less, 0.26).1);
    }

    #[test]
    fn a_threshold_without_anything_measured_does_not_pass() {
        let threshold = Threshold {
            text: "pay: p95 < 1s".into(),
            metric: Metric::Quantile(0.95),
            request: Some("pay".into()),
            comparison: Comparison::Less,
            limit: 1e9,
        };

        let outcome = evaluate(&threshold, None).unwrap();

        assert_eq!(outcome.measured, "nothing: no samples of pay");
        assert!(!outcome.passed);
    }

    #[test]
    fn times_are_shown_in_the_largest_unit_they_reach() {
        assert_eq!(duration_in_words(12.0), "12.000 ns");
        assert_eq!(duration_in_words(1_500.0), "1.500 µs");
        assert_eq!(duration_in_words(1_502_000_000.0), "1.502 s");
    }
}
