//! Laws of comparisons between runs, for any data.

use proptest::prelude::*;
use workbench_statistics::{
    Better, Layout, Rule, Verdict, cliffs_delta, compare_runs, family_verdicts, hodges_lehmann,
    holm, kruskal_wallis, mann_whitney, paired_hodges_lehmann, paired_t, signed_rank,
    verdict_of_interval,
};

/// Few distinct values, to have ties.
fn coarse(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-20..20_i32).prop_map(f64::from), length)
}

fn positive() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(1.0..1e4_f64, 1..15)
}

/// The k-th of all values, by sorting.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    f64::midpoint(values[(count - 1) / 2], values[count / 2])
}

proptest! {
    #[test]
    fn ranks_are_invariant_under_monotone_changes(a in coarse(1..12), b in coarse(1..12)) {
        let bend = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value.powi(3) + 5.0).collect() };
        prop_assert_eq!(mann_whitney(&a, &b), mann_whitney(&bend(&a), &bend(&b)));
        prop_assert_eq!(cliffs_delta(&a, &b), cliffs_delta(&bend(&a), &bend(&b)));
    }

    #[test]
    fn swapping_the_groups_swaps_the_one_sided_p_values(a in coarse(1..30), b in coarse(1..90)) {
        let (forth, back) = (mann_whitney(&a, &b).unwrap(), mann_whitney(&b, &a).unwrap());
        prop_assert!((forth.p_less - back.p_greater).abs() < 1e-9);
        prop_assert!((forth.p - back.p).abs() < 1e-9);
        prop_assert!((forth.superiority + back.superiority - 1.0).abs() < 1e-12);
        prop_assert!((cliffs_delta(&a, &b).unwrap() + cliffs_delta(&b, &a).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn u_counts_the_pairs(a in coarse(1..20), b in coarse(1..20)) {
        let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
        let u: f64 = pairs
            .map(|(a, b)| if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 })
            .sum();
        prop_assert_eq!(mann_whitney(&a, &b).unwrap().u, u);
    }

    #[test]
    fn the_shift_is_the_median_of_all_differences(
        a in prop::collection::vec(-1e3..1e3_f64, 1..40), b in prop::collection::vec(-1e3..1e3_f64, 1..40)
    ) {
        let differences = a.iter().flat_map(|a| b.iter().map(move |b| a - b)).collect();
        let shift = hodges_lehmann(&a, &b, 0.9).unwrap();
        prop_assert_eq!(shift.estimate, median(differences));
        if let Some(interval) = shift.interval {
            prop_assert!(interval.lower <= shift.estimate && shift.estimate <= interval.upper);
            prop_assert!(interval.confidence >= 0.9 - 1e-9);
        }
    }

    #[test]
    fn the_paired_shift_is_the_median_of_walsh_s_averages(d in prop::collection::vec(-1e3..1e3_f64, 1..40)) {
        let mut averages = vec![];
        for (place, first) in d.iter().enumerate() {
            averages.extend(d[place..].iter().map(|second| (first + second) / 2.0));
        }
        let shift = paired_hodges_lehmann(&d, &vec![0.0; d.len()], 0.9).unwrap();
        prop_assert_eq!(shift.estimate, median(averages));
    }

    #[test]
    fn the_shift_s_interval_excludes_zero_exactly_when_the_rank_test_rejects(
        a in prop::collection::vec(-10.0..10.0_f64, 4..12), b in prop::collection::vec(-5.0..15.0_f64, 4..12)
    ) {
        let p = mann_whitney(&a, &b).unwrap().p;
        if let Some(interval) = hodges_lehmann(&a, &b, 0.9).unwrap().interval {
            prop_assert_eq!(p <= 1.0 - interval.confidence + 1e-9, interval.lower > 0.0 || interval.upper < 0.0);
        }
    }

    #[test]
    fn p_values_are_probabilities(a in coarse(2..40), b in coarse(2..40)) {
        let test = mann_whitney(&a, &b).unwrap();
        for p in [test.p, test.p_less, test.p_greater] {
            prop_assert!((0.0..=1.0).contains(&p));
        }
        if let Ok(test) = kruskal_wallis(&[&a, &b]) {
            prop_assert!((0.0..=1.0).contains(&test.p));
        }
        let length = a.len().min(b.len());
        if let Ok(test) = signed_rank(&a[..length], &b[..length]) {
            prop_assert!((0.0..=1.0).contains(&test.p));
            prop_assert!(test.p_less + test.p_greater >= 1.0 - 1e-9);
        }
    }

    #[test]
    fn shared_influences_cancel_in_the_paired_test(
        pairs in prop::collection::vec((-1e2..1e2_f64, -1e2..1e2_f64, -1e3..1e3_f64), 3..20)
    ) {
        let a: Vec<f64> = pairs.iter().map(|(a, _, _)| *a).collect();
        let b: Vec<f64> = pairs.iter().map(|(_, b, _)| *b).collect();
        let shared = |values: &[f64]| -> Vec<f64> {
            values.iter().zip(&pairs).map(|(value, (_, _, shared))| value + shared).collect()
        };
        let (plain, moved) = (paired_t(&a, &b, 0.9).unwrap(), paired_t(&shared(&a), &shared(&b), 0.9).unwrap());
        prop_assert!((plain.p - moved.p).abs() < 1e-6);
    }

    #[test]
    fn holm_keeps_the_order_and_never_lowers_a_p_value(p in prop::collection::vec(0.0..=1.0_f64, 0..20)) {
        let adjusted = holm(&p).unwrap();
        for (index, value) in p.iter().enumerate() {
            prop_assert!(adjusted[index] >= *value && adjusted[index] <= 1.0);
            for (other, smaller) in p.iter().enumerate() {
                if smaller < value {
                    prop_assert!(adjusted[other] <= adjusted[index]);
                }
            }
        }
    }

    #[test]
    fn a_verdict_does_not_depend_on_the_unit(
        baseline in positive(), candidate in positive(), unit in 1e-6..1e6_f64
    ) {
        let rule = Rule { margin: 0.05, alpha: 0.05, better: Better::Lower, layout: Layout::Independent };
        let scaled = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value * unit).collect() };
        let plain = compare_runs(&baseline, &candidate, &rule).unwrap();
        let other = compare_runs(&scaled(&baseline), &scaled(&candidate), &rule).unwrap();
        prop_assert_eq!(plain.verdict, other.verdict);
        prop_assert_eq!(plain.method, other.method);
    }

    #[test]
    fn exchanging_baseline_and_candidate_exchanges_regressed_and_improved(
        baseline in prop::collection::vec(50.0..150.0_f64, 3..12), candidate in prop::collection::vec(80.0..200.0_f64, 3..12)
    ) {
        let rule = Rule { margin: 0.05, alpha: 0.05, better: Better::Lower, layout: Layout::Independent };
        let forth = compare_runs(&baseline, &candidate, &rule).unwrap().verdict;
        let back = compare_runs(&candidate, &baseline, &rule).unwrap().verdict;
        let expected = match forth {
            Verdict::Regressed => Verdict::Improved,
            Verdict::Improved => Verdict::Regressed,
            same => same,
        };
        prop_assert_eq!(back, expected);
    }

    #[test]
    fn reversing_the_direction_reverses_the_interval(
        lower in -0.2..0.2_f64, width in 0.0..0.2_f64, margin in 0.0..0.1_f64
    ) {
        let upper = lower + width;
        prop_assert_eq!(
            verdict_of_interval(lower, upper, margin, Better::Higher),
            verdict_of_interval(-upper, -lower, margin, Better::Lower)
        );
    }

    #[test]
    fn a_verdict_agrees_with_its_evidence_and_a_family_of_one_changes_nothing(
        baseline in prop::collection::vec(50.0..150.0_f64, 3..8), candidate in prop::collection::vec(60.0..160.0_f64, 3..8)
    ) {
        let rule = Rule { margin: 0.05, alpha: 0.05, better: Better::Lower, layout: Layout::Independent };
        let comparison = compare_runs(&baseline, &candidate, &rule).unwrap();
        let evidence = comparison.evidence.unwrap();
        prop_assume!((evidence.p_regressed - 0.05).abs() > 1e-6 && (evidence.p_improved - 0.05).abs() > 1e-6);
        prop_assert_eq!(comparison.strict_regression, evidence.p_beyond_margin < 0.05);
        let single = family_verdicts(&[(comparison.verdict, comparison.evidence)], 0.05).unwrap();
        prop_assert_eq!(single[0].verdict, comparison.verdict);
        prop_assert_eq!(single[0].strict_regression, comparison.strict_regression);
    }
}
