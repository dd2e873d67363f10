//! Evaluates the experiment's thresholds.

use workbench_plan::{Comparison, Metric, Threshold};
use workbench_statistics::{StatisticsError, is_quantile_below, needed_for_quantile_interval};

use crate::model::{RequestStatistics, ThresholdOutcome};
use crate::observe::Times;
use crate::observe::diagnosis::CONFIDENCE;

/// The measured values of a label, or of all requests.
pub(crate) struct Measured<'a> {
    pub(crate) statistics: &'a RequestStatistics,
    pub(crate) times: Times<'a>,
}

/// Evaluates one threshold. `measured` is `None` if there was no request of its label.
///
/// A quantile is undecided if there are fewer requests than its interval needs, and they do not show on which side of
/// the limit it lies.
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
            undecided: None,
        });
    };
    let value = value(threshold.metric, measured)?;
    let (passed, undecided) = match threshold.metric {
        Metric::Quantile(probability) => {
            of_quantile(threshold, probability, value, &measured.times)?
        }
        _ => (holds(value, threshold.comparison, threshold.limit), None),
    };
    Ok(ThresholdOutcome {
        text: threshold.text.clone(),
        measured: describe(threshold.metric, value),
        passed,
        undecided,
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

/// Whether the threshold holds, or why that is undecided.
fn of_quantile(
    threshold: &Threshold,
    probability: f64,
    value: f64,
    times: &Times<'_>,
) -> Result<(bool, Option<String>), StatisticsError> {
    let count = times.count();
    let needed = needed_for_quantile_interval(probability, CONFIDENCE)?;
    if count >= needed {
        return Ok((holds(value, threshold.comparison, threshold.limit), None));
    }
    // “More than the limit” is “not at most the limit”.
    let (below, negated) = match threshold.comparison {
        Comparison::Less => (times.below(threshold.limit), false),
        Comparison::LessOrEqual => (times.below(threshold.limit.next_up()), false),
        Comparison::Greater => (times.below(threshold.limit.next_up()), true),
        Comparison::GreaterOrEqual => (times.below(threshold.limit), true),
    };
    if let Some(is_below) = is_quantile_below(below, count, probability, CONFIDENCE)? {
        return Ok((is_below != negated, None));
    }
    let requests = if count == 1 {
        "request is"
    } else {
        "requests are"
    };
    let why = format!("{count} {requests} too few, this quantile takes {needed}");
    Ok((false, Some(why)))
}

fn holds(value: f64, comparison: Comparison, limit: f64) -> bool {
    match comparison {
        Comparison::Less => value < limit,
        Comparison::LessOrEqual => value <= limit,
        Comparison::Greater => value > limit,
        Comparison::GreaterOrEqual => value >= limit,
    }
}

fn describe(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Mean | Metric::Max | Metric::Quantile(_) => describe_duration(value),
        Metric::ErrorRate => format!("{:.3} %", value * 100.0),
        Metric::Throughput => format!("{value:.1} /s"),
    }
}

/// Three decimals of the largest unit that the time reaches.
fn describe_duration(value_ns: f64) -> String {
    let (size, unit) = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")]
        .into_iter()
        .find(|(size, _)| value_ns >= *size)
        .unwrap_or((1.0, "ns"));
    format!("{:.3} {unit}", value_ns / size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ThresholdStatus;
    use crate::observe::Class;

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

    fn threshold(metric: Metric, comparison: Comparison, limit: f64) -> Threshold {
        Threshold {
            text: "as written".into(),
            metric,
            request: None,
            comparison,
            limit,
        }
    }

    fn evaluated(threshold: &Threshold, times: &[f64]) -> ThresholdOutcome {
        let (statistics, times) = (statistics(), Class::of_test(times));
        let measured = Measured {
            statistics: &statistics,
            times: times.times(),
        };
        let outcome = evaluate(threshold, Some(&measured)).unwrap();
        assert_eq!(outcome.text, "as written");
        outcome
    }

    fn outcome(metric: Metric, comparison: Comparison, limit: f64) -> (String, bool) {
        let outcome = evaluated(&threshold(metric, comparison, limit), &TIMES);
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
            request: Some("pay".into()),
            ..threshold(Metric::Quantile(0.95), Comparison::Less, 1e9)
        };

        let outcome = evaluate(&threshold, None).unwrap();

        assert_eq!(outcome.measured, "nothing: no samples of pay");
        assert_eq!(outcome.status(), ThresholdStatus::Missed);
    }

    /// The status of a threshold on a quantile of requests of which the last `slow` take 2 s and all others 1 s.
    fn status(
        count: usize,
        slow: usize,
        probability: f64,
        comparison: Comparison,
    ) -> ThresholdStatus {
        let mut times = vec![1e9; count - slow];
        times.resize(count, 2e9);
        let threshold = threshold(Metric::Quantile(probability), comparison, 1.5e9);
        evaluated(&threshold, &times).status()
    }

    #[test]
    fn a_quantile_of_too_few_requests_is_undecided() {
        use Comparison::{Greater, Less};
        use ThresholdStatus::{Missed, Passed, Undecided};
        for (probability, needed) in [(0.5, 6), (0.95, 59), (0.99, 299), (0.999, 2_995)] {
            let of = |comparison| status(needed, 0, probability, comparison);
            assert_eq!((of(Less), of(Greater)), (Passed, Missed), "{probability}");
        }
        for (probability, few) in [(0.5, 4), (0.95, 58), (0.99, 298), (0.999, 2_994)] {
            for comparison in [Less, Greater] {
                let found = status(few, 0, probability, comparison);
                assert_eq!(found, Undecided, "{probability}");
            }
        }
    }

    #[test]
    fn few_requests_decide_a_quantile_that_is_far_from_the_limit() {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
        use ThresholdStatus::{Missed, Passed, Undecided};
        for comparison in [Less, LessOrEqual] {
            // Four of twenty above the 95th percentile: a chance of 1.6 %. Three: 7.5 %.
            assert_eq!(status(20, 4, 0.95, comparison), Missed);
            assert_eq!(status(20, 3, 0.95, comparison), Undecided);
            // Five of five below the median: a chance of 3.1 %.
            assert_eq!(status(5, 0, 0.5, comparison), Passed);
        }
        for comparison in [Greater, GreaterOrEqual] {
            assert_eq!(status(20, 4, 0.95, comparison), Passed);
            assert_eq!(status(20, 3, 0.95, comparison), Undecided);
        }
    }

    #[test]
    fn an_undecided_threshold_names_the_needed_requests() {
        let threshold = threshold(Metric::Quantile(0.95), Comparison::Less, 1e9);
        let outcome = evaluated(&threshold, &TIMES);
        assert_eq!(outcome.measured, "3.850 ms");
        assert!(!outcome.passed);
        assert_eq!(
            outcome.undecided.as_deref(),
            Some("4 requests are too few, this quantile takes 59")
        );
    }

    #[test]
    fn times_are_shown_in_the_largest_unit_they_reach() {
        assert_eq!(describe_duration(12.0), "12.000 ns");
        assert_eq!(describe_duration(1_500.0), "1.500 µs");
        assert_eq!(describe_duration(1_502_000_000.0), "1.502 s");
    }
}
