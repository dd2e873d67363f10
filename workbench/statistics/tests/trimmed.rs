//! Trimmed pairs: reference values, laws, refusals and verdicts.

#[path = "support/close.rs"]
mod close;

use close::assert_close;
use proptest::prelude::*;
use workbench_statistics::{
    Better, Design, Layout, Method, PairTest, Rule, Sides, StatisticsError, Verdict,
    VerdictWarning, compare_runs, minimum_detectable_effect, paired_ratio_of_geometric_means,
    paired_ratio_of_trimmed_means, paired_t, pairs_left_out, power, runs_needed, trimmed_paired_t,
};

/// R's data set `sleep`.
const SLEEP: [[f64; 10]; 2] = [
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
];

const TRIMMED: Rule = Rule {
    margin: 0.05,
    alpha: 0.05,
    better: Better::Lower,
    layout: Layout::Pairs(PairTest::Trimmed),
};

const T: Rule = Rule {
    layout: Layout::Pairs(PairTest::T),
    ..TRIMMED
};

/// Ten pairs in which the candidate is about 8% slower; the baseline's fourth run was disturbed.
const BASELINE: [f64; 10] = [
    100.0, 101.0, 99.0, 135.0, 100.5, 98.5, 101.5, 100.0, 99.5, 100.0,
];
const CANDIDATE: [f64; 10] = [
    107.5, 109.5, 107.0, 108.0, 109.0, 105.5, 109.5, 108.5, 107.0, 108.5,
];

#[test]
fn the_trimmed_test_gives_scipy_s_answers() {
    // SciPy 1.17.1: trim_mean and mstats.winsorize of the differences, sqrt((n − 1) var/(h(h − 1))), stats.t with
    // (h − 1)(1 − 0.8 g/n) degrees of freedom.
    let [first, second] = SLEEP;
    let test = trimmed_paired_t(&first, &second, 0.9).unwrap();
    assert_close(test.difference, -1.333_333_333_333_333_3, 1e-13);
    assert_close(test.standard_error, 0.182_938_969_786_829_8, 1e-13);
    assert_close(test.degrees_of_freedom, 4.2, 1e-13);
    assert_close(test.t, -7.288_405_170_790_04, 1e-12);
    assert_close(test.p_less, 0.000_778_282_968_152_250_8, 1e-11);
    assert_close(test.p, 0.001_556_565_936_304_501_6, 1e-11);
    assert_close(test.interval.lower, -1.718_055_952_476_084_6, 1e-11);
    assert_close(test.interval.upper, -0.948_610_714_190_582, 1e-11);
    assert_eq!((test.interval.confidence, test.counts), (0.9, [10, 10]));

    let eight = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, -3.0];
    let test = trimmed_paired_t(&eight, &[0.0; 8], 0.9).unwrap();
    assert_close(test.difference, 10.5, 1e-13);
    assert_close(test.standard_error, 6.423_913_656_538_875_5, 1e-13);
    assert_close(test.p, 0.169_528_844_428_298_88, 1e-11);

    let twenty: Vec<f64> = (0..20).map(|i| f64::from(i * 37 % 101) / 10.0).collect();
    let test = trimmed_paired_t(&twenty, &[0.0; 20], 0.9).unwrap();
    assert_close(test.difference, 4.85, 1e-13);
    assert_close(test.degrees_of_freedom, 9.24, 1e-13);
    assert_close(test.p, 0.000_378_909_772_203_183_2, 1e-11);
}

#[test]
fn fewer_than_eight_pairs_are_compared_by_the_paired_t_test() {
    for count in 2..8 {
        assert_eq!(pairs_left_out(count), 0);
        let (a, b) = (&SLEEP[0][..count], &SLEEP[1][..count]);
        let (trimmed, t) = (
            trimmed_paired_t(a, b, 0.9).unwrap(),
            paired_t(a, b, 0.9).unwrap(),
        );
        assert_close(trimmed.p, t.p, 1e-12);
        assert_close(trimmed.interval.lower, t.interval.lower, 1e-12);
        assert_eq!(trimmed.degrees_of_freedom, t.degrees_of_freedom);
    }
}

#[test]
fn one_disturbed_run_hides_a_regression_from_the_paired_t_test_alone() {
    let by_t = compare_runs(&BASELINE, &CANDIDATE, &T).unwrap();
    assert_eq!(by_t.method, Some(Method::Paired));
    assert_eq!(by_t.verdict, Verdict::Inconclusive);

    let trimmed = compare_runs(&BASELINE, &CANDIDATE, &TRIMMED).unwrap();
    assert_eq!(trimmed.method, Some(Method::Trimmed));
    assert_eq!(trimmed.verdict, Verdict::Regressed);
    assert!(trimmed.strict_regression);
    let ratio = trimmed.ratio.unwrap();
    assert!(ratio.interval.lower > 1.07 && ratio.interval.upper < 1.09);
    assert!(trimmed.minimum_detectable_change.unwrap() < 0.02);
    assert!(by_t.minimum_detectable_change.unwrap() > 0.05);
}

#[test]
fn a_disturbed_run_does_not_make_an_unchanged_candidate_worse_or_better() {
    for factor in [0.5, 1.5, 10.0] {
        let mut candidate = BASELINE;
        candidate[3] = 101.0 * factor;
        for (value, wobble) in candidate
            .iter_mut()
            .zip([1.004, 0.997, 1.001, 0.995, 1.003])
        {
            *value *= wobble;
        }
        let comparison = compare_runs(&BASELINE, &candidate, &TRIMMED).unwrap();
        assert_eq!(comparison.verdict, Verdict::Equivalent, "{factor}");
    }
}

