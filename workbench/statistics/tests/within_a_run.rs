//! Answers about one run's samples that are known from theory, published data or other programs.

use workbench_statistics::{
    Accumulator, BatchWarning, StatisticsError, autocorrelation, batch_means,
    effective_count_of_quantile, harrell_davis, harrell_davis_of_sorted,
    needed_for_quantile_interval, normal_density, normal_plot, quantile_interval,
    quantile_interval_of_sorted, shape, summary, warm_up,
};

fn assert_close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= relative * expected.abs(),
        "{found} is not {expected}"
    );
}

/// Numbers between 0 and 2,829 without order, for which the comments say how Python makes them.
fn scattered(count: u32) -> Vec<f64> {
    // v = ((i*7919) % 20011)**1.5/1000 for i in 1..=count
    (1..=count)
        .map(|i| f64::from(i * 7919 % 20_011).powf(1.5) / 1000.0)
        .collect()
}

/// 10⁷ + 0.2, then 0.1 below and above it by turns: NIST's `NumAcc4`, of any length.
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

/// `cargo test --release -p workbench-statistics -- --ignored`
#[test]
#[ignore = "takes 100 million values"]
fn a_hundred_million_values_in_uneven_chunks_lose_no_digits() {
    sums_up_without_loss(100_000_001);
}

fn sums_up_without_loss(count: usize) {
    let period = numerical_accuracy(100_001);
    let mut accumulator = Accumulator::new();
    accumulator.add(&period[..1]).unwrap();
    // The base once, and then nothing but whole turns.
    for _ in 0..count / 100_000 {
        for chunk in period[1..].chunks(4999) {
            accumulator.add(chunk).unwrap();
        }
    }

    let found = accumulator.summary().unwrap();

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
fn a_chunk_with_a_value_that_is_no_number_is_refused_whole() {
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

/// SciPy 1.17, `scipy.stats.mstats.hdquantiles`; of 400 values at 0.999, mpmath 1.4 with 30 digits, because
/// SciPy's answer has ten.
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
    // 400 values take differences of the beta function throughout, 20,000 the integrals as well.
    let few = scattered(400);
    for (probability, expected) in [
        (0.5, 1_009.372_706_778_963),
        (0.95, 2_625.289_434_115_875),
        (0.999, 2_816.940_973_918_840_07),
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
        assert_close(found.confidence, confidence, 1e-14);
    }
}

/// SciPy 1.17, `scipy.stats.binom(n, p)`: the largest rank with cdf(rank − 1) ≤ 2.5% and the smallest with
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
        assert!(found.confidence >= 0.95);
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

        assert!(enough.unwrap().confidence >= 0.95);
        let error = refused.unwrap_err();
        assert_eq!(
            error,
            StatisticsError::TooFewEffectiveValues {
                needed,
                found: needed as f64 - 0.5
            }
        );
        assert!(
            error
                .to_string()
                .contains(&format!("{needed} independent values"))
        );
    }
    // However many there are said to be, there are no more than the values.
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
    assert!(all.upper - all.lower < few.upper - few.lower);
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
    // A tenth below, all others equal: every quantile above 10% is the maximum.
    let values: Vec<f64> = (0..2000)
        .map(|i| if i % 10 == 0 { 1.0 } else { 2.0 })
        .collect();

    assert_eq!(effective_count_of_quantile(&values, 0.95), Ok(2000.0));
}

/// SciPy 1.17: `scipy.stats.norm.ppf((i - 0.375)/(n + 0.25))`, `skew(bias=False)`, `kurtosis(bias=False)`.
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
