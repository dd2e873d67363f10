//! Comparisons between runs, checked against results of other programs. Long, because there is one test for each
//! result.

#[path = "support/close.rs"]
mod close;

use close::assert_close;
use workbench_statistics::{
    Design, MannWhitney, NullDistribution, Sides, StatisticsError, benjamini_hochberg,
    cliffs_delta, games_howell, hedges_g, hodges_lehmann, holm, kruskal_wallis, mann_whitney,
    minimum_detectable_effect, paired_hodges_lehmann, paired_ratio_of_geometric_means, paired_t,
    pairwise_welch, pooled_t, power, prediction_ratio, ratio_of_geometric_means, runs_needed,
    signed_rank, welch, welch_anova,
};

/// R's data set `sleep`.
const SLEEP: [[f64; 10]; 2] = [
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
];

/// Three groups of different size and spread.
const GROUPS: [&[f64]; 3] = [
    &[24.5, 23.5, 26.4, 27.1, 29.9, 25.0],
    &[28.4, 34.2, 29.5, 40.2, 30.1],
    &[26.1, 28.3, 24.3, 26.2],
];

#[test]
fn the_t_tests_give_scipy_s_answers_for_the_sleep_data() {
    // scipy.stats.ttest_ind, ttest_rel and confidence_interval of the latter 1.17.1
    let [first, second] = SLEEP;

    let pooled = pooled_t(&first, &second, 0.95).unwrap();
    assert_close(pooled.t, -1.860_813_467_486_852_4, 1e-14);
    assert_close(pooled.p, 0.079_186_714_215_938_22, 1e-12);
    assert_eq!(pooled.degrees_of_freedom, 18.0);

    let paired = paired_t(&first, &second, 0.95).unwrap();
    assert_close(paired.t, -4.062_127_683_382_037, 1e-13);
    assert_close(paired.p, 0.002_832_890_197_384_273, 1e-12);
    assert_close(paired.interval.lower, -2.459_885_763, 1e-9);
    assert_close(paired.interval.upper, -0.700_114_237, 1e-9);

    let welch = welch(&first, &second, 0.95).unwrap();
    assert_close(welch.p, 0.079_394_14, 1e-7);
    assert_close(welch.p_less, welch.p / 2.0, 1e-14);
    assert_close(welch.p_greater, 1.0 - welch.p / 2.0, 1e-14);
}

#[test]
fn a_ratio_is_the_exponential_of_a_difference_of_logarithms() {
    let baseline = [101.0, 99.0, 104.0, 97.0, 100.0];
    let candidate = [108.0, 111.0, 104.0, 107.0, 115.0];
    let logarithms = |values: [f64; 5]| values.map(f64::ln);

    let ratio = ratio_of_geometric_means(&baseline, &candidate, 0.9).unwrap();
    let expected = welch(&logarithms(candidate), &logarithms(baseline), 0.9).unwrap();
    assert_eq!(ratio.logarithms, expected);
    assert_eq!(ratio.interval.lower, expected.interval.lower.exp());

    let paired = paired_ratio_of_geometric_means(&baseline, &candidate, 0.9).unwrap();
    let expected = paired_t(&logarithms(candidate), &logarithms(baseline), 0.9).unwrap();
    assert_eq!(paired.logarithms, expected);
    assert_close(paired.ratio, ratio.ratio, 1e-12);
}

#[test]
fn a_value_without_logarithm_is_refused_by_position() {
    let refused = Err(StatisticsError::NotPositive {
        position: 1,
        value: 0.0,
    });
    assert_eq!(
        ratio_of_geometric_means(&[1.0, 0.0], &[1.0, 2.0], 0.9),
        refused
    );
    assert_eq!(prediction_ratio(&[1.0, 0.0], 2.0, 0.9), refused);
}

#[test]
fn lists_of_different_length_make_no_pairs() {
    let refused = StatisticsError::NotPaired {
        first: 2,
        second: 3,
    };
    let (two, three) = ([1.0, 2.0], [1.0, 2.0, 3.0]);
    assert_eq!(paired_t(&two, &three, 0.9), Err(refused.clone()));
    assert_eq!(signed_rank(&two, &three), Err(refused.clone()));
    assert_eq!(paired_hodges_lehmann(&two, &three, 0.9), Err(refused));
}

#[test]
fn mann_whitney_counts_permutations_with_ties() {
    let a = [1.0, 2.0, 2.0, 3.0, 5.0, 5.0, 7.0];
    let b = [2.0, 4.0, 5.0, 6.0, 8.0, 9.0, 9.0, 9.0];

    let test = mann_whitney(&a, &b).unwrap();

    // scipy.stats.permutation_test 1.17.1 over all 6,435 permutations, the statistic being the sum of rankdata
    assert_eq!(test.u, 11.0);
    assert_close(test.p_less, 0.024_708_624_708_624_71, 1e-13);
    assert_close(test.p_greater, 0.980_730_380_730_380_8, 1e-13);
    assert_eq!(test.null_distribution, NullDistribution::Exact);

    let swapped = mann_whitney(&b, &a).unwrap();
    assert_close(swapped.p_greater, test.p_less, 1e-13);
    assert_eq!(swapped.u, 56.0 - 11.0);
}

