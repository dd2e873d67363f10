//! Every public function refuses values that are not numbers or not probabilities. Long, because there is one line for
//! each function and argument.

use workbench_statistics::{
    Accumulator, Better, Counts, Design, Evidence, Interval, Layout, LoadPoint, MeanEstimate,
    PairTest, PrintedTest, ResampledTest, Rule, RunErrors, Sides, StatisticsError, Verdict,
    autocorrelation, batch_means, benjamini_hochberg, check_published, cliffs_delta,
    clopper_pearson, compare_error_rates, compare_runs, effective_count_at_level,
    effective_count_of_quantile, false_alarm_rate, family_verdicts, fit_scalability, games_howell,
    harrell_davis, harrell_davis_of_sorted, hedges_g, hodges_lehmann, holm, kruskal_wallis,
    mann_whitney, minimum_detectable_effect, needed_for_quantile_interval, noncentral_t_upper_tail,
    normal_density, normal_plot, paired_hodges_lehmann, paired_ratio_of_geometric_means,
    paired_ratio_of_trimmed_means, paired_t, pairwise_welch, pooled_t, power, prediction_ratio,
    prediction_t, quantile, quantile_by_rank, quantile_interval, quantile_interval_by_rank,
    quantile_interval_of_sorted, quantile_of_sorted, quantiles, ratio_of_geometric_means,
    resampled_means, runs_needed, shape, signed_rank, student_t_quantile, student_t_upper_tail,
    studentized_range_quantile, studentized_range_upper_tail, summary, trimmed_paired_t,
    two_proportions, verdict_of_interval, warm_up, welch, welch_anova, welch_from_estimates,
    wilson, wilson_of_dependent,
};

const NO_NUMBERS: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

/// Values that are not strictly between 0 and 1.
const NO_PROBABILITIES: [f64; 6] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 1.0, -0.5];

const RULE: Rule = Rule {
    margin: 0.05,
    alpha: 0.05,
    better: Better::Lower,
    layout: Layout::Independent,
};

const TEST: ResampledTest = ResampledTest {
    sample_size: 5,
    resamples: 10,
    alpha: 0.05,
};

const DESIGN: Design = Design::Unpaired {
    baseline: 5,
    candidate: 5,
};

const COUNTS: Counts = Counts {
    successes: 1,
    trials: 10,
};

/// Enough values for every function, all of them probabilities.
fn good() -> Vec<f64> {
    (0..300)
        .map(|i| 0.1 + f64::from(i * 7919 % 2003) / 3000.0)
        .collect()
}

/// The error of a call; `None` for a success.
type Refusal = Option<StatisticsError>;

