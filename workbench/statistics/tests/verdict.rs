//! Verdicts, sample sizes and published tables. Long, because there is one test for each rule.

use workbench_statistics::{
    Better, Evidence, Layout, MeanEstimate, Method, PairTest, PrintedTest, ResampledTest, Rule,
    RunErrors, StatisticsError, Verdict, VerdictWarning, check_published, compare_error_rates,
    compare_runs, false_alarm_rate, family_verdicts, verdict_of_interval,
};

const RULE: Rule = Rule {
    margin: 0.05,
    alpha: 0.05,
    better: Better::Lower,
    layout: Layout::Independent,
};

const PAIRS: Rule = Rule {
    layout: Layout::Pairs(PairTest::T),
    ..RULE
};

/// Runs around 100, all different.
fn runs(count: usize, factor: f64) -> Vec<f64> {
    (0..count)
        .map(|i| factor * (100.0 + [0.0, 2.0, -1.0, 1.0, -2.0][i % 5] + 0.1 * (i * i % 7) as f64))
        .collect()
}

#[test]
fn the_order_of_the_verdicts_is_equivalent_regressed_improved_inconclusive() {
    let judge = |lower, upper| verdict_of_interval(lower, upper, 0.05, Better::Lower);
    // Significantly worse, but by less than the margin.
    assert_eq!(judge(0.01, 0.04), Verdict::Equivalent);
    assert_eq!(judge(-0.04, -0.01), Verdict::Equivalent);
    assert_eq!(judge(0.01, 0.05), Verdict::Regressed);
    assert_eq!(judge(-0.05, -0.01), Verdict::Improved);
    assert_eq!(judge(0.0, 0.06), Verdict::Inconclusive);
    // Without a margin nothing is equivalent.
    assert_eq!(
        verdict_of_interval(-1e-9, 1e-9, 0.0, Better::Lower),
        Verdict::Inconclusive
    );
}

#[test]
fn a_fall_of_throughput_is_a_regression() {
    let throughput = Rule {
        better: Better::Higher,
        ..RULE
    };
    let slower = compare_runs(&runs(10, 1.0), &runs(10, 0.8), &throughput).unwrap();
    assert_eq!(slower.verdict, Verdict::Regressed);
    assert!(slower.strict_regression);
    let evidence = slower.evidence.unwrap();
    assert!(evidence.p_regressed < 1e-6 && evidence.p_beyond_margin < 1e-6);
    assert!(slower.minimum_detectable_change.unwrap() < 0.0);
    assert!(slower.cross_check.unwrap().p_regressed < 1e-3);

    let faster = compare_runs(&runs(10, 1.0), &runs(10, 1.2), &throughput).unwrap();
    assert_eq!(faster.verdict, Verdict::Improved);
    assert!(!faster.strict_regression);
}

#[test]
fn a_regression_is_strict_only_beyond_the_margin() {
    let comparison = compare_runs(&runs(5, 1.0), &runs(5, 1.06), &RULE).unwrap();
    assert_eq!(comparison.verdict, Verdict::Regressed);
    assert!(!comparison.strict_regression);
    assert!(comparison.evidence.unwrap().p_beyond_margin > 0.05);
}

#[test]
fn one_run_against_one_is_always_inconclusive() {
    for rule in [RULE, PAIRS] {
        let comparison = compare_runs(&[100.0], &[900.0], &rule).unwrap();
        assert_eq!(comparison.verdict, Verdict::Inconclusive);
        assert_eq!(comparison.warnings, [VerdictWarning::SingleRuns]);
        assert_eq!(comparison.ratio, None);
    }
}

#[test]
fn one_run_is_judged_against_a_history_of_ten_and_not_of_nine() {
    let short = compare_runs(&runs(9, 1.0), &[150.0], &RULE).unwrap();
    assert_eq!(short.verdict, Verdict::Inconclusive);
    let too_short = VerdictWarning::HistoryTooShort {
        runs: 9,
        needed: 10,
    };
    assert_eq!(short.warnings, [too_short]);

    let long = compare_runs(&runs(10, 1.0), &[150.0], &RULE).unwrap();
    assert_eq!(long.method, Some(Method::Prediction));
    assert_eq!(long.verdict, Verdict::Regressed);
    assert_eq!(long.warnings, [VerdictWarning::SingleCandidate]);
    assert_eq!(long.cross_check, None);
}

