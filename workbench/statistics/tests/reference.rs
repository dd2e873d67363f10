//! Published data sets and the results of other programs.

use workbench_statistics::{
    MeanEstimate, StatisticsError, quantile, quantile_of_sorted, resampled_means, summary, welch,
    welch_from_estimates,
};

/// Number of correct significant digits, as defined for NIST's Statistical Reference Datasets.
fn correct_digits(found: f64, certified: f64) -> f64 {
    if found == certified {
        15.0
    } else {
        -((found - certified) / certified).abs().log10()
    }
}

/// NIST's `NumAcc2`, 3 and 4: the base, then 500 times 0.1 below and 0.1 above it.
fn numerical_accuracy(base: f64, below: f64, above: f64) -> Vec<f64> {
    let mut values = vec![base];
    for _ in 0..500 {
        values.extend([below, above]);
    }
    values
}

#[test]
fn summary_gives_the_certified_values_of_nist_numacc1() {
    let summary = summary(&[10_000_001.0, 10_000_003.0, 10_000_002.0]).unwrap();

    assert_eq!(summary.mean, 10_000_002.0);
    assert_eq!(summary.sample_standard_deviation, Some(1.0));
    assert_eq!((summary.min, summary.max), (10_000_001.0, 10_000_003.0));
}

#[test]
fn summary_gives_the_certified_values_of_nist_numacc2_to_4() {
    let sets = [
        (1.2, numerical_accuracy(1.2, 1.1, 1.3), 14.0),
        (
            1_000_000.2,
            numerical_accuracy(1_000_000.2, 1_000_000.1, 1_000_000.3),
            9.0,
        ),
        (
            10_000_000.2,
            numerical_accuracy(10_000_000.2, 10_000_000.1, 10_000_000.3),
            8.0,
        ),
    ];
    // More digits than the last column says are not in the values: a double near 10⁷ is 2·10⁻⁹ wide.
    for (mean, values, digits) in sets {
        let summary = summary(&values).unwrap();
        let deviation = summary.sample_standard_deviation.unwrap();

        assert!(correct_digits(summary.mean, mean) >= 14.0, "{summary:?}");
        assert!(correct_digits(deviation, 0.1) >= digits, "{summary:?}");
    }
}

#[test]
fn population_and_sample_deviation_differ_by_their_divisor() {
    let summary = summary(&[1.0, 3.0]).unwrap();

    assert_eq!(summary.population_standard_deviation, 1.0);
    assert_eq!(summary.sample_standard_deviation, Some(2.0_f64.sqrt()));
    assert_eq!(summary.standard_error(), Some(1.0));
}

#[test]
fn a_single_value_has_no_sample_deviation() {
    let summary = summary(&[5.0]).unwrap();

    assert_eq!(summary.population_standard_deviation, 0.0);
    assert_eq!(summary.sample_standard_deviation, None);
    assert_eq!(summary.standard_error(), None);
}

#[test]
fn no_values_and_values_that_are_no_numbers_are_refused() {
    let too_few = StatisticsError::TooFewValues {
        needed: 1,
        found: 0,
    };
    assert_eq!(summary(&[]), Err(too_few.clone()));
    assert_eq!(quantile(&[], 0.5), Err(too_few.clone()));
    assert_eq!(quantile_of_sorted(&[], 0.5), Err(too_few.clone()));
    assert_eq!(resampled_means(&[], 50, 1000, 1, 0), Err(too_few));

    let infinite = [1.0, f64::INFINITY];
    let not_finite = StatisticsError::NotFinite {
        position: 1,
        value: f64::INFINITY,
    };
    assert_eq!(summary(&infinite), Err(not_finite.clone()));
    assert_eq!(quantile(&infinite, 0.5), Err(not_finite.clone()));
    assert_eq!(
        resampled_means(&infinite, 50, 1000, 1, 0),
        Err(not_finite.clone())
    );
    assert_eq!(welch(&infinite, &[1.0, 2.0], 0.95), Err(not_finite));
    assert!(quantile_of_sorted(&infinite, 0.5).is_err());
    assert!(summary(&[f64::NAN]).is_err());
}

#[test]
fn quantiles_are_those_of_numpy() {
    // NumPy: quantile([15, 20, 35, 40, 50], …), whose method "linear" is type 7
    let values = [40.0, 15.0, 50.0, 20.0, 35.0];
    let expected = [
        (0.0, 15.0),
        (0.05, 16.0),
        (0.3, 23.0),
        (0.4, 29.0),
        (0.5, 35.0),
        (0.95, 48.0),
        (1.0, 50.0),
    ];
    for (probability, answer) in expected {
        let found = quantile(&values, probability).unwrap();
        assert!((found - answer).abs() < 1e-12, "{probability}: {found}");
    }
}