#[test]
fn mann_whitney_gives_scipy_s_exact_answer_without_ties() {
    let a: Vec<f64> = (0..10).map(|i| f64::from(i) * 1.7 + 0.3).collect();
    let b: Vec<f64> = (0..12).map(|i| f64::from(i) * 1.5 + 3.01).collect();
    let test = mann_whitney(&a, &b).unwrap();
    assert_eq!(test.u, 39.0);
    assert_close(test.p, 0.180_194_418_584_511_5, 1e-13);

    let a: Vec<f64> = (0..50).map(f64::from).collect();
    let b: Vec<f64> = (0..50).map(|i| f64::from(i) + 14.5).collect();
    let test = mann_whitney(&a, &b).unwrap();
    assert_close(test.p, 1.184_493_748_871_842_9e-5, 1e-12);
}

#[test]
fn mann_whitney_of_many_values_is_normal_with_tie_and_continuity_correction() {
    let a: Vec<f64> = (0..60).map(|i| f64::from(i / 2)).collect();
    let b: Vec<f64> = (0..55).map(|i| f64::from(i / 2 + 5)).collect();

    let test = mann_whitney(&a, &b).unwrap();

    // scipy.stats.mannwhitneyu(a, b, method="asymptotic")
    assert_eq!(test.u, 1250.0);
    assert_close(test.p, 0.025_227_221_575_151_098, 1e-12);
    assert_eq!(test.null_distribution, NullDistribution::Normal);
}

#[test]
fn rank_tests_take_raw_requests_without_squaring_them() {
    let a: Vec<f64> = (0..200_000).map(|i| f64::from(i % 1000)).collect();
    let b: Vec<f64> = (0..200_000).map(|i| f64::from(i % 1000) + 10.0).collect();

    assert!(mann_whitney(&a, &b).unwrap().p < 1e-6);
    let shift = hodges_lehmann(&b, &a, 0.95).unwrap();
    assert_eq!(shift.estimate, 10.0);
    assert_eq!(paired_hodges_lehmann(&b, &a, 0.95).unwrap().estimate, 10.0);
}

#[test]
fn signed_rank_counts_signs_with_and_without_ties() {
    let zeros = [0.0; 10];
    let differences = [1.1, 2.2, -0.3, 0.4, 3.1, 1.7, -0.9, 2.8, 0.6, 1.5];
    let test = signed_rank(&differences, &zeros).unwrap();
    // scipy.stats.wilcoxon(differences, method="exact")
    assert_eq!(test.w, 50.0);
    assert_eq!(test.p, 0.019_531_25);
    assert_eq!(test.p_greater, 0.009_765_625);

    // By listing all 256 signs with itertools.product over scipy.stats.rankdata.
    let tied = [1.0, 1.0, 2.0, -2.0, 3.0, 3.0, -1.0, 4.0];
    let test = signed_rank(&tied, &zeros[..8]).unwrap();
    assert_eq!(
        (test.w, test.p_greater, test.p_less),
        (29.5, 0.070_312_5, 0.960_937_5)
    );

    // scipy.stats.wilcoxon(first, second, zero_method="wilcox") leaves one equal pair out.
    let [first, second] = SLEEP;
    let test = signed_rank(&first, &second).unwrap();
    assert_eq!((test.equal, test.differences, test.w), (1, 9, 0.0));
    assert_eq!(test.p, 0.003_906_25);
}

#[test]
fn signed_rank_stays_exact_for_hundreds_of_pairs() {
    let differences: Vec<f64> = (1..=120)
        .map(|i| {
            if i % 3 == 1 {
                -f64::from(i)
            } else {
                f64::from(i)
            }
        })
        .collect();
    let test = signed_rank(&differences, &[0.0; 120]).unwrap();
    // scipy.stats.wilcoxon(differences, method="exact")
    assert_close(test.p, 0.000_948_514_043_876_080_8, 1e-11);
}

