//! Distribution functions against `mpmath` 1.4.1 (40 digits) and `SciPy` 1.17.1.

use workbench_statistics::{
    StatisticsError, noncentral_t_upper_tail, student_t_quantile, student_t_upper_tail,
    studentized_range_quantile, studentized_range_upper_tail,
};

fn relative_error(found: f64, expected: f64) -> f64 {
    (found / expected - 1.0).abs()
}

#[test]
fn student_s_tail_keeps_its_digits_down_to_the_least_probabilities() {
    // mpmath: betainc(v/2, 1/2, 0, v/(v + t²), regularized=True)/2
    let expected = [
        (0.1, 3.0, 0.463_326_174_400_402_9),
        (1e-3, 5.0, 0.499_620_393_386_098_8),
        (2.5, 1.0, 0.121_118_941_590_843_4),
        (2.5, 8.0, 0.018_471_018_856_812_05),
        (12.0, 8.0, 1.071_933_373_844_385_6e-6),
        (30.0, 17.5, 8.525_496_209_695_793e-17),
        (1e6, 4.0, 2.999_999_999_98e-24),
        (60.0, 100.0, 1.568_807_159_570_694_5e-80),
        (38.0, 1998.0, 1.444_485_410_324_395_4e-238),
        (37.0, 1e5, 5.987_314_121_712_33e-298),
        (36.0, 1e7, 4.362_260_384_571_464_4e-284),
        (1e150, 2.0, 5e-301),
    ];
    for (t, freedom, tail) in expected {
        let found = student_t_upper_tail(t, freedom).unwrap();

        assert!(
            relative_error(found, tail) < 1e-11,
            "t {t}, {freedom} degrees: {found:e} instead of {tail:e}"
        );
        assert!((student_t_upper_tail(-t, freedom).unwrap() - (1.0 - tail)).abs() < 1e-15);
    }
}

#[test]
fn a_tail_below_the_least_double_is_zero_and_not_a_guess() {
    // mpmath: 8.27e-610
    assert_eq!(student_t_upper_tail(105.66, 1198.0), Ok(0.0));
    assert_eq!(student_t_upper_tail(f64::INFINITY, 3.0), Ok(0.0));
    // The tail of two degrees of freedom is 1/(2t²).
    let far = student_t_upper_tail(1e160, 2.0).unwrap();
    assert!((far / 5e-321 - 1.0).abs() < 1e-2, "{far:e}");
}

#[test]
fn student_s_quantile_undoes_its_tail() {
    for freedom in [
        1.0,
        1.7,
        2.0,
        8.0,
        30.5,
        1998.0,
        1e5,
        1e6,
        1e9,
        f64::INFINITY,
    ] {
        for tail in [1e-12, 1e-4, 0.025, 0.05, 0.3, 0.499, 0.7, 0.975] {
            let t = student_t_quantile(tail, freedom).unwrap();
            let back = student_t_upper_tail(t, freedom).unwrap();

            assert!(
                relative_error(back, tail) < 1e-11,
                "{tail} with {freedom}: t {t}, back {back}"
            );
        }
    }
    assert_eq!(student_t_quantile(0.5, 3.0), Ok(0.0));
}

#[test]
fn the_non_central_t_is_that_of_numerical_integration() {
    // mpmath: quad of ncdf(δ − ts) times the density of s
    let expected = [
        (2.0, 8.0, 3.0, 0.829_658_442_734_859),
        (1.859_548, 8.0, 2.5, 0.737_709_227_138_493),
        (0.0, 5.0, 1.0, 0.841_344_746_068_543),
        (-2.0, 4.0, 1.0, 0.992_638_604_167_553),
        (10.0, 3.0, 1.0, 0.005_342_688_004_281_285),
        (5.0, 20.0, -2.0, 7.619_898_602_268_48e-9),
        (30.0, 2.0, 0.5, 0.001_153_444_254_097_517_5),
        (40.0, 30.0, 1.0, 1.277_122_720_282_78e-25),
        (2.02, 38.0, 10.0_f64.sqrt(), 0.869_881_228_204_419),
        (1.65, 1000.0, 40.0, 1.0),
    ];
    for (t, freedom, noncentrality, tail) in expected {
        let found = noncentral_t_upper_tail(t, freedom, noncentrality).unwrap();

        assert!(
            relative_error(found, tail) < 1e-12,
            "t {t}, {freedom} degrees, δ {noncentrality}: {found:e} instead of {tail:e}"
        );
    }
}

