//! Times with a coarse resolution, such as whole milliseconds.

use workbench_statistics::{
    Evidence, Looks, Rule, RunComparison, StatisticsError, Verdict, compare_runs_at_look, summary,
};

use crate::model::{Metric, RunAnalysis};

/// The coarsest step in which the times of these runs were recorded, in nanoseconds, for a metric that is one of the
/// recorded times; 0 for all others. Means have no such step.
pub(super) fn step_ns(metric: Metric, runs: &[&RunAnalysis]) -> f64 {
    match metric {
        Metric::TypicalTime | Metric::P50 | Metric::P95 | Metric::P99 => {
            let origins = runs.iter().filter_map(|run| run.origin.as_ref());
            let steps = origins.map(|origin| origin.elapsed_resolution_ns);
            // Our own clock's step is a nanosecond.
            steps.filter(|step| *step > 1).max().unwrap_or(0) as f64
        }
        Metric::Mean | Metric::Throughput | Metric::ErrorRate => 0.0,
    }
}

/// Compares quantiles of times with a resolution of `step_ns`. Returns whether the resolution widened the interval.
///
/// A quantile of recorded times is off the true one by an unknown amount, which lies for both sides within the same step:
/// their difference is known to one step either way. Where runs vary by a step or more, that averages out, and nothing is done.
/// Where the runs of a side vary less, the interval reaches from that of a candidate one step faster to that of one a step
/// slower, and so do the verdict and its evidence. Equal values, of which no test can be made, are taken for evenly spread over
/// their step: its variance is step²/12 (Sheppard's correction).
///
/// # References
/// W. F. Sheppard (1898), “On the Calculation of the most Probable Values of Frequency-Constants, for Data arranged
/// according to Equidistant Division of a Scale”, Proceedings of the London Mathematical Society 29.
/// BIPM (2008), “Guide to the Expression of Uncertainty in Measurement”, F.2.2.1.
pub(super) fn compare_in_steps(
    baseline: &[f64],
    candidate: &[f64],
    (rule, looks): (&Rule, Option<&Looks>),
    step_ns: f64,
) -> Result<(RunComparison, bool), StatisticsError> {
    let compare = |before: &[f64], after: &[f64]| compare_runs_at_look(before, after, rule, looks);
    let enough = baseline.len() > 1 && candidate.len() > 1;
    let varies = |values: &[f64]| deviation(values) >= step_ns;
    if step_ns == 0.0 || !enough || (varies(baseline) && varies(candidate)) {
        return Ok((compare(baseline, candidate)?, false));
    }
    let (before, after) = (spread(baseline, step_ns), spread(candidate, step_ns));
    let moved = |by: f64| -> Vec<f64> {
        // Positive, so that it has a logarithm.
        let times = after.iter().map(|time| (time + by).max(step_ns / 1e3));
        times.collect()
    };
    let faster = compare(&before, &moved(-step_ns))?;
    let slower = compare(&before, &moved(step_ns))?;
    let mut found = compare(&before, &after)?;
    found.verdict = match (faster.verdict, slower.verdict) {
        (Verdict::Regressed, _) => Verdict::Regressed,
        (_, Verdict::Improved) => Verdict::Improved,
        (Verdict::Equivalent, Verdict::Equivalent) => Verdict::Equivalent,
        _ => Verdict::Inconclusive,
    };
    found.strict_regression = faster.strict_regression;
    found.evidence = faster
        .evidence
        .zip(slower.evidence)
        .map(|(least, most)| Evidence {
            p_regressed: least.p_regressed,
            p_improved: most.p_improved,
            p_beyond_margin: least.p_beyond_margin,
        });
    if let (Some(ratio), Some(least), Some(most)) = (&mut found.ratio, faster.ratio, slower.ratio) {
        ratio.interval.lower = least.interval.lower;
        ratio.interval.upper = most.interval.upper;
        let p = found
            .evidence
            .map_or(1.0, |it| it.p_regressed.min(it.p_improved));
        ratio.p = (2.0 * p).min(1.0);
    }
    // More runs do not make the step smaller.
    found.minimum_detectable_change = None;
    found.runs_needed = None;
    Ok((found, true))
}

