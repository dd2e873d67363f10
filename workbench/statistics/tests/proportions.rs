//! Intervals and tests of shares, against `SciPy` and `statsmodels`.

#[path = "support/close.rs"]
mod close;

use close::assert_close;
use workbench_statistics::{
    Counts, StatisticsError, clopper_pearson, two_proportions, wilson, wilson_of_dependent,
};

fn counts(successes: u64, trials: u64) -> Counts {
    Counts { successes, trials }
}

/// statsmodels 0.15: `proportion_confint(count, nobs, 0.05, method="wilson")`.
#[test]
fn wilson_gives_the_answers_of_statsmodels() {
    for (failed, requests, lower, upper) in [
        (0, 1000, 0.0, 0.003_826_758_485_555_125),
        (
            1,
            1000,
            0.000_176_546_370_626_077_65,
            0.005_642_558_597_957_937,
        ),
        (5, 50, 0.043_475_764_931_890_4, 0.213_602_314_374_796_57),
        (
            37,
            1000,
            0.026_961_180_875_554_734,
            0.050_582_397_482_069_31,
        ),
        (50, 50, 0.928_652_400_866_641_2, 1.0),
        (
            1,
            100_000_000,
            1.765_245_551_532_548_2e-9,
            5.664_934_041_143_645_6e-8,
        ),
        (
            12_345,
            10_000_000,
            0.001_212_927_426_591_532_4,
            0.001_256_455_770_687_150_5,
        ),
    ] {
        let found = wilson(failed, requests, 0.95).unwrap();

        assert_close(found.interval.lower, lower, 1e-9);
        assert_close(found.interval.upper, upper, 1e-9);
    }
}

#[test]
fn wilson_of_independent_trials_is_wilson_and_of_dependent_ones_wider() {
    let plain = wilson(37, 1000, 0.95).unwrap();
    assert_eq!(wilson_of_dependent(37, 1000, 1000.0, 0.95).unwrap(), plain);

    let wider = wilson_of_dependent(37, 1000, 123.4, 0.95).unwrap();
    assert_eq!(wider.estimate, plain.estimate);
    assert!(wider.interval.lower < plain.interval.lower);
    assert!(wider.interval.upper > plain.interval.upper);

    for impossible in [0.0, -1.0, 1000.5, f64::NAN] {
        let refused = wilson_of_dependent(37, 1000, impossible, 0.95);
        assert!(matches!(
            refused,
            Err(StatisticsError::ImpossibleMeasurement { .. })
        ));
    }
}

/// statsmodels 0.15: `proportion_confint(count, nobs, 0.05, method="beta")`.
#[test]
fn clopper_pearson_gives_the_answers_of_statsmodels() {
    for (failed, requests, lower, upper) in [
        (0, 1000, 0.0, 0.003_682_083_896_865_672),
        (1, 1000, 2.531_748_749_129_404e-5, 0.005_558_924_279_826_673),
        (5, 50, 0.033_275_093_589_022_47, 0.218_135_366_434_202_28),
        (37, 1000, 0.026_182_708_843_737_34, 0.050_641_123_059_924_85),
        (50, 50, 0.928_878_263_535_802_4, 1.0),
        (
            1,
            100_000_000,
            2.531_780_798_108_492e-10,
            5.571_643_258_042_463e-8,
        ),
        (
            12_345,
            10_000_000,
            0.001_212_831_182_402_849_5,
            0.001_256_458_412_800_153_9,
        ),
    ] {
        let found = clopper_pearson(failed, requests, 0.95).unwrap();

        assert_close(found.interval.lower, lower, 1e-9);
        assert_close(found.interval.upper, upper, 1e-9);
    }
}

/// statsmodels 0.15: `confint_proportions_2indep(…, compare="diff", method="newcomb")` and
/// `(…, compare="ratio", method="score", correction=False)`; `SciPy` 1.17: `scipy.stats.fisher_exact`.
#[test]
fn two_error_rates_compare_as_statsmodels_and_scipy_compare_them() {
    for (first, second, difference, ratio, p) in [
        (
            counts(56, 70),
            counts(48, 80),
            (0.052_431_472_402_364_98, 0.333_872_654_036_906_14),
            (1.079_821_506_361_860_4, 1.670_805_578_019_122_4),
            0.012_521_129_749_209_154,
        ),
        (
            counts(9, 10),
            counts(3, 10),
            (0.170_522_723_934_502_9, 0.809_017_973_535_488),
            (1.353_237_193_866_724_5, 8.467_668_686_709_78),
            0.019_766_611_097_880_443,
        ),
        (
            counts(0, 1000),
            counts(5, 1000),
            (-0.011_650_955_373_375_117, -0.000_221_110_655_801_098_38),
            (0.0, 0.766_624_289_007_322_5),
            0.062_187_578_516_348_8,
        ),
        (
            counts(5, 1000),
            counts(0, 1000),
            (0.000_221_110_655_801_098_38, 0.011_650_955_373_375_117),
            (1.304_419_928_169_633_4, f64::INFINITY),
            0.062_187_578_516_348_8,
        ),
        (
            counts(20, 10_000),
            counts(45, 12_000),
            (-0.003_197_002_183_734_972_6, -0.000_308_678_262_910_394_36),
            (0.317_000_677_066_626_7, 0.897_157_123_284_292_1),
            0.017_715_727_569_158_894,
        ),
    ] {
        let found = two_proportions(first, second, 0.95).unwrap();

        assert_close(found.difference_interval.lower, difference.0, 1e-8);
        assert_close(found.difference_interval.upper, difference.1, 1e-8);
        assert_close(found.ratio_interval.lower, ratio.0, 1e-6);
        if ratio.1.is_finite() {
            assert_close(found.ratio_interval.upper, ratio.1, 1e-6);
        } else {
            assert_eq!(found.ratio_interval.upper, ratio.1);
        }
        assert_close(found.fisher_p, p, 1e-10);
        assert_eq!(found.ratio.is_none(), second.successes == 0);
    }
}

#[test]
fn groups_with_the_same_certain_outcome_do_not_differ() {
    for (first, second) in [
        (counts(10, 10), counts(20, 20)),
        (counts(0, 10), counts(0, 20)),
    ] {
        let found = two_proportions(first, second, 0.95).unwrap();

        assert_eq!(found.fisher_p, 1.0);
        assert!(found.difference_interval.contains(0.0));
        assert!(found.ratio_interval.contains(1.0), "{found:?}");
    }
}

#[test]
fn fisher_s_test_takes_millions_of_requests() {
    let alike = two_proportions(counts(500_100, 1_000_000), counts(499_900, 1_000_000), 0.95);
    let apart = two_proportions(counts(900_000, 1_000_000), counts(100_000, 1_000_000), 0.95);

    // The normal approximation with continuity correction: z = 199/√(10⁶/2) = 0.281.
    assert!((alike.unwrap().fisher_p - 0.7784).abs() < 1e-3);
    assert_eq!(apart.unwrap().fisher_p, 0.0);
}

#[test]
fn impossible_counts_are_refused() {
    assert_eq!(
        wilson(3, 2, 0.95),
        Err(StatisticsError::ImpossibleCount {
            successes: 3,
            trials: 2
        })
    );
    assert!(clopper_pearson(0, 0, 0.95).is_err());
    assert!(wilson(1, 2, 1.0).is_err());
    assert!(two_proportions(counts(1, 2), counts(0, 0), 0.95).is_err());
}
