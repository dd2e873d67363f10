//! Mean, spread and shape, checked against formulas, NIST's data and `SciPy`.

#[path = "support/close.rs"]
mod close;
#[path = "support/scattered.rs"]
mod scattered;

use close::assert_close;
use scattered::scattered;
use workbench_statistics::{
    Accumulator, StatisticsError, normal_density, normal_plot, shape, summary,
};

/// 10⁷ + 0.2, then alternately 0.1 below and above it: NIST's `NumAcc4`, of any length.
fn numerical_accuracy(count: usize) -> Vec<f64> {
    let turns = [10_000_000.1, 10_000_000.3].into_iter().cycle();
    [10_000_000.2]
        .into_iter()
        .chain(turns)
        .take(count)
        .collect()
}

#[test]
fn ten_million_values_in_uneven_chunks_lose_no_digits() {
    sums_up_without_loss(10_000_001);
}

#[test]
fn a_hundred_million_values_in_uneven_chunks_lose_no_digits() {
    sums_up_without_loss(100_000_001);
}

fn sums_up_without_loss(count: usize) {
    let period = numerical_accuracy(100_001);
    let mut accumulator = Accumulator::new();
    let add = |accumulator: &mut Accumulator, values| {
        accumulator.add(values).expect("values are finite");
    };
    add(&mut accumulator, &period[..1]);
    // The base value once, followed by whole cycles.
    for _ in 0..count / 100_000 {
        for chunk in period[1..].chunks(4999) {
            add(&mut accumulator, chunk);
        }
    }

    let found = accumulator.summary().expect("there are values");

    assert_eq!(found.count, count);
    assert_eq!(found.mean, 10_000_000.2);
    // The doubles nearest to 10⁷ + .1 and + .3 are not exactly 0.2 apart; their spread is known all the same.
    let half = (10_000_000.3 - 10_000_000.1) / 2.0;
    let expected = half * ((count - 1) as f64 / count as f64).sqrt();
    assert_close(found.population_standard_deviation, expected, 1e-14);
}

#[test]
fn an_arithmetic_series_has_the_mean_and_variance_of_its_formula() {
    let mut accumulator = Accumulator::new();
    for start in 0..1000_u32 {
        let chunk: Vec<f64> = (1..=1000).map(|i| f64::from(1000 * start + i)).collect();
        accumulator.add(&chunk).unwrap();
    }

    let found = accumulator.summary().unwrap();

    assert_eq!(found.mean, 500_000.5);
    let variance: f64 = (1e12 - 1.0) / 12.0;
    assert_close(found.population_standard_deviation, variance.sqrt(), 1e-15);
    assert_eq!((found.min, found.max), (1.0, 1e6));
}

#[test]
fn a_chunk_with_a_nan_is_refused_as_a_whole() {
    let mut accumulator = Accumulator::new();
    accumulator.add(&[1.0, 2.0]).unwrap();
    let before = accumulator;

    let refused = accumulator.add(&[3.0, f64::NAN]);

    assert!(matches!(
        refused,
        Err(StatisticsError::NotFinite { position: 3, .. })
    ));
    assert_eq!(accumulator, before);
}

#[test]
fn equal_values_have_no_spread_in_any_digit() {
    let found = summary(&[0.1; 3001]).unwrap();

    assert_eq!(
        (found.mean, found.population_standard_deviation),
        (0.1, 0.0)
    );
}

#[test]
fn values_whose_squares_overflow_are_refused() {
    assert_eq!(summary(&[1e300, -1e300]), Err(StatisticsError::TooLarge));
    assert_eq!(summary(&[f64::MAX, f64::MAX]).unwrap().mean, f64::MAX);
}

/// `SciPy` 1.17: `scipy.stats.norm.ppf((i - 0.375)/(n + 0.25))`, `skew(bias=False)`, `kurtosis(bias=False)`.
#[test]
fn normal_plot_and_shape_give_scipy_s_answers() {
    let thousand: Vec<f64> = (1..=1000).rev().map(f64::from).collect();
    let plot = normal_plot(&thousand).unwrap();
    assert_close(plot.points[0].0, -3.227_289_945_836_667_5, 1e-9);
    assert_close(plot.points[999].0, 3.227_289_945_836_667_5, 1e-9);
    assert_eq!((plot.points[0].1, plot.points[999].1), (1.0, 1000.0));
    assert_eq!(plot.intercept, 500.5);

    let found = shape(&scattered(50)).unwrap();
    assert_close(found.skewness, 0.350_898_716_863_436_3, 1e-12);
    assert_close(found.excess_kurtosis, -1.135_031_490_534_608_8, 1e-12);
    // SPSS and SAS print these for n = 50.
    assert_close(found.skewness_standard_error, 0.336_601, 1e-5);
    assert_close(found.excess_kurtosis_standard_error, 0.661_908, 1e-5);
}

#[test]
fn a_normal_curve_needs_a_standard_deviation() {
    assert_close(
        normal_density(1.0, 0.0, 1.0).unwrap(),
        0.241_970_724_519_143_37,
        1e-14,
    );
    assert_eq!(
        normal_density(1.0, 0.0, 0.0),
        Err(StatisticsError::NoVariation)
    );
    assert!(normal_density(1.0, 0.0, -1.0).is_err());
    assert!(normal_density(1.0, f64::NAN, 1.0).is_err());
    assert_eq!(shape(&[1.0; 10]), Err(StatisticsError::NoVariation));
}