fn deviation(values: &[f64]) -> f64 {
    let summary = summary(values).ok();
    summary
        .and_then(|it| it.sample_standard_deviation)
        .unwrap_or(0.0)
}

/// Equal values spread evenly over the step around them; others as they are.
fn spread(values: &[f64], step_ns: f64) -> Vec<f64> {
    let count = values.len() as f64;
    if values.iter().any(|value| *value != values[0]) {
        return values.to_vec();
    }
    let places = (0..values.len()).map(|place| (place as f64 + 0.5) / count - 0.5);
    places
        .zip(values)
        .map(|(place, value)| (value + place * step_ns).max(step_ns / 1e3))
        .collect()
}

#[cfg(test)]
mod tests {
    use workbench_statistics::Layout;

    use super::*;
    use crate::model::ComparisonRule;

    const MILLISECOND: f64 = 1e6;

    fn compared(baseline: &[f64], candidate: &[f64]) -> (RunComparison, bool) {
        let rule = ComparisonRule::default().of(Metric::P95, crate::model::Pairing::Independent);
        assert_eq!(rule.layout, Layout::Independent);
        let of =
            |values: &[f64]| -> Vec<f64> { values.iter().map(|it| it * MILLISECOND).collect() };
        compare_in_steps(&of(baseline), &of(candidate), (&rule, None), MILLISECOND).unwrap()
    }

    fn interval(of: &RunComparison) -> (f64, f64) {
        let interval = of.ratio.as_ref().unwrap().interval;
        (interval.lower, interval.upper)
    }

    #[test]
    fn equal_times_far_longer_than_their_step_are_within_the_margin() {
        let (found, widened) = compared(&[100.0; 10], &[100.0; 10]);
        assert!(widened);
        assert_eq!(found.verdict, Verdict::Equivalent);
        let (lower, upper) = interval(&found);
        // One step either way, and little more.
        assert!((0.985..0.99).contains(&lower), "{lower}");
        assert!((1.01..1.015).contains(&upper), "{upper}");
        assert_eq!(found.minimum_detectable_change, None);
    }

    #[test]
    fn equal_coarse_times_are_inconclusive_for_a_finer_margin() {
        let (found, _) = compared(&[10.0; 10], &[10.0; 10]);
        assert_eq!(found.verdict, Verdict::Inconclusive);
        // From 1.5 ms to 1.49 ms on the other side of rounding.
        assert_eq!(
            compared(&[1.0; 10], &[2.0; 10]).0.verdict,
            Verdict::Inconclusive
        );
    }

    #[test]
    fn a_change_of_one_step_is_not_detected_and_one_of_many_is() {
        assert_eq!(
            compared(&[40.0; 8], &[41.0; 8]).0.verdict,
            Verdict::Inconclusive
        );
        let (found, _) = compared(&[40.0; 8], &[48.0; 8]);
        assert_eq!(found.verdict, Verdict::Regressed);
        assert!(found.strict_regression);
        assert_eq!(
            compared(&[40.0; 8], &[32.0; 8]).0.verdict,
            Verdict::Improved
        );
    }

    #[test]
    fn a_single_run_in_the_next_step_does_not_make_the_step_finer() {
        let mut after = [10.0; 10];
        after[3] = 11.0;
        let (found, widened) = compared(&[10.0; 10], &after);
        assert!(widened);
        assert_eq!(found.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn runs_that_vary_by_more_than_the_step_are_compared_as_they_are() {
        let before = [280.0, 286.0, 275.0, 283.0, 279.0];
        let after = [281.0, 277.0, 284.0, 280.0, 288.0];
        let (found, widened) = compared(&before, &after);
        assert!(!widened);
        assert!(found.minimum_detectable_change.is_some());
    }
}