/// All functions of a list of values. Functions of two lists get a valid second one.
fn of_lists(values: &[f64]) -> Vec<(&'static str, Refusal)> {
    let other = &good()[..];
    let pairs = Rule {
        layout: Layout::Pairs(PairTest::T),
        ..RULE
    };
    let count = values.len() as f64;
    vec![
        ("summary", summary(values).err()),
        ("accumulator", Accumulator::new().add(values).err()),
        ("normal_plot", normal_plot(values).err()),
        ("shape", shape(values).err()),
        ("quantile", quantile(values, 0.5).err()),
        ("harrell_davis", harrell_davis(values, 0.5).err()),
        (
            "quantile_interval",
            quantile_interval(values, 0.5, 0.9, count).err(),
        ),
        ("autocorrelation", autocorrelation(values, 1).err()),
        ("batch_means", batch_means(values, 0.9).err()),
        (
            "effective_count_of_quantile",
            effective_count_of_quantile(values, 0.5).err(),
        ),
        (
            "effective_count_at_level",
            effective_count_at_level(values, 0.5).err(),
        ),
        ("quantiles", quantiles(values, &[0.5, 0.9]).err()),
        ("warm_up", warm_up(values).err()),
        ("welch", welch(values, other, 0.9).err()),
        ("welch, second", welch(other, values, 0.9).err()),
        ("pooled_t", pooled_t(values, other, 0.9).err()),
        ("pooled_t, second", pooled_t(other, values, 0.9).err()),
        ("paired_t", paired_t(values, other, 0.9).err()),
        ("paired_t, second", paired_t(other, values, 0.9).err()),
        (
            "trimmed_paired_t",
            trimmed_paired_t(values, other, 0.9).err(),
        ),
        (
            "trimmed_paired_t, second",
            trimmed_paired_t(other, values, 0.9).err(),
        ),
        (
            "ratio of trimmed pairs",
            paired_ratio_of_trimmed_means(values, other, 0.9).err(),
        ),
        (
            "ratio of trimmed pairs, second",
            paired_ratio_of_trimmed_means(other, values, 0.9).err(),
        ),
        ("prediction_t", prediction_t(1.0, values, 0.9).err()),
        ("ratio", ratio_of_geometric_means(values, other, 0.9).err()),
        (
            "ratio, second",
            ratio_of_geometric_means(other, values, 0.9).err(),
        ),
        (
            "paired ratio",
            paired_ratio_of_geometric_means(values, other, 0.9).err(),
        ),
        (
            "paired ratio, second",
            paired_ratio_of_geometric_means(other, values, 0.9).err(),
        ),
        ("prediction_ratio", prediction_ratio(values, 1.0, 0.9).err()),
        ("hedges_g", hedges_g(values, other, 0.9).err()),
        ("cliffs_delta", cliffs_delta(values, other).err()),
        ("cliffs_delta, second", cliffs_delta(other, values).err()),
        ("mann_whitney", mann_whitney(values, other).err()),
        ("mann_whitney, second", mann_whitney(other, values).err()),
        ("signed_rank", signed_rank(values, other).err()),
        ("signed_rank, second", signed_rank(other, values).err()),
        ("hodges_lehmann", hodges_lehmann(values, other, 0.9).err()),
        (
            "hodges_lehmann, second",
            hodges_lehmann(other, values, 0.9).err(),
        ),
        (
            "paired_hodges_lehmann",
            paired_hodges_lehmann(values, other, 0.9).err(),
        ),
        (
            "paired_hodges_lehmann, second",
            paired_hodges_lehmann(other, values, 0.9).err(),
        ),
        ("kruskal_wallis", kruskal_wallis(&[other, values]).err()),
        ("welch_anova", welch_anova(&[other, values]).err()),
        ("games_howell", games_howell(&[other, values], 0.9).err()),
        (
            "pairwise_welch",
            pairwise_welch(&[other, values], 0.9).err(),
        ),
        ("holm", holm(values).err()),
        ("benjamini_hochberg", benjamini_hochberg(values).err()),
        ("compare_runs", compare_runs(values, other, &RULE).err()),
        (
            "compare_runs, second",
            compare_runs(other, values, &pairs).err(),
        ),
        (
            "resampled_means",
            resampled_means(values, 5, 10, 1, 0).err(),
        ),
        (
            "false_alarm_rate",
            false_alarm_rate(values, TEST, 10, 5, 1).err(),
        ),
    ]
}

#[test]
fn a_nan_is_refused_with_its_position() {
    for bad in NO_NUMBERS {
        let mut values = good();
        values[170] = bad;
        for (name, refusal) in of_lists(&values) {
            assert!(
                matches!(
                    refusal,
                    Some(StatisticsError::NotFinite { position: 170, .. })
                ),
                "{name} with {bad}: {refusal:?}"
            );
        }
    }
    let otherwise: Vec<f64> = good().into_iter().rev().collect();
    for (name, refusal) in of_lists(&otherwise) {
        assert_eq!(refusal, None, "{name}");
    }
}

#[test]
fn values_in_order_are_refused_for_an_infinite_end() {
    let refused = |values: &[f64], position: usize| {
        let expected = Some(StatisticsError::NotFinite {
            position,
            value: values[position],
        });
        assert_eq!(quantile_of_sorted(values, 0.5).err(), expected);
        assert_eq!(harrell_davis_of_sorted(values, 0.5).err(), expected);
        let interval = quantile_interval_of_sorted(values, 0.5, 0.9, 10.0);
        assert_eq!(interval.err(), expected);
    };
    refused(&[f64::NEG_INFINITY, 1.0, 2.0], 0);
    refused(&[1.0, 2.0, f64::INFINITY], 2);
}

