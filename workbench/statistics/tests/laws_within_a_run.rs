//! Laws of one run's statistics that hold for any data.

use proptest::prelude::*;
use workbench_statistics::{
    Accumulator, Counts, LoadPoint, autocorrelation, batch_bounds, batch_means,
    batch_means_of_sums, clopper_pearson, fit_scalability, harrell_davis, harrell_davis_of_sorted,
    normal_plot, quantile, quantile_by_rank, quantile_interval, quantile_interval_by_rank,
    quantile_interval_of_sorted, quantile_of_sorted, quantiles, shape, summary, two_proportions,
    warm_up, wilson,
};

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1e6..1e6_f64, 1..300)
}

fn series() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..1e3_f64, 200..600)
}

fn probabilities() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.001..0.999_f64,
        1e-15..1e-9_f64,
        0.999_999_999..0.999_999_999_999_999_f64
    ]
}

fn counts() -> impl Strategy<Value = Counts> {
    (1..500_u64)
        .prop_flat_map(|trials| (0..=trials, Just(trials)))
        .prop_map(|(successes, trials)| Counts { successes, trials })
}

/// Equal except for rounding, at the scale of the values.
fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= 1e-9 * scale.abs()
}

fn accumulated(values: &[f64]) -> Accumulator {
    let mut accumulator = Accumulator::new();
    accumulator.add(values).expect("values are finite");
    accumulator
}

