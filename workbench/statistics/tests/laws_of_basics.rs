//! Laws that hold for any data.

use proptest::prelude::*;
use workbench_statistics::{quantile, quantile_of_sorted, resampled_means, summary, welch};

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1e6..1e6_f64, 1..200)
}

/// At least two values, two of which differ.
fn varying_values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1e6..1e6_f64, 3..100).prop_filter("has to vary", |values| {
        values.iter().any(|v| *v != values[0])
    })
}

/// Equal except for rounding, at the scale of the values.
fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= 1e-9 * scale.abs().max(1.0)
}

proptest! {
    #[test]
    fn shifting_the_values_shifts_the_mean_and_leaves_the_spread(values in values(), shift in -1e6..1e6_f64) {
        let shifted: Vec<f64> = values.iter().map(|value| value + shift).collect();
        let (before, after) = (summary(&values).unwrap(), summary(&shifted).unwrap());

        prop_assert!(close(after.mean, before.mean + shift, 2e6));
        prop_assert!(close(after.population_standard_deviation, before.population_standard_deviation, 2e6));
    }

    #[test]
    fn scaling_the_values_scales_the_mean_and_the_spread(values in values(), scale in -1e3..1e3_f64) {
        let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
        let (before, after) = (summary(&values).unwrap(), summary(&scaled).unwrap());

        prop_assert!(close(after.mean, before.mean * scale, 1e9));
        prop_assert!(close(
            after.population_standard_deviation,
            before.population_standard_deviation * scale.abs(),
            1e9
        ));
    }

    #[test]
    fn quantiles_shift_and_scale_with_the_values(
        values in values(), shift in -1e6..1e6_f64, scale in 0.0..1e3_f64, probability in 0.0..=1.0_f64
    ) {
        let moved: Vec<f64> = values.iter().map(|value| value * scale + shift).collect();
        let before = quantile(&values, probability).unwrap();
        let after = quantile(&moved, probability).unwrap();

        prop_assert!(close(after, before * scale + shift, 1e9));
    }

    #[test]
    fn the_order_of_the_values_does_not_matter(
        (values, shuffled) in values().prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
        probability in 0.0..=1.0_f64
    ) {
        prop_assert_eq!(quantile(&values, probability), quantile(&shuffled, probability));
        let (one, other) = (summary(&values).unwrap(), summary(&shuffled).unwrap());
        prop_assert!(close(one.mean, other.mean, 1e6));
        prop_assert!(close(one.population_standard_deviation, other.population_standard_deviation, 1e6));
    }

    #[test]
    fn selection_and_sorting_give_the_same_quantile(values in values(), probability in 0.0..=1.0_f64) {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);

        prop_assert_eq!(quantile(&values, probability), quantile_of_sorted(&sorted, probability));
    }

    #[test]
    fn quantiles_grow_with_the_probability_and_stay_within_the_range(
        values in values(), one in 0.0..=1.0_f64, other in 0.0..=1.0_f64
    ) {
        let summary = summary(&values).unwrap();
        let lower = quantile(&values, one.min(other)).unwrap();
        let upper = quantile(&values, one.max(other)).unwrap();

        prop_assert!(summary.min <= lower && lower <= upper && upper <= summary.max);
    }

    #[test]
    fn the_mean_lies_within_the_range(values in values()) {
        let summary = summary(&values).unwrap();

        prop_assert!(summary.min <= summary.mean || close(summary.min, summary.mean, summary.min));
        prop_assert!(summary.mean <= summary.max || close(summary.mean, summary.max, summary.max));
    }

    #[test]
    fn swapping_the_groups_turns_the_sign_of_welch_s_t(a in varying_values(), b in varying_values()) {
        let (forth, back) = (welch(&a, &b, 0.95).unwrap(), welch(&b, &a, 0.95).unwrap());

        prop_assert_eq!(forth.t, -back.t);
        prop_assert!(close(forth.p, back.p, 1.0));
        prop_assert_eq!(forth.interval.lower, -back.interval.upper);
    }

    #[test]
    fn welch_s_interval_excludes_zero_exactly_when_p_is_below_its_level(
        a in varying_values(), b in varying_values(), shift in -2e6..2e6_f64
    ) {
        let b: Vec<f64> = b.iter().map(|value| value + shift).collect();
        let test = welch(&a, &b, 0.95).unwrap();

        prop_assume!((test.p - 0.05).abs() > 1e-6);
        prop_assert_eq!(test.p < 0.05, test.interval.lower > 0.0 || test.interval.upper < 0.0);
    }

    #[test]
    fn resampled_means_lie_within_the_range_of_the_values(values in values(), seed: u64, stream in 0..4_u32) {
        let range = summary(&values).unwrap();

        for mean in resampled_means(&values, 5, 20, seed, stream).unwrap() {
            prop_assert!(range.min - 1e-6 <= mean && mean <= range.max + 1e-6);
        }
    }
}
