//! Quantiles and their intervals, against tables and other programs.

#[path = "support/close.rs"]
mod close;
#[path = "support/scattered.rs"]
mod scattered;

use close::assert_close;
use scattered::scattered;
use workbench_statistics::{
    QuantileInterval, StatisticsError, harrell_davis, harrell_davis_of_sorted,
    needed_for_quantile_interval, quantile_interval, quantile_interval_of_sorted,
};

/// `SciPy` 1.17, `scipy.stats.mstats.hdquantiles`; of 400 values at 0.999, mpmath 1.4 with 30 digits, because
/// `SciPy`'s answer has ten.
#[test]
fn harrell_davis_gives_scipy_s_answers() {
    let ten: Vec<f64> = (1..=10).map(f64::from).collect();
    for (probability, expected) in [
        (0.5, 5.5),
        (0.9, 9.435_115_176_660_437),
        (0.99, 9.972_251_510_606_156),
    ] {
        assert_close(harrell_davis(&ten, probability).unwrap(), expected, 1e-12);
    }
    // With 400 values, all weights are differences of the beta function. With 20,000, integrals are used as well.
    let few = scattered(400);
    for (probability, expected) in [
        (0.5, 1_009.372_706_778_963),
        (0.95, 2_625.289_434_115_875),
        (0.999, 2_816.940_973_918_84),
    ] {
        assert_close(harrell_davis(&few, probability).unwrap(), expected, 1e-12);
    }
    let many = scattered(20_000);
    for (probability, expected) in [
        (0.5, 1_000.993_900_943_216_1),
        (0.95, 2_621.143_134_292_694),
        (0.99, 2_788.324_004_282_847_5),
        (0.999, 2_826.412_162_959_378_3),
    ] {
        assert_close(harrell_davis(&many, probability).unwrap(), expected, 1e-12);
    }
}

/// Of 1, 2, … n the estimate is n times the mean of the beta distribution, p, plus ½ from the steps.
#[test]
fn harrell_davis_of_a_million_ranks_is_that_of_theory() {
    let ranks: Vec<f64> = (1..=1_000_000).map(f64::from).collect();

    for probability in [0.01, 0.5, 0.95, 0.999] {
        let found = harrell_davis_of_sorted(&ranks, probability).unwrap();

        assert_close(found, 1e6 * probability + 0.5, 1e-12);
    }
}

/// Response times in ms with nothing between 7 and 1502.
#[test]
fn harrell_davis_mixes_two_separate_clusters_where_the_quantile_is_at_their_border() {
    let mut times: Vec<f64> = (0..950).map(|i| 2.0 + f64::from(i % 6)).collect();
    times.extend([1502.0; 50]);

    let border = harrell_davis(&times, 0.95).unwrap();

    assert!((100.0..1400.0).contains(&border), "{border}");
    assert_close(harrell_davis(&times, 0.99).unwrap(), 1502.0, 1e-6);
}

#[test]
fn median_intervals_have_the_ranks_of_the_tables() {
    // J.-Y. Le Boudec, Performance Evaluation, table A.1.
    for (count, ranks, confidence) in [
        (6, (1, 6), 0.96875),
        (10, (2, 9), 0.978_515_625),
        (20, (6, 15), 0.958_610_534_667_968_8),
    ] {
        let values: Vec<f64> = (1..=count).map(f64::from).collect();
        let found = quantile_interval(&values, 0.5, 0.95, f64::from(count)).unwrap();

        assert_eq!((found.lower_rank, found.upper_rank), ranks);
        assert_close(found.interval.confidence, confidence, 1e-14);
    }
}

/// `SciPy` 1.17, `scipy.stats.binom(n, p)`: the largest rank with cdf(rank − 1) ≤ 2.5% and the smallest with
/// sf(rank − 1) ≤ 2.5%.
#[test]
fn quantile_intervals_have_the_ranks_of_the_binomial_distribution() {
    for (count, probability, ranks) in [
        (73, 0.95, (65, 73)),
        (1000, 0.5, (469, 532)),
        (1000, 0.99, (983, 997)),
        (100_000, 0.99, (98_938, 99_062)),
        (1_000_000, 0.95, (949_572, 950_428)),
    ] {
        let values: Vec<f64> = (1..=count).map(f64::from).collect();
        let found =
            quantile_interval_of_sorted(&values, probability, 0.95, f64::from(count)).unwrap();

        assert_eq!((found.lower_rank, found.upper_rank), ranks);
        assert!(found.interval.confidence >= 0.95);
        assert!(found.below <= 0.025 && found.above <= 0.025, "{found:?}");
    }
}

#[test]
fn a_quantile_below_its_existence_floor_is_refused_with_what_is_needed() {
    for (probability, needed) in [(0.5, 6), (0.05, 59), (0.95, 59), (0.99, 299), (0.999, 2995)] {
        assert_eq!(needed_for_quantile_interval(probability, 0.95), Ok(needed));
        let values = vec![1.0; 5000];
        let enough = quantile_interval(&values, probability, 0.95, needed as f64);
        let refused = quantile_interval(&values, probability, 0.95, needed as f64 - 0.5);

        assert!(enough.unwrap().interval.confidence >= 0.95);
        let error = refused.unwrap_err();
        assert_eq!(
            error,
            StatisticsError::TooFewEffectiveValues {
                needed,
                found: needed - 1
            }
        );
        assert!(
            error
                .to_string()
                .contains(&format!("{needed} independent values"))
        );
    }
    // An effective sample size is limited by the number of values.
    assert!(quantile_interval(&[1.0; 10], 0.95, 0.95, 1e9).is_err());
    assert!(quantile_interval(&[1.0; 10], 0.5, 0.95, f64::NAN.max(0.0)).is_err());
}

#[test]
fn dependent_values_get_the_ranks_of_fewer_values_at_the_same_levels() {
    let values: Vec<f64> = (1..=2099).map(f64::from).collect();

    let all = quantile_interval(&values, 0.5, 0.95, 2099.0).unwrap();
    let few = quantile_interval(&values, 0.5, 0.95, 20.0).unwrap();

    // Ranks 6 and 15 of 20, a hundred to one.
    assert_eq!((few.lower_rank, few.upper_rank), (600, 1500));
    assert_eq!(few.effective_count, 20);
    let width = |found: QuantileInterval| found.interval.upper - found.interval.lower;
    assert!(width(all) < width(few));
}