#[test]
fn hodges_lehmann_picks_the_order_statistics_that_the_rank_tests_reject_beyond() {
    let [first, second] = SLEEP;

    // All differences sorted with NumPy; P(U < r) exceeds 2.5% from r = 25 on, so the 24th from either end.
    let shift = hodges_lehmann(&first, &second, 0.95).unwrap();
    let interval = shift.interval.unwrap();
    assert_close(shift.estimate, -1.35, 1e-12);
    assert_close(interval.lower, -3.6, 1e-12);
    assert_close(interval.upper, 0.1, 1e-12);
    assert!(interval.confidence >= 0.95 && interval.confidence < 0.96);

    // P(W < r) exceeds 2.5% from r = 10 on: the 9th of 55 averages from either end.
    let shift = paired_hodges_lehmann(&first, &second, 0.95).unwrap();
    let interval = shift.interval.unwrap();
    assert_close(shift.estimate, -1.3, 1e-12);
    assert_close(interval.lower, -2.7, 1e-12);
    assert_close(interval.upper, -0.9, 1e-12);
}

#[test]
fn too_few_values_have_no_interval_of_the_confidence_asked_for() {
    let three = [1.0, 2.0, 3.0];
    let shift = hodges_lehmann(&three, &three, 0.95).unwrap();
    assert_eq!(shift.interval, None);
    assert_eq!(shift.estimate, 0.0);
    // 2 of 20 permutations: 90% is the highest possible confidence.
    let interval = hodges_lehmann(&three, &three, 0.9).unwrap().interval;
    assert_close(interval.unwrap().confidence, 0.9, 1e-12);
}

#[test]
fn kruskal_wallis_gives_scipy_s_answers() {
    let without_ties: [&[f64]; 3] = [
        &[24.5, 23.5, 26.4, 27.1, 29.9],
        &[28.4, 34.2, 29.5, 32.2, 30.1],
        &[26.1, 28.3, 24.3, 26.2, 27.8],
    ];
    let test = kruskal_wallis(&without_ties).unwrap();
    assert_close(test.h, 7.94, 1e-12);
    assert_close(test.p, 0.018_873_433_135_151_513, 1e-12);

    let with_ties: [&[f64]; 3] = [
        &[1.0, 2.0, 2.0, 3.0],
        &[2.0, 4.0, 4.0, 5.0, 5.0],
        &[3.0, 5.0, 6.0, 6.0],
    ];
    let test = kruskal_wallis(&with_ties).unwrap();
    assert_close(test.h, 6.861_756_373_937_675, 1e-12);
    assert_close(test.p, 0.032_358_511_468_509_175, 1e-12);
    assert_eq!(
        kruskal_wallis(&[&[1.0, 1.0], &[1.0]]),
        Err(StatisticsError::NoVariation)
    );
}

#[test]
fn games_howell_gives_scipy_s_answers() {
    let pairs = games_howell(&GROUPS, 0.95).unwrap();

    // scipy.stats.tukey_hsd(*groups, equal_var=False) 1.17.1
    let expected = [
        (0, 1, 0.083_382_35, -13.853_134_42, 1.026_467_76),
        (0, 2, 0.991_060_66, -3.712_828_13, 3.396_161_46),
        (1, 2, 0.090_592_92, -1.230_976_13, 13.740_976_13),
    ];
    for (pair, (first, second, p, lower, upper)) in pairs.iter().zip(expected) {
        assert_eq!((pair.first, pair.second), (first, second));
        assert_close(pair.p, p, 1e-7);
        assert_close(pair.interval.lower, lower, 1e-7);
        assert_close(pair.interval.upper, upper, 1e-7);
    }
}

#[test]
fn pairwise_welch_adjusts_by_holm() {
    let pairs = pairwise_welch(&GROUPS, 0.95).unwrap();

    let alone: Vec<f64> = pairs.iter().map(|pair| pair.alone.p).collect();
    let adjusted: Vec<f64> = pairs.iter().map(|pair| pair.p).collect();
    assert_eq!(adjusted, holm(&alone).unwrap());
    for pair in &pairs {
        let width = pair.interval.upper - pair.interval.lower;
        assert!(width > pair.alone.interval.upper - pair.alone.interval.lower);
    }
}

#[test]
fn welch_s_anova_gives_the_answer_of_scipy_and_statsmodels() {
    let anova = welch_anova(&GROUPS).unwrap();

    // statsmodels 0.15.0 anova_oneway(use_var="unequal"); scipy.stats.f_oneway(equal_var=False)
    assert_close(anova.f, 3.628_005_324_279_496, 1e-12);
    assert_close(
        anova.denominator_degrees_of_freedom,
        7.379_124_032_403_952,
        1e-12,
    );
    assert_close(anova.p, 0.079_938_150_020_645_69, 1e-12);
}

#[test]
fn adjusted_p_values_are_those_of_statsmodels_and_scipy() {
    // statsmodels 0.15.0 multipletests(method="holm"), scipy.stats.false_discovery_control 1.17.1
    let p = [0.01, 0.02, 0.03, 0.04, 0.05];
    for (found, expected) in holm(&p).unwrap().iter().zip([0.05, 0.08, 0.09, 0.09, 0.09]) {
        assert_close(*found, expected, 1e-15);
    }
    for found in benjamini_hochberg(&p).unwrap() {
        assert_close(found, 0.05, 1e-15);
    }
    assert_eq!(holm(&[]), Ok(vec![]));
    assert!(holm(&[0.5, 1.5]).is_err());
}