#[test]
fn two_runs_are_too_few() {
    let comparison = compare_runs(&runs(2, 1.0), &runs(20, 2.0), &RULE).unwrap();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    let too_few = VerdictWarning::TooFewRuns { runs: 2, needed: 3 };
    assert_eq!(comparison.warnings, [too_few]);
}

#[test]
fn gate_is_inconclusive_with_three_noisy_runs() {
    let comparison = compare_runs(&[100.0, 120.0, 90.0], &[105.0, 95.0, 125.0], &RULE).unwrap();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert_eq!(
        comparison.warnings,
        [VerdictWarning::LargeEffectsOnly { runs: 3 }]
    );
    // Runs that vary by 14%, to find 5%: about 2 (1.645 + 0.842)² (0.14/0.049)² runs on either side.
    let needed = comparison.runs_needed.unwrap();
    assert!((80..140).contains(&needed), "{needed}");
    assert!(comparison.minimum_detectable_change.unwrap() > 0.3);
}

#[test]
fn three_runs_find_a_large_regression_but_no_equivalence() {
    let worse = compare_runs(&runs(3, 1.0), &runs(3, 1.5), &RULE).unwrap();
    assert_eq!(worse.verdict, Verdict::Regressed);

    let same = compare_runs(&[100.0, 100.1, 99.9], &[100.0, 99.8, 100.2], &RULE).unwrap();
    assert_eq!(same.verdict, Verdict::Inconclusive);
    assert_eq!(
        same.warnings,
        [
            VerdictWarning::LargeEffectsOnly { runs: 3 },
            VerdictWarning::EquivalenceNeedsMoreRuns { needed: 5 }
        ]
    );
}

#[test]
fn pairs_take_out_what_both_runs_share() {
    // The machine becomes slower by half. The candidate stays 8% above.
    let baseline = [100.0, 111.0, 120.0, 133.0, 150.0];
    let candidate = [108.1, 119.7, 129.9, 143.3, 162.3];

    let grouped = compare_runs(&baseline, &candidate, &RULE).unwrap();
    assert_eq!(grouped.verdict, Verdict::Inconclusive);
    let paired = compare_runs(&baseline, &candidate, &PAIRS).unwrap();
    assert_eq!(paired.method, Some(Method::Paired));
    assert_eq!(paired.verdict, Verdict::Regressed);
    assert!(paired.strict_regression);
    assert_eq!(paired.runs_needed, None);
    assert_eq!(
        compare_runs(&baseline, &candidate[..4], &PAIRS),
        Err(StatisticsError::NotPaired {
            first: 5,
            second: 4
        })
    );
}

#[test]
fn equal_runs_are_inconclusive_and_say_why() {
    let comparison = compare_runs(&[7.0; 5], &[7.0; 5], &PAIRS).unwrap();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert_eq!(comparison.warnings, [VerdictWarning::NoVariation]);
}

#[test]
fn ranks_that_do_not_confirm_a_verdict_are_reported() {
    // Nine runs are slightly faster, and one is so slow that it dominates the mean of logarithms. By ranks, there is no
    // rise.
    let baseline: Vec<f64> = (0..10).map(|i| 100.0 + 0.01 * f64::from(i)).collect();
    let mut candidate: Vec<f64> = (0..40).map(|i| 100.05 + 0.0001 * f64::from(i)).collect();
    for value in &mut candidate[..10] {
        *value *= 1.2;
    }
    for value in &mut candidate[10..25] {
        *value *= 0.99;
    }
    let comparison = compare_runs(
        &baseline,
        &candidate,
        &Rule {
            margin: 0.001,
            ..RULE
        },
    )
    .unwrap();
    assert_eq!(comparison.verdict, Verdict::Regressed);
    assert!(
        matches!(
            comparison.warnings[..],
            [VerdictWarning::CrossCheckDisagrees { p }] if p > 0.05
        ),
        "{comparison:?}"
    );
}