proptest! {
    #[test]
    fn accumulators_of_parts_merge_to_that_of_the_whole(
        values in prop::collection::vec(1e9..1.000_001e9_f64, 2..2000), cut in 0.0..1.0_f64
    ) {
        let (left, right) = values.split_at((cut * values.len() as f64) as usize);
        let whole = summary(&values).unwrap();
        let (mut forth, mut back) = (accumulated(left), accumulated(right));
        forth.merge(&accumulated(right));
        back.merge(&accumulated(left));

        for merged in [forth.summary().unwrap(), back.summary().unwrap()] {
            prop_assert_eq!(merged.count, whole.count);
            prop_assert_eq!((merged.min, merged.max), (whole.min, whole.max));
            prop_assert!((merged.mean - whole.mean).abs() <= whole.mean.abs() * f64::EPSILON);
            let (a, b) = (merged.population_standard_deviation, whole.population_standard_deviation);
            prop_assert!((a - b).abs() <= 1e-14 * b);
        }
    }

    #[test]
    fn harrell_davis_shifts_and_scales_with_the_values(
        values in values(), shift in -1e6..1e6_f64, scale in -1e3..1e3_f64, probability in probabilities()
    ) {
        let moved: Vec<f64> = values.iter().map(|value| value * scale + shift).collect();
        // A negative scale reverses the order.
        let mirrored = if scale < 0.0 { 1.0 - probability } else { probability };
        let before = harrell_davis(&values, mirrored).unwrap();

        prop_assert!(close(harrell_davis(&moved, probability).unwrap(), before * scale + shift, 1e9));
    }

    #[test]
    fn the_order_of_the_values_does_not_matter_for_quantiles(
        (values, shuffled) in values().prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
        probability in probabilities()
    ) {
        let effective = values.len() as f64;
        prop_assert_eq!(harrell_davis(&values, probability), harrell_davis(&shuffled, probability));
        prop_assert_eq!(
            quantile_interval(&values, probability, 0.9, effective),
            quantile_interval(&shuffled, probability, 0.9, effective)
        );
    }

    #[test]
    fn sorting_first_gives_the_same_quantiles(values in values(), probability in probabilities()) {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let effective = values.len() as f64;

        prop_assert_eq!(harrell_davis(&values, probability), harrell_davis_of_sorted(&sorted, probability));
        prop_assert_eq!(
            quantile_interval(&values, probability, 0.9, effective),
            quantile_interval_of_sorted(&sorted, probability, 0.9, effective)
        );
    }

    #[test]
    fn harrell_davis_stays_within_the_range_and_grows_with_the_probability(
        values in values(), one in probabilities(), other in probabilities()
    ) {
        let range = summary(&values).unwrap();
        let lower = harrell_davis(&values, one.min(other)).unwrap();
        let upper = harrell_davis(&values, one.max(other)).unwrap();

        prop_assert!(range.min <= lower + 1e-6 && upper <= range.max + 1e-6);
        prop_assert!(lower <= upper + 1e-6);
    }

    #[test]
    fn quantile_intervals_achieve_what_was_asked_for_and_widen_with_less_information(
        values in prop::collection::vec(-1e6..1e6_f64, 100..500),
        probability in 0.1..0.9_f64, confidence in 0.5..0.95_f64, share in 0.4..1.0_f64
    ) {
        let count = values.len() as f64;
        let all = quantile_interval(&values, probability, confidence, count).unwrap();
        let fewer = quantile_interval(&values, probability, confidence, share * count).unwrap();

        prop_assert!(all.interval.confidence >= confidence && fewer.interval.confidence >= confidence);
        prop_assert!(all.interval.lower <= all.interval.upper);
        let close = (all.interval.confidence - all.below - all.above).abs() < 1.0;
        prop_assert!(close && fewer.upper_rank - fewer.lower_rank + 2 >= all.upper_rank - all.lower_rank);
    }

    #[test]
    fn warm_up_does_not_depend_on_the_unit(series in series()) {
        // By a power of 2, so that no rounding changes which point is the smallest.
        let scaled: Vec<f64> = series.iter().map(|value| value * 1024.0).collect();

        let (before, after) = (warm_up(&series).unwrap(), warm_up(&scaled).unwrap());

        prop_assert_eq!((before.discard, before.at_bound), (after.discard, after.at_bound));
        prop_assert!(before.discard <= series.len() / 2);
    }

    #[test]
    fn batch_means_shift_and_scale_with_the_values(series in series(), shift in -1e3..1e3_f64, scale in 0.01..1e3_f64) {
        let moved: Vec<f64> = series.iter().map(|value| value * scale + shift).collect();

        if let (Ok(before), Ok(after)) = (batch_means(&series, 0.95), batch_means(&moved, 0.95)) {
            prop_assert!(close(after.mean, before.mean * scale + shift, 1e6));
            prop_assert!(close(after.standard_error, before.standard_error * scale, 1e6));
            prop_assert!(close(after.autocorrelation_factor, before.autocorrelation_factor, 1e3));
            prop_assert!((20..=30).contains(&before.batches));
            prop_assert!(before.effective_count <= series.len() as f64);
            prop_assert!(before.interval.contains(before.mean));
        }
    }

    #[test]
    fn autocorrelation_is_the_same_backwards_and_in_any_unit(
        series in series(), shift in -1e3..1e3_f64, scale in 0.01..1e3_f64, lag in 0..50_usize
    ) {
        let found = autocorrelation(&series, lag).unwrap();
        let backwards: Vec<f64> = series.iter().rev().map(|value| value * scale + shift).collect();

        prop_assert!(close(autocorrelation(&backwards, lag).unwrap(), found, 1.0));
        prop_assert!(found.abs() <= 1.0 + 1e-12);
    }

    #[test]
    fn shape_does_not_depend_on_shift_and_unit(values in prop::collection::vec(-1e3..1e3_f64, 10..200), shift in -1e3..1e3_f64) {
        let moved: Vec<f64> = values.iter().map(|value| -2.5 * value + shift).collect();
        let (before, after) = (shape(&values).unwrap(), shape(&moved).unwrap());

        prop_assert!(close(after.skewness, -before.skewness, 10.0));
        prop_assert!(close(after.excess_kurtosis, before.excess_kurtosis, 100.0));
    }

    #[test]
    fn a_normal_plot_holds_every_value_once_in_order(values in prop::collection::vec(-1e3..1e3_f64, 2..200)) {
        let plot = normal_plot(&values).unwrap();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);

        prop_assert!(plot.points.iter().map(|(_, value)| *value).eq(sorted));
        prop_assert!(plot.points.is_sorted());
        let mirrored = plot.points.iter().zip(plot.points.iter().rev());
        prop_assert!(mirrored.clone().all(|((a, _), (b, _))| close(*a, -b, 1.0)));
    }

    #[test]
    fn intervals_of_a_share_hold_it_and_mirror_when_failures_and_successes_swap(counts in counts()) {
        let Counts { successes, trials } = counts;
        for interval in [wilson, clopper_pearson] {
            let found = interval(successes, trials, 0.95).unwrap();
            let mirrored = interval(trials - successes, trials, 0.95).unwrap();

            prop_assert!(found.interval.contains(found.estimate));
            prop_assert!(0.0 <= found.interval.lower && found.interval.upper <= 1.0);
            prop_assert!(close(found.interval.lower, 1.0 - mirrored.interval.upper, 1.0));
        }
    }

    #[test]
    fn swapping_two_shares_negates_the_difference_and_inverts_the_ratio(first in counts(), second in counts()) {
        let forth = two_proportions(first, second, 0.95).unwrap();
        let back = two_proportions(second, first, 0.95).unwrap();

        prop_assert!(close(forth.difference_interval.lower, -back.difference_interval.upper, 1.0));
        prop_assert!(close(forth.fisher_p, back.fisher_p, 1.0));
        prop_assert!((0.0..=1.0).contains(&forth.fisher_p));
        prop_assert!(forth.difference_interval.contains(forth.difference));
        if let (Some(ratio), Some(_)) = (forth.ratio, back.ratio) {
            prop_assert!(forth.ratio_interval.contains(ratio));
            let turned = 1.0 / back.ratio_interval.upper;
            prop_assert!(close(forth.ratio_interval.lower, turned, turned));
        }
    }

    #[test]
    fn the_unit_of_throughput_scales_gamma_alone(
        noise in prop::collection::vec(0.9..1.1_f64, 8), scale in 1e-3..1e3_f64
    ) {
        let points: Vec<LoadPoint> = (1..=8).zip(&noise)
            .map(|(step, noise)| {
                let load = f64::from(step * step);
                LoadPoint { load, throughput: 50.0 * load / (1.0 + 0.1 * (load - 1.0)) * noise }
            })
            .collect();
        let scaled: Vec<LoadPoint> = points.iter().rev()
            .map(|point| LoadPoint { throughput: point.throughput * scale, ..*point })
            .collect();
        let (before, after) = (fit_scalability(&points, 0.95).unwrap(), fit_scalability(&scaled, 0.95).unwrap());

        let relative = |a: f64, b: f64| (a - b).abs() <= 1e-5 * b.abs() + 1e-9;
        prop_assert!(relative(after.gamma.estimate, before.gamma.estimate * scale));
        prop_assert!(relative(after.alpha.estimate, before.alpha.estimate));
        prop_assert!(relative(after.beta.estimate, before.beta.estimate));
        prop_assert!(before.alpha.estimate >= 0.0 && before.beta.estimate >= 0.0);
    }

    #[test]
    fn batch_means_need_no_more_than_the_sums_at_their_bounds(series in series()) {
        let bounds = batch_bounds(series.len());
        let known = |position: usize| {
            assert!(bounds.contains(&(series.len() - position)), "{position} of {bounds:?}");
            position
        };
        let sum = |range: std::ops::Range<usize>| -> f64 {
            series[known(range.start)..known(range.end)].iter().sum()
        };
        let found = batch_means_of_sums(&summary(&series).unwrap(), 0.95, sum);
        match (found, batch_means(&series, 0.95)) {
            (Ok(found), Ok(expected)) => {
                prop_assert_eq!(found.batch_size, expected.batch_size);
                let ratio = found.standard_error / expected.standard_error;
                prop_assert!((ratio - 1.0).abs() < 1e-9, "{}", ratio);
            }
            (found, expected) => prop_assert_eq!(found.is_err(), expected.is_err()),
        }
    }

    #[test]
    fn quantiles_are_the_same_of_values_of_sorted_values_and_by_rank(
        tied in prop::collection::vec(-20..20_i32, 1..300),
        spread in prop::collection::vec(-1e6..1e6_f64, 0..300),
        probability in 0.0..=1.0_f64,
    ) {
        let values: Vec<f64> = tied.into_iter().map(f64::from).chain(spread).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let expected = quantile_of_sorted(&sorted, probability);
        prop_assert_eq!(&quantile(&values, probability), &expected);
        prop_assert_eq!(&quantile_by_rank(sorted.len(), probability, |rank| sorted[rank]), &expected);
        let several = quantiles(&values, &[0.9, probability, 0.1, probability]).unwrap();
        prop_assert_eq!(several[1], expected.clone().unwrap());
        prop_assert_eq!(several[3], expected.unwrap());
        prop_assert_eq!(several[0], quantile_of_sorted(&sorted, 0.9).unwrap());
        let effective = values.len() as f64 * 0.7;
        prop_assert_eq!(
            quantile_interval_by_rank(sorted.len(), 0.5, 0.9, effective, |rank| sorted[rank]),
            quantile_interval_of_sorted(&sorted, 0.5, 0.9, effective)
        );
    }
}
