//! Warm-up, autocorrelation and batch means, checked against definitions and certified values.

#[path = "support/close.rs"]
mod close;

use close::assert_close;
use workbench_statistics::{
    BatchWarning, StatisticsError, autocorrelation, batch_means, effective_count_of_quantile,
    late_change, summary, warm_up,
};

/// NIST's certified values.
#[test]
fn autocorrelation_gives_the_certified_values_of_nist_numacc() {
    assert_eq!(
        autocorrelation(&[10_000_001.0, 10_000_003.0, 10_000_002.0], 1),
        Ok(-0.5)
    );
    for (base, digits) in [(1.2, 1e-13), (1_000_000.2, 1e-8), (10_000_000.2, 1e-7)] {
        let turns = [base - 0.1, base + 0.1].into_iter().cycle();
        let values: Vec<f64> = [base].into_iter().chain(turns).take(1001).collect();

        assert_close(autocorrelation(&values, 1).unwrap(), -0.999, digits);
    }
}

#[test]
fn autocorrelation_needs_values_that_vary_and_reach_the_lag() {
    assert_eq!(
        autocorrelation(&[2.0; 5], 1),
        Err(StatisticsError::NoVariation)
    );
    assert_eq!(
        autocorrelation(&[1.0, 2.0], 2),
        Err(StatisticsError::TooFewValues {
            needed: 3,
            found: 2
        })
    );
    assert_eq!(autocorrelation(&[1.0, 2.0, 4.0], 0), Ok(1.0));
}

#[test]
fn warm_up_is_what_the_definition_says() {
    // Batch means 9, 7, 1, 1, 2, 1, 2, …: the criterion is smallest without the first two.
    let means = [9.0, 7.0]
        .into_iter()
        .chain([1.0, 1.0, 2.0].into_iter().cycle());
    let values: Vec<f64> = means.take(30).flat_map(|mean| [mean; 5]).collect();

    let found = warm_up(&values).unwrap();

    assert_eq!(
        (found.discard, found.at_bound, found.batches),
        (10, false, 30)
    );
    assert_eq!(found.steady_from(), Some(10));
    let by_definition = |cut: usize| {
        let kept: Vec<f64> = values.iter().step_by(5).skip(cut).copied().collect();
        let spread = summary(&kept).unwrap().population_standard_deviation;
        spread * spread / kept.len() as f64
    };
    assert_close(found.minimum, by_definition(2), 1e-12);
    assert!((0..=15).all(|cut| by_definition(cut) >= found.minimum * (1.0 - 1e-12)));
}

#[test]
fn a_series_that_never_settles_has_no_steady_state() {
    let growing: Vec<f64> = (0..500).map(f64::from).collect();

    let found = warm_up(&growing).unwrap();

    assert!(found.at_bound);
    assert_eq!(found.steady_from(), None);
}

#[test]
fn equal_values_are_steady_from_the_start() {
    assert_eq!(warm_up(&[3.0; 100]).unwrap().steady_from(), Some(0));
    assert!(warm_up(&[3.0; 99]).is_err());
}

#[test]
fn repeated_values_count_once() {
    // Each value ten times in a row: τ is 10.
    let noise = |i: u32| f64::from(i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 20);
    let values: Vec<f64> = (0..30_000).map(|i| noise(i / 10)).collect();

    let found = batch_means(&values, 0.95).unwrap();

    assert_eq!((found.batches, found.batch_size), (30, 1000));
    assert_eq!(found.mean, summary(&values).unwrap().mean);
    assert!(
        (5.0..15.0).contains(&found.autocorrelation_factor),
        "{found:?}"
    );
    assert_close(
        found.effective_count * found.autocorrelation_factor,
        30_000.0,
        1e-12,
    );
    assert!(!found.warnings.contains(&BatchWarning::ShortBatches));
    let of_median = effective_count_of_quantile(&values, 0.5).unwrap();
    assert!((2000.0..6000.0).contains(&of_median), "{of_median}");
}

#[test]
fn dependence_as_long_as_the_run_is_refused() {
    let drift: Vec<f64> = (0..1000).map(|i| f64::from(i) + f64::from(i % 7)).collect();

    let refused = batch_means(&drift, 0.95).unwrap_err();

    assert!(
        matches!(refused, StatisticsError::TooDependent { correlation, .. } if correlation > 0.8),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("longer measurement"));
}

#[test]
fn batches_that_hold_little_more_than_the_dependence_are_warned_of() {
    // Each value 20 times in a row, and 30 batches of 40.
    let noise = |i: u32| f64::from(i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 20);
    let values: Vec<f64> = (0..1200).map(|i| noise(i / 20)).collect();

    let found = batch_means(&values, 0.95).unwrap();

    assert!(
        found.warnings.contains(&BatchWarning::ShortBatches),
        "{found:?}"
    );
}