#[test]
fn an_invalid_rule_is_refused() {
    let values = runs(5, 1.0);
    for rule in [
        Rule { alpha: 0.5, ..RULE },
        Rule { alpha: 0.0, ..RULE },
        Rule {
            margin: -0.1,
            ..RULE
        },
        Rule {
            margin: f64::NAN,
            ..RULE
        },
    ] {
        assert!(compare_runs(&values, &values, &rule).is_err(), "{rule:?}");
    }
    assert!(compare_runs(&[], &values, &RULE).is_err());
    assert!(compare_runs(&[0.0, 1.0, 2.0], &values, &RULE).is_err());
}

fn errors(failures: &[u64], requests: u64) -> Vec<RunErrors> {
    failures
        .iter()
        .map(|&failures| RunErrors { failures, requests })
        .collect()
}

#[test]
fn no_failures_at_all_are_equivalent_once_there_are_enough_requests() {
    let rule = Rule {
        margin: 0.001,
        ..RULE
    };
    let many = errors(&[0; 5], 10_000);
    let comparison = compare_error_rates(&many, &many, &rule).unwrap();
    assert_eq!(comparison.verdict, Verdict::Equivalent);
    assert_eq!(comparison.between_runs, None);
    // z²/(n + z²) with z = 1.645 and 50,000 requests
    assert!(
        (comparison.interval.upper - 5.41e-5).abs() < 1e-7,
        "{comparison:?}"
    );

    let few = errors(&[0; 5], 100);
    let comparison = compare_error_rates(&few, &few, &rule).unwrap();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
}

#[test]
fn error_rates_that_vary_from_run_to_run_need_more_than_many_requests() {
    let rule = Rule {
        margin: 0.0,
        ..RULE
    };
    // 250 against 450 of 50,000: nine standard errors by the requests, one burst by the runs.
    let steady = errors(&[50, 55, 45, 52, 48], 10_000);
    let burst = errors(&[50, 250, 45, 52, 48], 10_000);
    let comparison = compare_error_rates(&steady, &burst, &rule).unwrap();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert!(comparison.runs_needed.is_none());

    let risen = errors(&[90, 95, 85, 92, 88], 10_000);
    let comparison = compare_error_rates(&steady, &risen, &rule).unwrap();
    assert_eq!(comparison.verdict, Verdict::Regressed);
    assert!(comparison.evidence.unwrap().p_regressed < 1e-4);
}

#[test]
fn success_rates_are_judged_in_the_other_direction() {
    let rule = Rule {
        margin: 0.001,
        better: Better::Higher,
        ..RULE
    };
    let good = errors(&[9990, 9991, 9989, 9990, 9992], 10_000);
    let bad = errors(&[9890, 9891, 9899, 9895, 9892], 10_000);
    let comparison = compare_error_rates(&good, &bad, &rule).unwrap();
    assert_eq!(comparison.verdict, Verdict::Regressed);
    assert!(comparison.strict_regression);
    assert!(comparison.evidence.unwrap().p_beyond_margin < 0.001);
}

#[test]
fn the_verdict_on_error_rates_agrees_with_its_p_value() {
    for failures in [10, 15, 20, 22, 25, 30, 50] {
        let before = errors(&[10, 12, 8, 11, 9], 10_000);
        let after = errors(
            &[failures, failures + 2, failures - 2, failures + 1, failures],
            10_000,
        );
        let comparison = compare_error_rates(
            &before,
            &after,
            &Rule {
                margin: 0.0,
                ..RULE
            },
        )
        .unwrap();
        let evidence = comparison.evidence.unwrap();
        assert_eq!(
            comparison.verdict == Verdict::Regressed,
            evidence.p_regressed < 0.05,
            "{comparison:?}"
        );
    }
}

#[test]
fn one_run_s_error_rate_is_left_to_absolute_thresholds() {
    let comparison = compare_error_rates(&errors(&[0], 1000), &errors(&[900], 1000), &RULE);
    let comparison = comparison.unwrap();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert_eq!(comparison.evidence, None);
    assert!(!comparison.strict_regression);
    assert!(compare_error_rates(&errors(&[1], 0), &errors(&[0], 1), &RULE).is_err());
    assert!(compare_error_rates(&errors(&[2], 1), &errors(&[0], 1), &RULE).is_err());
}