#[test]
fn effect_sizes_are_those_of_their_definitions() {
    let effect = hedges_g(&[3.0, 4.0, 5.0, 6.0], &[1.0, 2.0, 3.0, 4.0], 0.95).unwrap();
    // scipy.stats.nct and scipy.optimize.brentq 1.17.1
    assert_close(effect.g, 1.345_670_678_410_752_2, 1e-12);
    assert_close(effect.interval.lower, -0.124_608_409_518_717_06, 1e-9);
    assert_close(effect.interval.upper, 3.133_741_891_952_183_3, 1e-9);

    assert_eq!(cliffs_delta(&[5.0, 6.0], &[1.0, 2.0]).unwrap(), 1.0);
    assert_eq!(cliffs_delta(&[1.0, 1.0], &[1.0]).unwrap(), 0.0);
}

#[test]
fn power_is_that_of_statsmodels() {
    let unpaired = |baseline, candidate| Design::Unpaired {
        baseline,
        candidate,
    };
    // statsmodels 0.15.0 TTestIndPower and TTestPower
    let cases = [
        (unpaired(20, 20), 1.0, 0.868_953_027_723_989_7),
        (unpaired(8, 16), 0.7, 0.339_751_875_331_885),
        (Design::Paired { pairs: 15 }, 0.5, 0.437_926_710_688_505_14),
    ];
    for (design, effect, expected) in cases {
        assert_close(
            power(design, effect, 0.05, Sides::Two).unwrap(),
            expected,
            1e-11,
        );
    }
}

#[test]
fn the_minimum_detectable_effect_is_that_of_scipy_s_non_central_t() {
    // scipy.stats.nct solved by scipy.optimize.brentq 1.17.1; statsmodels' solve_power agrees to seven digits.
    for (runs, unpaired, paired) in [
        (3, 2.481_946_270_474_949, 2.297_274_767_305_170_8),
        (5, 1.724_607_344_246_187_1, 1.359_417_958_854_947_5),
        (10, 1.156_297_143_705_986_8, 0.852_837_512_238_549_5),
    ] {
        let design = Design::Unpaired {
            baseline: runs,
            candidate: runs,
        };
        let found = minimum_detectable_effect(design, 0.05, Sides::One, 0.8).unwrap();
        assert_close(found, unpaired, 1e-9);
        let design = Design::Paired { pairs: runs };
        let found = minimum_detectable_effect(design, 0.05, Sides::One, 0.8).unwrap();
        assert_close(found, paired, 1e-9);
    }
    let design = Design::Unpaired {
        baseline: 5,
        candidate: 5,
    };
    let found = minimum_detectable_effect(design, 0.05, Sides::Two, 0.8).unwrap();
    assert_close(found, 2.024_439_339_384_543, 1e-9);
}

#[test]
fn the_runs_needed_are_the_least_with_the_power() {
    let unpaired = Design::Unpaired {
        baseline: 2,
        candidate: 2,
    };
    // statsmodels solve_power: 99.08 and 67.62
    let needed = runs_needed(unpaired, 0.4, 0.05, Sides::Two, 0.8).unwrap();
    assert_eq!(needed, Some(100));
    let paired = Design::Paired { pairs: 2 };
    let needed = runs_needed(paired, 0.4, 0.05, Sides::Two, 0.9).unwrap();
    assert_eq!(needed, Some(68));
    // A single run cannot show an effect of half the standard deviation, however long the history.
    let history = Design::History { runs: 10 };
    assert_eq!(runs_needed(history, 0.5, 0.05, Sides::One, 0.8), Ok(None));
}

#[test]
fn one_new_run_is_compared_with_what_a_next_run_could_be() {
    let history = [
        100.0, 103.0, 98.0, 101.0, 99.0, 102.0, 100.0, 97.0, 101.0, 99.0,
    ];
    let test = prediction_ratio(&history, 112.0, 0.9).unwrap();
    // By hand with SciPy: (ln 112 − mean)/(s √1.1), stats.t.sf(…, 9)
    assert_close(test.logarithms.t, 5.924_662_771_702_329, 1e-10);
    assert_close(
        test.logarithms.p_greater,
        0.000_111_091_621_133_620_76,
        1e-9,
    );
}

#[test]
fn a_mann_whitney_of_equal_values_decides_nothing() {
    let MannWhitney { p, superiority, .. } = mann_whitney(&[1.0; 5], &[1.0; 5]).unwrap();
    assert_eq!((p, superiority), (1.0, 0.5));
    let many = vec![1.0; 200];
    assert_eq!(mann_whitney(&many, &many).unwrap().p, 1.0);
}