#[test]
fn trimmed_pairs_judge_throughput_in_the_other_direction_too() {
    let rule = Rule {
        better: Better::Higher,
        ..TRIMMED
    };
    let comparison = compare_runs(&CANDIDATE, &BASELINE, &rule).unwrap();
    assert_eq!(comparison.verdict, Verdict::Regressed);
}

#[test]
fn pairs_that_do_not_vary_once_the_extremes_are_set_aside_are_refused() {
    let mut a = [3.0; 10];
    a[2] = 50.0;
    assert_eq!(
        trimmed_paired_t(&a, &[1.0; 10], 0.9),
        Err(StatisticsError::NoVariation)
    );
    let comparison = compare_runs(&[7.0; 10], &a.map(|value| value + 4.0), &TRIMMED).unwrap();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert!(comparison.warnings.contains(&VerdictWarning::NoVariation));
    assert!(trimmed_paired_t(&a[..1], &[1.0], 0.9).is_err());
    assert!(trimmed_paired_t(&a, &[1.0; 9], 0.9).is_err());
    assert!(trimmed_paired_t(&a, &[1.0; 10], 1.0).is_err());
}

#[test]
fn a_ratio_of_trimmed_pairs_is_that_of_their_logarithms() {
    let ratio = paired_ratio_of_trimmed_means(&BASELINE, &CANDIDATE, 0.9).unwrap();
    let test = trimmed_paired_t(&CANDIDATE.map(f64::ln), &BASELINE.map(f64::ln), 0.9).unwrap();
    assert_eq!(ratio.logarithms, test);
    assert_eq!(ratio.ratio, test.difference.exp());
    let plain = paired_ratio_of_geometric_means(&BASELINE, &CANDIDATE, 0.9).unwrap();
    assert!(plain.ratio < 1.06 && ratio.ratio > 1.07);
}

#[test]
fn trimmed_pairs_find_less_than_all_pairs_where_nothing_is_disturbed() {
    for pairs in [8, 10, 15, 20, 40] {
        let of = |design| minimum_detectable_effect(design, 0.05, Sides::One, 0.8).unwrap();
        let (trimmed, all) = (of(Design::Trimmed { pairs }), of(Design::Paired { pairs }));
        assert!(trimmed > all && trimmed < 1.2 * all, "{pairs}: {trimmed}");
        let found = power(Design::Trimmed { pairs }, trimmed, 0.05, Sides::One).unwrap();
        assert_close(found, 0.8, 1e-9);
    }
    let five = Design::Trimmed { pairs: 5 };
    let same = Design::Paired { pairs: 5 };
    assert_eq!(
        power(five, 1.0, 0.05, Sides::One),
        power(same, 1.0, 0.05, Sides::One)
    );
    let needed = |design| runs_needed(design, 0.5, 0.05, Sides::One, 0.8).unwrap();
    assert!(needed(Design::Trimmed { pairs: 2 }) > needed(Design::Paired { pairs: 2 }));
}

proptest! {
    #[test]
    fn a_shift_of_one_list_shifts_the_interval_and_a_scale_scales_it(
        pairs in prop::collection::vec((-1e2..1e2_f64, -1e2..1e2_f64), 8..40), shift in -1e2..1e2_f64, scale in 0.01..1e2_f64
    ) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let plain = trimmed_paired_t(&a, &b, 0.9).unwrap();
        let moved: Vec<f64> = a.iter().map(|value| value + shift).collect();
        let moved = trimmed_paired_t(&moved, &b, 0.9).unwrap();
        prop_assert!((moved.interval.lower - plain.interval.lower - shift).abs() < 1e-9);
        prop_assert!((moved.standard_error - plain.standard_error).abs() < 1e-9);
        let scaled = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| scale * value).collect() };
        let larger = trimmed_paired_t(&scaled(&a), &scaled(&b), 0.9).unwrap();
        prop_assert!((larger.t - plain.t).abs() < 1e-6 * plain.t.abs().max(1.0));
    }

    #[test]
    fn the_order_of_the_pairs_does_not_matter(
        pairs in prop::collection::vec((-1e2..1e2_f64, -1e2..1e2_f64), 2..40), turn in 0..40_usize
    ) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let plain = trimmed_paired_t(&a, &b, 0.9).unwrap();
        let mut turned = pairs;
        let by = turn % turned.len();
        turned.rotate_left(by);
        let (a, b): (Vec<f64>, Vec<f64>) = turned.into_iter().unzip();
        prop_assert_eq!(trimmed_paired_t(&a, &b, 0.9).unwrap(), plain);
    }

    #[test]
    fn exchanging_the_lists_reverses_the_interval(
        pairs in prop::collection::vec((-1e2..1e2_f64, -1e2..1e2_f64), 2..40)
    ) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let (forth, back) = (trimmed_paired_t(&a, &b, 0.9).unwrap(), trimmed_paired_t(&b, &a, 0.9).unwrap());
        prop_assert!((forth.interval.lower + back.interval.upper).abs() < 1e-9);
        prop_assert!((forth.p_less - back.p_greater).abs() < 1e-9);
    }

    #[test]
    fn the_size_of_left_out_pairs_does_not_matter(
        middle in prop::collection::vec(-1.0..1.0_f64, 12), far in prop::collection::vec(1.0..1e6_f64, 8)
    ) {
        // 20 pairs, of which 4 count on neither side.
        let with = |low: &[f64], high: &[f64]| -> Vec<f64> {
            let low = low.iter().map(|value| -value);
            middle.iter().copied().chain(low).chain(high.iter().copied()).collect()
        };
        let one = trimmed_paired_t(&with(&far[..4], &far[4..]), &[0.0; 20], 0.9).unwrap();
        let other = trimmed_paired_t(&with(&far[4..], &far[..4]), &[0.0; 20], 0.9).unwrap();
        prop_assert_eq!(one, other);
    }
}
