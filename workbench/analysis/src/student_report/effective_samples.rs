//! The effective sample size of a run, and the false alarm rate of the student report's test on its data.

use workbench_statistics::{
    ResampledTest, StatisticsError, batch_means, clopper_pearson, false_alarm_rate,
};

use super::comparison::{ALPHA, RESAMPLES, SAMPLE_SIZE, SEED};
use crate::model::{EffectiveSamples, FalseAlarms, RunAnalysis, Scope};
use crate::observe::ElapsedInOrder;

/// With 100 trials the interval has about ten percentage points on either side; they take 0.3 s for 10 million
/// requests.
const TRIALS: u32 = 100;
const CONFIDENCE: f64 = 0.95;

/// Blocks are at least this many times the autocorrelation factor long, and a run must hold at least [`LEAST_BLOCKS`]
/// of them.
const FACTORS_PER_BLOCK: f64 = 4.0;
const LEAST_BLOCKS: usize = 10;

/// The effective sample size of a run.
///
/// The false alarm rate is that of the hold: ramps are the same in every run of an experiment, and blocks of them in another
/// order would make runs that cannot be. Without a hold there is none.
pub(crate) fn effective_samples(run: &RunAnalysis, in_order: &ElapsedInOrder) -> EffectiveSamples {
    let mut found = dependence(run, &in_order.all_ns);
    let steady = run.steady.as_ref();
    if steady.is_some_and(|steady| steady.scope == Scope::Hold) {
        let held = &in_order.all_ns[in_order.steady.clone()];
        found.false_alarms = false_alarms(held, found.autocorrelation_factor).ok();
    }
    found
}

/// The requests of the steady part, their τ and effective sample size; of the whole run if those of the steady part are
/// unknown.
fn dependence(run: &RunAnalysis, elapsed_ns: &[f64]) -> EffectiveSamples {
    let (requests, known, note) = if let Some(steady) = &run.steady
        && let total = &steady.total
        && let Some(known) = total.autocorrelation_factor.zip(total.effective_samples)
    {
        let part = match steady.scope {
            Scope::Hold => "the steady part: all users there, after the warm-up",
            Scope::WholeRun => "the whole run after the warm-up",
        };
        (total.samples, Some(known), format!("of {part}"))
    } else {
        let requests = elapsed_ns.len() as u64;
        match batch_means(elapsed_ns, CONFIDENCE) {
            Ok(found) => {
                let known = (found.autocorrelation_factor, found.effective_count);
                (
                    requests,
                    Some(known),
                    "of the whole run, ramps included".to_owned(),
                )
            }
            Err(error) => (requests, None, format!("unknown: {error}")),
        }
    };
    EffectiveSamples {
        requests,
        autocorrelation_factor: known.map(|(factor, _)| factor),
        effective_samples: known.map(|(_, count)| count),
        note,
        false_alarms: None,
    }
}

fn false_alarms(elapsed_ns: &[f64], factor: Option<f64>) -> Result<FalseAlarms, StatisticsError> {
    let test = ResampledTest {
        sample_size: SAMPLE_SIZE,
        resamples: RESAMPLES,
        alpha: ALPHA,
    };
    let block = block_length(elapsed_ns.len(), factor);
    let found = false_alarm_rate(elapsed_ns, test, block, TRIALS, SEED)?;
    let rate = clopper_pearson(found.alarms.into(), found.trials.into(), CONFIDENCE)?;
    Ok(FalseAlarms {
        trials: found.trials,
        alarms: found.alarms,
        rate: found.rate,
        interval: rate.interval.into(),
        nominal: found.nominal,
        block_length: found.block_length as u64,
        seed: SEED,
    })
}

/// √n, or more for stronger autocorrelation, as long as the run holds enough such blocks.
fn block_length(requests: usize, factor: Option<f64>) -> usize {
    let usual = (requests as f64).sqrt();
    let dependent = factor.map_or(0.0, |factor| FACTORS_PER_BLOCK * factor);
    let longest = (requests / LEAST_BLOCKS).max(1);
    (usual.max(dependent).round() as usize).clamp(1, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AR(1) with this correlation, around a second.
    fn dependent(requests: u32, correlation: f64) -> Vec<f64> {
        let mut state = 1_u64;
        let mut deviation = 0.0;
        (0..requests)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let noise = (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
                deviation = correlation * deviation + noise;
                1e9 + 1e8 * deviation
            })
            .collect()
    }

    #[test]
    fn blocks_are_as_long_as_the_root_and_longer_where_requests_depend_on_each_other() {
        assert_eq!(block_length(10_000, None), 100);
        assert_eq!(block_length(10_000, Some(1.0)), 100);
        assert_eq!(block_length(10_000, Some(50.0)), 200);
        assert_eq!(block_length(10_000, Some(1e6)), 1000);
        assert_eq!(block_length(4, None), 1);
    }

    /// The published rates, of 2,000 trials each, are 44 % and 84 %; they are those of two runs simulated anew.
    #[test]
    fn the_test_alarms_about_as_often_as_published_on_runs_of_10000_requests() {
        for (correlation, published) in [(0.0, 0.44), (0.9, 0.84)] {
            let values = dependent(10_000, correlation);
            let factor = batch_means(&values, CONFIDENCE)
                .unwrap()
                .autocorrelation_factor;
            let found = false_alarms(&values, Some(factor)).unwrap();
            let ConfidenceRange(lower, upper) = range(&found);
            assert!(
                (lower - 0.05..=upper + 0.05).contains(&published),
                "{correlation}: {found:?}"
            );
        }
    }

    struct ConfidenceRange(f64, f64);

    fn range(found: &FalseAlarms) -> ConfidenceRange {
        let upper = found.interval.upper.unwrap_or(1.0);
        ConfidenceRange(found.interval.lower, upper)
    }

    #[test]
    fn a_run_of_one_request_has_no_rate() {
        assert!(false_alarms(&[1e6], None).is_err());
    }
}