#[test]
fn too_short_or_constant_series_have_no_batch_means() {
    let short: Vec<f64> = (0..199).map(f64::from).collect();
    assert_eq!(
        batch_means(&short, 0.95),
        Err(StatisticsError::TooFewValues {
            needed: 200,
            found: 199
        })
    );
    assert_eq!(
        batch_means(&[1.0; 500], 0.95),
        Err(StatisticsError::NoVariation)
    );
}

#[test]
fn ties_at_the_quantile_still_have_an_effective_sample_size() {
    // A tenth of the values is lower, all others are equal: every quantile above 10% is the maximum.
    let values: Vec<f64> = (0..2000)
        .map(|i| if i % 10 == 0 { 1.0 } else { 2.0 })
        .collect();

    assert_eq!(effective_count_of_quantile(&values, 0.95), Ok(2000.0));
}

/// Pseudo-random numbers between 0 and 1.
fn noise(i: usize) -> f64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

fn levels(count: usize, level: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..count)
        .map(|i| level(i) * (1.0 + 0.1 * noise(i)))
        .collect()
}

fn late_change_at(count: usize, level: impl Fn(usize) -> f64) -> Option<usize> {
    let found = late_change(&levels(count, level)).expect("there are enough values");
    found.map(|found| found.at)
}

#[test]
fn a_late_change_is_given_with_its_place_and_size() {
    for (at, factor) in [(180, 2.0), (180, 0.5), (210, 1.3), (270, 1.1)] {
        let series = levels(300, |i| if i < at { 10.0 } else { 10.0 * factor });

        let found = late_change(&series).unwrap().unwrap();

        assert!(found.at.abs_diff(at) <= 3, "{found:?} instead of {at}");
        assert!((found.relative() + 1.0 - factor).abs() < 0.03, "{found:?}");
        assert!((found.before - 10.5).abs() < 0.2, "{found:?}");
        // The unit does not matter.
        let in_other_unit: Vec<f64> = series.iter().map(|value| 1e-9 * value).collect();
        assert_eq!(late_change(&in_other_unit).unwrap().unwrap().at, found.at);
    }
}

#[test]
fn changes_that_are_early_small_short_or_recovered_are_no_late_changes() {
    assert_eq!(late_change_at(300, |_| 10.0), None);
    // Early, or late enough before the end to be small.
    assert_eq!(
        late_change_at(300, |i| if i < 140 { 30.0 } else { 10.0 }),
        None
    );
    assert_eq!(
        late_change_at(300, |i| if i < 200 { 10.0 } else { 11.0 }),
        None
    );
    assert_eq!(
        late_change_at(300, |i| if i < 280 { 10.0 } else { 10.3 }),
        None
    );
    // Single values, one of them the last.
    assert_eq!(
        late_change_at(300, |i| if i % 97 == 8 { 100.0 } else { 10.0 }),
        None
    );
    assert_eq!(
        late_change_at(300, |i| if i == 299 { 100.0 } else { 10.0 }),
        None
    );
    // Back at the former level before the last sixth.
    let slow = |i: usize| (150..220).contains(&i);
    assert_eq!(
        late_change_at(300, |i| if slow(i) { 30.0 } else { 10.0 }),
        None
    );
}

#[test]
fn a_level_that_is_new_is_a_late_change_whatever_the_warm_up_was() {
    let level = |i: usize| match i {
        0..20 => 20.0,
        20..200 => 10.0,
        _ => 20.0,
    };
    assert!(late_change_at(300, level).is_some_and(|at| at.abs_diff(200) <= 3));
    assert!(late_change_at(300, |i| if i < 260 { 10.0 } else { 11.0 }).is_some());
    // Less than a sixth at the last level, even if it is not a new level.
    assert!(late_change_at(300, |i| if (230..270).contains(&i) { 20.0 } else { 10.0 }).is_some());
}

#[test]
fn levels_that_recur_are_the_usual_course_of_a_series() {
    let rises = |length: usize| move |i: usize| if i % 60 < length { 20.0 } else { 10.0 };
    // Short ones, and longer ones where the last is over before the last sixth.
    assert_eq!(late_change_at(600, rises(2)), None);
    assert_eq!(
        late_change_at(540 + 120, |i| if i < 540 { rises(20)(i) } else { 10.0 }),
        None
    );
    assert!(late_change_at(600, |i| if i > 540 { 20.0 } else { 10.0 }).is_some());
}

#[test]
fn a_late_change_takes_fifty_positive_values() {
    assert_eq!(
        late_change(&[1.0; 49]),
        Err(StatisticsError::TooFewValues {
            needed: 50,
            found: 49
        })
    );
    assert_eq!(late_change(&[1.0; 50]), Ok(None));
    let mut values = [1.0; 50];
    values[7] = 0.0;
    assert_eq!(
        late_change(&values),
        Err(StatisticsError::NotPositive {
            position: 7,
            value: 0.0
        })
    );
    // Without any noise.
    let exact: Vec<f64> = (0..100).map(|i| if i < 60 { 10.0 } else { 20.0 }).collect();
    assert_eq!(late_change(&exact).unwrap().map(|it| it.at), Some(60));
}