#[test]
fn a_non_central_t_without_non_centrality_is_student_s() {
    for freedom in [1.0, 2.5, 9.0, 200.0, 1e5] {
        for t in [0.0, 0.5, 2.0, 7.0, 25.0] {
            let found = noncentral_t_upper_tail(t, freedom, 0.0).unwrap();
            let expected = student_t_upper_tail(t, freedom).unwrap();
            assert!(
                relative_error(found, expected) < 1e-10,
                "t {t}, {freedom} degrees: {found:e} instead of {expected:e}"
            );
        }
    }
}

#[test]
fn the_studentized_range_is_that_of_scipy() {
    // scipy.stats.studentized_range.sf(q, k, v), which integrates to an absolute 1e-11
    let expected = [
        (3.0, 2, 1.0, 0.280_437_798_007_543_4),
        (3.5, 3, 2.0, 0.229_471_520_693_982_8),
        (3.877_676, 3, 10.0, 0.049_948_013_461_912_244),
        (4.0, 5, 4.3, 0.179_385_937_170_531_42),
        (10.0, 3, 4.0, 0.004_661_684_930_704_846),
        (5.0, 10, 20.0, 0.050_567_923_416_875_88),
        (6.0, 20, 60.0, 0.010_335_057_618_760_857),
        (1.0, 4, 8.0, 0.891_530_880_276_800_4),
        (4.2, 3, 1998.0, 0.008_469_703_685_212_16),
        (40.0, 3, 2.0, 0.002_278_502_653_534_020_3),
        (0.05, 3, 5.0, 0.999_311_173_748_951_1),
    ];
    for (q, groups, freedom, tail) in expected {
        let found = studentized_range_upper_tail(q, groups, freedom).unwrap();

        assert!(
            (found - tail).abs() < 2e-11,
            "q {q}, {groups} groups, {freedom} degrees: {found} instead of {tail}"
        );
    }
}

#[test]
fn the_range_of_two_is_student_s_t_also_in_the_tail() {
    // Q for two values is √2 |T|; SciPy subtracts from 1 and has no digits left here.
    for (t, freedom) in [(3.0, 4.0), (12.0, 8.0), (40.0, 30.0), (30.0, 200.0)] {
        let found = studentized_range_upper_tail(t * 2.0_f64.sqrt(), 2, freedom).unwrap();
        let expected = 2.0 * student_t_upper_tail(t, freedom).unwrap();

        assert!(
            relative_error(found, expected) < 1e-10,
            "t {t}, {freedom} degrees: {found:e} instead of {expected:e}"
        );
    }
}

#[test]
fn quantiles_of_the_studentized_range_are_those_of_scipy() {
    // scipy.stats.studentized_range.isf(p, k, v)
    let expected = [
        (0.05, 2, 5.0, 3.635_351_695_146_79),
        (0.05, 3, 2.0, 8.330_782_645_637_044),
        (0.01, 4, 8.0, 6.203_835_054_422_608),
        (0.1, 6, 12.5, 4.135_048_081_867_111),
        (0.05, 10, 100.0, 4.576_784_526_573_067),
        (0.001, 3, 4.0, 14.982_810_000_978_802),
    ];
    for (tail, groups, freedom, q) in expected {
        let found = studentized_range_quantile(tail, groups, freedom).unwrap();

        assert!(
            relative_error(found, q) < 1e-8,
            "{tail}, {groups} groups, {freedom} degrees: {found} instead of {q}"
        );
    }
}

#[test]
fn an_invalid_distribution_is_refused() {
    assert!(matches!(
        student_t_upper_tail(1.0, 0.0),
        Err(StatisticsError::ImpossibleDegreesOfFreedom { .. })
    ));
    assert!(student_t_upper_tail(f64::NAN, 1.0).is_err());
    assert!(student_t_quantile(0.0, 3.0).is_err());
    assert!(studentized_range_upper_tail(1.0, 1, 3.0).is_err());
    assert!(studentized_range_upper_tail(-1.0, 3, 3.0).is_err());
    assert!(studentized_range_quantile(1.0, 3, 3.0).is_err());
    assert!(noncentral_t_upper_tail(1.0, f64::NAN, 3.0).is_err());
}
