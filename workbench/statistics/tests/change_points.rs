//! Change points of published, simulated and transformed series.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../examples/change_points/otava.rs"]
mod otava;
#[expect(dead_code, reason = "other simulations need the rest")]
#[path = "../examples/calibration/simulations/random.rs"]
mod random;
#[expect(dead_code, reason = "its tables need the rest")]
#[path = "../examples/change_points/simulate.rs"]
mod simulate;
#[expect(dead_code, reason = "other simulations need the rest")]
#[path = "../examples/calibration/simulations/trials.rs"]
mod trials;

use proptest::prelude::*;
use simulate::{Finder, Noise, alarms, found, step};
use workbench_statistics::{StatisticsError, change_points, fewest_for_change_points};

fn tigerbeetle() -> Vec<f64> {
    let lines = include_str!("change_points/tigerbeetle.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(|value| value.parse().unwrap())
        .collect()
}

/// At a level of 1%.
fn places(values: &[f64]) -> Vec<usize> {
    let found = change_points(values, 0.01, 1).unwrap();
    found.into_iter().map(|change| change.at).collect()
}

#[test]
fn the_change_points_of_a_published_series_are_those_that_otava_expects() {
    let logarithms: Vec<f64> = tigerbeetle().iter().map(|value| value.ln()).collect();
    // test_tb_magnitude0_p001 of apache/otava.
    let expected = [15, 61, 71, 95, 117, 131, 142, 148, 192, 212, 260];
    assert_eq!(places(&logarithms), expected);
}

#[test]
fn the_algorithm_that_is_compared_with_is_the_published_one() {
    // Every answer of tests/tigerbeetle_test.py of apache/otava with at most 14 change points.
    for (max_p, min_magnitude, expected) in [
        (0.01, 0.05, &[15, 71][..]),
        (0.05, 0.05, &[15, 71]),
        (0.1, 0.05, &[10, 11, 15, 71, 363]),
        (0.2, 0.05, &[10, 11, 15, 71]),
        (
            0.01,
            0.0,
            &[
                15, 26, 61, 71, 95, 117, 131, 142, 148, 165, 169, 192, 212, 260,
            ],
        ),
        (
            0.001,
            0.0,
            &[15, 61, 71, 95, 117, 131, 142, 148, 192, 212, 260],
        ),
        (0.0001, 0.0, &[71, 95, 117, 131, 142, 148, 192, 212]),
        (0.00001, 0.0, &[71, 95, 131, 192, 212]),
    ] {
        let options = otava::Options {
            window: 30,
            max_p,
            min_magnitude,
        };
        let found = otava::change_points(&tigerbeetle(), options);
        assert_eq!(found, expected, "{options:?}");
    }
}

/// The values of `parts`, each repeated.
fn levels(parts: &[(usize, f64)]) -> Vec<f64> {
    let parts = parts.iter();
    parts
        .flat_map(|(count, value)| std::iter::repeat_n(*value, *count))
        .collect()
}

#[test]
fn series_with_known_answers_are_divided_where_these_say() {
    // tests/test_detection.py and test_e_divisive.py of mongodb/signal-processing-algorithms at commit aec099a.
    for (parts, expected) in [
        (&[(1000, 0.0), (1000, 1.0)][..], &[1000][..]),
        (&[(15, 50.0), (15, 100.0)], &[15]),
        (&[(14, 50.0), (1, 74.0), (15, 100.0)], &[15]),
        (&[(14, 50.0), (1, 76.0), (15, 100.0)], &[14]),
        (&[(2, 50.0), (1, 100.0), (12, 50.0), (15, 100.0)], &[15]),
        (
            &[(2, 50.0), (1, 100.0), (12, 50.0), (15, 100.0), (15, 150.0)],
            &[15, 30],
        ),
        (&[(30, 50.0)], &[]),
        (&[(100, 0.0), (100, 1.0), (100, 20.0)], &[100, 200]),
    ] {
        assert_eq!(places(&levels(parts)), expected, "{parts:?}");
    }
    // Levels drawn from 1 to 50, 60 to 120, and 150 to 250.
    let drawn: [f64; 60] = [
        41., 18., 23., 3., 32., 11., 40., 13., 29., 48., 47., 35., 18., 21., 6., 2., 23., 3., 4.,
        7., 120., 103., 102., 81., 71., 62., 115., 61., 108., 63., 70., 98., 65., 96., 64., 74.,
        70., 113., 90., 114., 208., 196., 153., 150., 225., 179., 206., 165., 177., 151., 218.,
        217., 244., 245., 229., 195., 225., 229., 176., 250.,
    ];
    assert_eq!(places(&drawn), [20, 40]);
}

#[test]
fn a_change_that_was_taken_back_is_found_at_both_ends() {
    let mut series = levels(&[(45, 100.0), (10, 104.0), (45, 100.0)]);
    for (index, value) in series.iter_mut().enumerate() {
        *value += (index * index % 11) as f64 / 5.0;
    }
    assert_eq!(places(&series), [45, 55]);
}

#[test]
fn one_or_two_disturbed_values_are_no_change() {
    for disturbed in [1, 2] {
        for first in [0, 20, 40 - disturbed] {
            let mut series: Vec<f64> = (0..40).map(|i| 100.0 + f64::from(i * i % 11)).collect();
            series[first..first + disturbed].fill(300.0);
            assert_eq!(places(&series), [0; 0], "{disturbed} from {first}");
        }
    }
}

#[test]
fn too_few_values_are_refused_and_enough_of_them_can_show_a_change() {
    let fewest = fewest_for_change_points(0.01).unwrap();
    let series = levels(&[(fewest / 2, 1.0), (fewest - fewest / 2, 2.0)]);
    assert_eq!(places(&series), [fewest / 2]);
    assert_eq!(
        change_points(&series[1..], 0.01, 1),
        Err(StatisticsError::TooFewValues {
            needed: 11,
            found: 10
        })
    );
    assert_eq!(fewest_for_change_points(0.05), Ok(9));
    assert_eq!(fewest_for_change_points(0.5), Ok(6));
    for level in [0.0, 1.0, f64::NAN] {
        assert!(change_points(&series, level, 1).is_err(), "{level}");
    }
    let mut broken = series;
    broken[3] = f64::NAN;
    assert!(matches!(
        change_points(&broken, 0.01, 1),
        Err(StatisticsError::NotFinite { position: 3, .. })
    ));
}

#[test]
fn histories_without_a_change_alarm_at_their_level_whatever_their_distribution() {
    for noise in [Noise::Normal, Noise::HeavyTails, Noise::Outliers] {
        for (level, count) in [(0.01, 30), (0.05, 30)] {
            let found = alarms(Finder::Ours(level), noise, count, 1000);
            let most = level + 3.0 * found.standard_error(level);
            assert!(found.rate() <= most, "{noise:?} {level}: {found}");
        }
    }
    // A level that is never reached would be no level.
    let found = alarms(Finder::Ours(0.05), Noise::Normal, 30, 1000);
    assert!(found.rate() > 0.02, "{found}");
}

#[test]
fn changes_of_five_deviations_are_found() {
    for (count, at) in [(20, 10), (50, 25), (50, 47)] {
        let found = found(
            Finder::Ours(0.01),
            Noise::Normal,
            &step(count, at, 5.0),
            200,
        );
        assert!(found.all.rate() > 0.95, "{at} of {count}: {found:?}");
        assert!(found.other.rate() < 0.05, "{at} of {count}: {found:?}");
        assert!(found.covered.rate() > 0.85, "{at} of {count}: {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn change_points_stay_where_they_are_in_other_units(
        values in proptest::collection::vec(-1e3..1e3_f64, 11..40),
        step in -1e4..1e4_f64,
        // Powers of two scale without rounding.
        exponent in -20..20_i32,
    ) {
        let mut series = values;
        let half = series.len() / 2;
        for value in &mut series[half..] {
            *value += step;
        }
        let scaled: Vec<f64> = series.iter().map(|value| value * 2.0_f64.powi(exponent)).collect();
        prop_assert_eq!(change_points(&series, 0.05, 7), change_points(&scaled, 0.05, 7));
        prop_assert_eq!(change_points(&series, 0.05, 7), change_points(&series, 0.05, 7));
        for change in change_points(&series, 0.05, 7).unwrap() {
            prop_assert!((3..=series.len() - 3).contains(&change.at));
            prop_assert!(change.p > 0.0 && change.p <= 0.025);
        }
    }
}