#[test]
fn an_invalid_member_does_not_count_in_its_family() {
    let evidence = Some(Evidence {
        p_regressed: 0.04,
        p_improved: 0.96,
        p_beyond_margin: 0.04,
    });
    let members = [
        (Verdict::Regressed, evidence),
        (Verdict::Invalid, evidence),
        (Verdict::Inconclusive, None),
    ];
    let verdicts = family_verdicts(&members, 0.05).unwrap();
    assert_eq!(verdicts[0].verdict, Verdict::Regressed);
    assert!(verdicts[0].strict_regression);
    assert_eq!(verdicts[1].verdict, Verdict::Invalid);
    assert_eq!(verdicts[1].adjusted, None);
    assert_eq!(verdicts[2].verdict, Verdict::Inconclusive);

    let lost = family_verdicts(&[members[0]; 2], 0.05).unwrap();
    assert_eq!(lost[0].verdict, Verdict::Inconclusive);
    assert_eq!(
        lost[0].warning,
        Some(VerdictWarning::LostInFamily { p: 0.08 })
    );
}

/// Figure 54 of the student report.
#[test]
fn the_published_t_values_do_not_follow_from_the_published_standard_errors() {
    let groups = [(168.2088, 2.4462), (563.1481, 4.7189), (1015.5730, 7.6377)].map(
        |(mean, standard_error)| MeanEstimate {
            mean,
            standard_error,
            count: 1000,
        },
    );
    let printed = [(0, 1, -155.4008), (1, 2, -94.1281), (0, 2, -196.2082)]
        .map(|(first, second, t)| PrintedTest { first, second, t });

    let check = check_published(&groups, &printed, 4).unwrap();

    for (test, expected) in check.tests.iter().zip([-74.30, -50.39, -105.66]) {
        assert!(!test.reproducible);
        assert!((test.recomputed.t - expected).abs() < 0.005);
        assert!(test.possible_t[0] < test.recomputed.t && test.recomputed.t < test.possible_t[1]);
    }
    let implied = check.implied_standard_errors.unwrap();
    for (found, expected) in implied.iter().zip([1.0019, 2.3356, 4.2009]) {
        assert!((found - expected).abs() < 5e-5, "{implied:?}");
    }
    // With these it would be.
    let mut mended = groups;
    for (group, standard_error) in mended.iter_mut().zip(implied) {
        group.standard_error = standard_error;
    }
    let check = check_published(&mended, &printed, 4).unwrap();
    assert!(check.tests.iter().all(|test| test.reproducible));
}

#[test]
fn a_table_of_two_groups_implies_no_standard_errors() {
    let group = MeanEstimate {
        mean: 1.0,
        standard_error: 0.1,
        count: 10,
    };
    let printed = PrintedTest {
        first: 0,
        second: 1,
        t: 0.0,
    };
    let check = check_published(&[group; 2], &[printed], 2).unwrap();
    assert_eq!(check.implied_standard_errors, None);
    assert!(check.tests[0].reproducible);
    let missing = PrintedTest {
        second: 2,
        ..printed
    };
    assert!(check_published(&[group; 2], &[missing], 2).is_err());
}

#[test]
fn the_false_alarm_rate_is_the_same_for_the_same_seed_and_refuses_what_it_cannot_do() {
    let test = ResampledTest {
        sample_size: 50,
        resamples: 200,
        alpha: 0.05,
    };
    let values: Vec<f64> = (0..500).map(|i| f64::from(i * 7 % 101)).collect();
    let found = false_alarm_rate(&values, test, 10, 30, 1).unwrap();
    assert_eq!(found, false_alarm_rate(&values, test, 10, 30, 1).unwrap());
    assert_eq!((found.trials, found.run_length), (30, 500));
    assert_eq!(found.rate, f64::from(found.alarms) / 30.0);

    assert!(false_alarm_rate(&values, test, 0, 30, 1).is_err());
    assert!(false_alarm_rate(&values, test, 251, 30, 1).is_err());
    assert!(false_alarm_rate(&values, test, 10, 0, 1).is_err());
    assert_eq!(
        false_alarm_rate(&[3.0; 100], test, 10, 1, 1),
        Err(StatisticsError::NoVariation)
    );
}