#[test]
fn a_probability_outside_0_to_1_is_refused() {
    for probability in [-0.01, 1.01, 95.0, f64::NAN] {
        assert!(matches!(
            quantile(&[1.0], probability),
            Err(StatisticsError::ImpossibleProbability { .. })
        ));
    }
}

/// Response times in ms with nothing between 7 and 1502 (gatling #4715, which printed 1072 as the 95th
/// percentile of such a set).
#[test]
fn the_95th_percentile_of_two_separate_clusters_lies_in_a_cluster() {
    let mut times: Vec<f64> = (0..940).map(|i| 2.0 + f64::from(i % 6)).collect();
    times.extend([1502.0; 60]);

    assert_eq!(quantile(&times, 0.95).unwrap(), 1502.0);
    assert_eq!(quantile(&times, 0.93).unwrap(), 7.0);
}

/// R's data set `sleep` and its `t.test(extra ~ group)`.
#[test]
fn welch_gives_r_s_answer_for_the_sleep_data() {
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    let test = welch(&first, &second, 0.95).unwrap();

    assert!((test.t + 1.860_813).abs() < 1e-6, "{test:?}");
    assert!(
        (test.degrees_of_freedom - 17.776_474).abs() < 1e-6,
        "{test:?}"
    );
    assert!((test.p - 0.079_394_1).abs() < 1e-7, "{test:?}");
    assert!((test.interval.lower + 3.365_483).abs() < 1e-6, "{test:?}");
    assert!((test.interval.upper - 0.205_483).abs() < 1e-6, "{test:?}");
}

/// Figure 54 of the student report: its means and standard errors of 1,000 means each. The t values that it prints
/// (−155.4008, −94.1281, −196.2082) do not follow from them.
#[test]
fn welch_on_the_published_means_and_errors_does_not_give_the_published_t() {
    let published = [(168.2088, 2.4462), (563.1481, 4.7189), (1015.5730, 7.6377)].map(
        |(mean, standard_error)| MeanEstimate {
            mean,
            standard_error,
            count: 1000,
        },
    );
    let pairs = [
        (0, 1, -74.30, -155.4008),
        (1, 2, -50.39, -94.1281),
        (0, 2, -105.66, -196.2082),
    ];
    for (a, b, expected, printed) in pairs {
        let test = welch_from_estimates(published[a], published[b], 0.95).unwrap();

        assert!((test.t - expected).abs() < 0.005, "{test:?}");
        assert!((test.t - printed).abs() > 40.0, "{test:?}");
        assert!(test.p < 1e-100, "{test:?}");
        assert!(test.interval.upper < 0.0, "{test:?}");
    }
}

#[test]
fn groups_without_variation_cannot_be_tested() {
    assert_eq!(
        welch(&[1.0, 1.0], &[2.0, 2.0], 0.95),
        Err(StatisticsError::NoVariation)
    );
    assert_eq!(
        welch(&[1.0], &[2.0, 3.0], 0.95),
        Err(StatisticsError::TooFewValues {
            needed: 2,
            found: 1
        })
    );
}

#[test]
fn resampled_means_are_the_same_on_every_machine() {
    // Computed by an independent implementation of the published algorithms of xoshiro256++ and SplitMix64.
    let values: Vec<f64> = (1..=100).map(f64::from).collect();
    let expected = [
        [47.0, 42.26, 52.5, 44.0],
        [56.56, 53.28, 47.44, 45.36],
        [48.12, 48.54, 47.96, 46.08],
    ];
    for (stream, means) in (0..).zip(expected) {
        assert_eq!(resampled_means(&values, 50, 4, 3, stream).unwrap(), means);
    }
}

#[test]
fn resampled_means_spread_as_the_central_limit_theorem_says() {
    let values: Vec<f64> = (0..10_000).map(|i| f64::from(i % 100)).collect();
    let raw = summary(&values).unwrap();

    let means = resampled_means(&values, 50, 1000, 54, 0).unwrap();

    let drawn = summary(&means).unwrap();
    let expected = raw.population_standard_deviation / 50.0_f64.sqrt();
    let standard_error = expected / 1000.0_f64.sqrt();
    assert!((drawn.mean - raw.mean).abs() < 4.0 * standard_error);
    // The standard deviation of 1,000 normal values has a relative standard error of 1/√2000.
    let deviation = drawn.sample_standard_deviation.unwrap();
    assert!((deviation / expected - 1.0).abs() < 4.0 / 2000.0_f64.sqrt());
}