/// All functions of an arbitrary finite number.
fn of_numbers(bad: f64) -> Vec<(&'static str, bool)> {
    let values = &good()[..];
    let estimate = |mean, standard_error| MeanEstimate {
        mean,
        standard_error,
        count: 10,
    };
    let ok = estimate(1.0, 0.1);
    let printed = |t| PrintedTest {
        first: 0,
        second: 1,
        t,
    };
    let sweep = |load, throughput| {
        let mut points: Vec<LoadPoint> = [1.0, 2.0, 4.0, 8.0]
            .map(|load| LoadPoint {
                load,
                throughput: 50.0 * load,
            })
            .to_vec();
        points.push(LoadPoint { load, throughput });
        fit_scalability(&points, 0.9).is_err()
    };
    let evidence = Evidence {
        p_regressed: bad,
        p_improved: 0.5,
        p_beyond_margin: 0.5,
    };
    let margin = Rule {
        margin: bad,
        ..RULE
    };
    let run = [RunErrors {
        failures: 1,
        requests: 10,
    }; 3];
    vec![
        ("normal_density", normal_density(bad, 0.0, 1.0).is_err()),
        ("its mean", normal_density(0.0, bad, 1.0).is_err()),
        ("its deviation", normal_density(0.0, 0.0, bad).is_err()),
        ("prediction_t", prediction_t(bad, values, 0.9).is_err()),
        (
            "prediction_ratio",
            prediction_ratio(values, bad, 0.9).is_err(),
        ),
        (
            "welch_from_estimates",
            welch_from_estimates(ok, estimate(bad, 0.1), 0.9).is_err(),
        ),
        (
            "its standard error",
            welch_from_estimates(estimate(1.0, bad), ok, 0.9).is_err(),
        ),
        (
            "check_published",
            check_published(&[ok, ok], &[printed(bad)], 2).is_err(),
        ),
        (
            "its groups",
            check_published(&[ok, estimate(1.0, bad)], &[printed(1.0)], 2).is_err(),
        ),
        ("fit_scalability", sweep(bad, 100.0)),
        ("its throughput", sweep(16.0, bad)),
        ("power", power(DESIGN, bad, 0.05, Sides::One).is_err()),
        (
            "runs_needed",
            runs_needed(DESIGN, bad, 0.05, Sides::Two, 0.8).is_err(),
        ),
        (
            "noncentral_t_upper_tail",
            noncentral_t_upper_tail(bad, 3.0, 0.0).is_err(),
        ),
        (
            "its non-centrality",
            noncentral_t_upper_tail(1.0, 3.0, bad).is_err(),
        ),
        (
            "studentized_range_upper_tail",
            studentized_range_upper_tail(bad, 3, 3.0).is_err(),
        ),
        (
            "family_verdicts",
            family_verdicts(&[(Verdict::Regressed, Some(evidence))], 0.05).is_err(),
        ),
        (
            "margin of compare_runs",
            compare_runs(values, values, &margin).is_err(),
        ),
        (
            "margin of compare_error_rates",
            compare_error_rates(&run, &run, &margin).is_err(),
        ),
    ]
}

#[test]
fn a_nan_is_refused() {
    for bad in NO_NUMBERS {
        for (name, refused) in of_numbers(bad) {
            assert!(refused, "{name} with {bad}");
        }
    }
    // Infinite degrees of freedom and an infinite t have limits.
    assert!(student_t_upper_tail(f64::NAN, 3.0).is_err());
    for (t, freedom) in [(1.0, f64::NAN), (1.0, f64::NEG_INFINITY), (1.0, 0.0)] {
        assert!(student_t_upper_tail(t, freedom).is_err());
        assert!(student_t_quantile(0.05, freedom).is_err());
        assert!(noncentral_t_upper_tail(t, freedom, 0.0).is_err());
        assert!(studentized_range_upper_tail(t, 3, freedom).is_err());
        assert!(studentized_range_quantile(0.05, 3, freedom).is_err());
    }
    // An effective sample size above the number of values counts as that number, but must not be NaN.
    assert!(quantile_interval(&good(), 0.5, 0.9, f64::NAN).is_err());
    assert!(quantile_interval(&good(), 0.5, 0.9, f64::NEG_INFINITY).is_err());
}

/// All functions of a probability, confidence or level strictly between 0 and 1.
fn of_probabilities(bad: f64) -> Vec<(&'static str, Refusal)> {
    let values = &good()[..];
    let groups = [&values[..5], &values[5..10]];
    let points = [1.0, 2.0, 4.0, 8.0].map(|load| LoadPoint {
        load,
        throughput: 50.0 * load,
    });
    let estimate = MeanEstimate {
        mean: 1.0,
        standard_error: 0.1,
        count: 10,
    };
    let level = Rule { alpha: bad, ..RULE };
    let run = [RunErrors {
        failures: 1,
        requests: 10,
    }; 3];
    vec![
        ("harrell_davis", harrell_davis(values, bad).err()),
        (
            "harrell_davis_of_sorted",
            harrell_davis_of_sorted(&[1.0, 2.0], bad).err(),
        ),
        (
            "quantile_interval",
            quantile_interval(values, bad, 0.9, 300.0).err(),
        ),
        (
            "quantile_interval_by_rank",
            quantile_interval_by_rank(300, bad, 0.9, 300.0, |_| 0.0).err(),
        ),
        (
            "its confidence",
            quantile_interval(values, 0.5, bad, 300.0).err(),
        ),
        (
            "needed_for_quantile_interval",
            needed_for_quantile_interval(bad, 0.9).err(),
        ),
        ("confidence", needed_for_quantile_interval(0.9, bad).err()),
        ("batch_means", batch_means(values, bad).err()),
        (
            "effective_count_of_quantile",
            effective_count_of_quantile(values, bad).err(),
        ),
        ("wilson", wilson(1, 10, bad).err()),
        (
            "wilson_of_dependent",
            wilson_of_dependent(1, 10, 5.0, bad).err(),
        ),
        ("clopper_pearson", clopper_pearson(1, 10, bad).err()),
        (
            "two_proportions",
            two_proportions(COUNTS, COUNTS, bad).err(),
        ),
        ("welch", welch(values, values, bad).err()),
        (
            "welch_from_estimates",
            welch_from_estimates(estimate, estimate, bad).err(),
        ),
        ("pooled_t", pooled_t(values, values, bad).err()),
        ("paired_t", paired_t(&[1.0, 3.0], &[1.0, 2.0], bad).err()),
        ("prediction_t", prediction_t(1.0, values, bad).err()),
        ("ratio", ratio_of_geometric_means(values, values, bad).err()),
        (
            "paired ratio",
            paired_ratio_of_geometric_means(&[1.0, 3.0], &[1.0, 2.0], bad).err(),
        ),
        ("prediction_ratio", prediction_ratio(values, 1.0, bad).err()),
        ("hedges_g", hedges_g(values, values, bad).err()),
        ("hodges_lehmann", hodges_lehmann(values, values, bad).err()),
        (
            "paired_hodges_lehmann",
            paired_hodges_lehmann(values, values, bad).err(),
        ),
        ("games_howell", games_howell(&groups, bad).err()),
        ("pairwise_welch", pairwise_welch(&groups, bad).err()),
        ("power", power(DESIGN, 1.0, bad, Sides::One).err()),
        (
            "minimum_detectable_effect",
            minimum_detectable_effect(DESIGN, bad, Sides::One, 0.8).err(),
        ),
        (
            "its power",
            minimum_detectable_effect(DESIGN, 0.05, Sides::One, bad).err(),
        ),
        (
            "runs_needed",
            runs_needed(DESIGN, 1.0, bad, Sides::One, 0.8).err(),
        ),
        (
            "its power",
            runs_needed(DESIGN, 1.0, 0.05, Sides::One, bad).err(),
        ),
        ("compare_runs", compare_runs(values, values, &level).err()),
        (
            "compare_error_rates",
            compare_error_rates(&run, &run, &level).err(),
        ),
        ("family_verdicts", family_verdicts(&[], bad).err()),
        ("fit_scalability", fit_scalability(&points, bad).err()),
        (
            "false_alarm_rate",
            false_alarm_rate(values, ResampledTest { alpha: bad, ..TEST }, 10, 5, 1).err(),
        ),
        ("student_t_quantile", student_t_quantile(bad, 3.0).err()),
        (
            "studentized_range_quantile",
            studentized_range_quantile(bad, 3, 3.0).err(),
        ),
    ]
}

#[test]
fn probabilities_must_be_strictly_between_0_and_1() {
    for bad in NO_PROBABILITIES {
        for (name, refusal) in of_probabilities(bad) {
            assert!(
                matches!(refusal, Some(StatisticsError::ImpossibleProbability { .. })),
                "{name} with {bad}: {refusal:?}"
            );
        }
    }
    for (name, refusal) in of_probabilities(0.3) {
        assert_eq!(refusal, None, "{name}");
    }
    for bad in [f64::NAN, f64::INFINITY, -0.5, 1.5] {
        assert!(quantile(&good(), bad).is_err());
        assert!(quantile_of_sorted(&[1.0, 2.0], bad).is_err());
        assert!(quantile_by_rank(2, bad, |_| 1.0).is_err());
        assert!(quantiles(&good(), &[0.5, bad]).is_err());
        assert!(holm(&[0.5, bad]).is_err());
    }
}

#[test]
fn no_values_to_be_asked_for_are_too_few() {
    let refused = quantile_by_rank(0, 0.5, |_| unreachable!("there are none"));
    let expected = StatisticsError::TooFewValues {
        needed: 1,
        found: 0,
    };
    assert_eq!(refused, Err(expected));
}

#[test]
fn a_bound_that_is_not_a_number_is_inconclusive() {
    for better in [Better::Lower, Better::Higher] {
        for (lower, upper) in [(f64::NAN, -0.1), (0.1, f64::NAN), (f64::NAN, f64::NAN)] {
            let verdict = verdict_of_interval(lower, upper, 0.05, better);
            assert_eq!(verdict, Verdict::Inconclusive);
        }
    }
    let nowhere = Interval {
        lower: f64::NAN,
        upper: f64::NAN,
        confidence: 0.9,
    };
    assert!(!nowhere.contains(0.0));
}
