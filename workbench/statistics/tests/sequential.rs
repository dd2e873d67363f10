//! Looks at a series of pairs: levels, adjusted p values, and the verdict at a look.

use proptest::prelude::*;
use workbench_statistics::{
    Better, Layout, Looks, Method, PairTest, Rule, RunErrors, StatisticsError, Verdict,
    compare_error_rates, compare_error_rates_at_look, compare_runs, compare_runs_at_look,
    family_verdicts,
};

const RULE: Rule = Rule {
    margin: 0.05,
    alpha: 0.05,
    better: Better::Lower,
    layout: Layout::Pairs(PairTest::T),
};

fn looks(pairs: &[usize]) -> Looks {
    Looks::new(pairs, PairTest::T, 0.05).expect("a schedule of looks")
}

/// Pairs around 100. The candidate is slower by this factor, with deviations of up to 3%.
fn pairs(count: usize, factor: f64) -> (Vec<f64>, Vec<f64>) {
    let deviation = |i: usize| 0.015 * ((i * 7 % 5) as f64 - 2.0);
    let baseline = (0..count).map(|i| 100.0 + (i % 3) as f64).collect();
    let candidate = (0..count)
        .map(|i| (100.0 + (i % 3) as f64) * factor * (1.0 + deviation(i)))
        .collect();
    (baseline, candidate)
}

#[test]
fn levels_are_those_that_simulated_t_tests_have() {
    // NumPy 2.4: the 5% quantile of the least p value over the looks of 400,000 series of normal values.
    for (pairs, simulated) in [
        (vec![5, 10, 15, 20], 0.018_13),
        (vec![5, 20], 0.027_06),
        (vec![6, 12, 18], 0.021_99),
        (vec![7, 8], 0.037_36),
        ((3..=20).collect(), 0.008_77),
        ((8..=20).collect(), 0.014_88),
        (vec![10, 20, 30, 40], 0.018_65),
    ] {
        let level = looks(&pairs).level();
        // The simulation's own error is 0.7%.
        assert!(
            (level / simulated - 1.0).abs() < 0.02,
            "{pairs:?}: {level} instead of {simulated}"
        );
    }
}

#[test]
fn with_many_pairs_levels_are_pocock_s() {
    // The normal process is the limit; 20 pairs a look are within 2.5% of it.
    // Jennison and Turnbull (2000), table 2.1, α = 0.10 for two sides: 1.875, 1.992, 2.067 and 2.122 for 2 to 5 looks;
    // their upper tails by SciPy 1.17.
    for (count, expected) in [
        (2, 0.030_397),
        (3, 0.023_186),
        (4, 0.019_367),
        (5, 0.016_918),
    ] {
        let pairs: Vec<usize> = (1..=count).map(|look| 20 * look).collect();
        let level = looks(&pairs).level();
        assert!(
            (level / expected - 1.0).abs() < 0.025,
            "{count} looks: {level} instead of {expected}"
        );
    }
}

#[test]
fn one_look_has_the_level_of_the_series() {
    for test in [PairTest::T, PairTest::Trimmed] {
        let single = Looks::new(&[10], test, 0.05).unwrap();
        assert!((single.level() - 0.05).abs() < 1e-12);
        assert!((single.adjusted(0.003).unwrap() - 0.003).abs() < 1e-12);
    }
}

#[test]
fn trimmed_pairs_have_a_lower_level_only_where_looks_are_close() {
    let level = |pairs: &[usize], test| Looks::new(pairs, test, 0.05).unwrap().level();
    let apart = [5, 10, 15, 20];
    assert_eq!(level(&apart, PairTest::Trimmed), level(&apart, PairTest::T));
    let close = [7, 8];
    let share = level(&close, PairTest::Trimmed) / level(&close, PairTest::T);
    assert!((share - 0.9).abs() < 1e-9, "{share}");
}

#[test]
fn an_invalid_schedule_is_refused() {
    for pairs in [&[][..], &[1, 5], &[5, 5], &[10, 5], &[5, 101]] {
        assert_eq!(
            Looks::new(pairs, PairTest::T, 0.05),
            Err(StatisticsError::ImpossibleLooks),
            "{pairs:?}"
        );
    }
    for alpha in [0.0, 0.5, f64::NAN] {
        assert!(Looks::new(&[5, 10], PairTest::T, alpha).is_err());
    }
    for p in [-0.1, 1.1, f64::NAN] {
        assert!(looks(&[5, 10]).adjusted(p).is_err());
    }
}

#[test]
fn a_finding_at_five_percent_is_none_at_a_look() {
    let (baseline, candidate) = pairs(5, 1.03);
    let alone = compare_runs(&baseline, &candidate, &RULE).unwrap();
    let p = alone.evidence.unwrap().p_regressed;
    assert!(p > 0.0181 && p < 0.05, "{p}");
    assert_eq!(alone.verdict, Verdict::Regressed);

    let looks = looks(&[5, 10, 15, 20]);
    let look = compare_runs_at_look(&baseline, &candidate, &RULE, Some(&looks)).unwrap();
    assert_eq!(look.verdict, Verdict::Inconclusive);
    assert_eq!(
        look.evidence.unwrap().p_regressed,
        looks.adjusted(p).unwrap()
    );
    let confidence = look.ratio.unwrap().interval.confidence;
    assert!((confidence - (1.0 - 2.0 * looks.level())).abs() < 1e-12);
    assert!(look.minimum_detectable_change > alone.minimum_detectable_change);
    assert!(look.runs_needed.is_some());
}

#[test]
fn a_clear_change_is_found_at_the_first_look_and_stands_in_its_family() {
    let (baseline, candidate) = pairs(5, 1.10);
    let looks = looks(&[5, 10, 15, 20]);
    let look = compare_runs_at_look(&baseline, &candidate, &RULE, Some(&looks)).unwrap();
    assert_eq!(look.verdict, Verdict::Regressed);
    let members = [(look.verdict, look.evidence); 3];
    let verdicts = family_verdicts(&members, RULE.alpha).unwrap();
    assert!(
        verdicts
            .iter()
            .all(|member| member.verdict == Verdict::Regressed)
    );
}

#[test]
fn the_rule_s_alpha_has_to_be_that_of_the_looks() {
    let (baseline, candidate) = pairs(5, 1.0);
    let other = Looks::new(&[5, 10], PairTest::T, 0.01).unwrap();
    assert!(compare_runs_at_look(&baseline, &candidate, &RULE, Some(&other)).is_err());
    let errors = [RunErrors {
        failures: 1,
        requests: 1000,
    }; 5];
    assert!(compare_error_rates_at_look(&errors, &errors, &RULE, Some(&other)).is_err());
}

#[test]
fn error_rates_are_judged_at_the_level_of_a_look_and_by_every_pair() {
    let none = [RunErrors {
        failures: 0,
        requests: 1000,
    }; 10];
    let mut bursts = none;
    bursts[3].failures = 400;
    bursts[7].failures = 500;
    let trimmed = Rule {
        margin: 0.001,
        layout: Layout::Pairs(PairTest::Trimmed),
        ..RULE
    };
    let looks = Looks::new(&[5, 10], PairTest::Trimmed, 0.05).unwrap();
    let alone = compare_error_rates(&none, &bursts, &trimmed).unwrap();
    assert_eq!(alone.method, Some(Method::Paired));
    assert!((alone.difference - 0.09).abs() < 1e-12);
    let look = compare_error_rates_at_look(&none, &bursts, &trimmed, Some(&looks)).unwrap();
    assert!(look.interval.upper > alone.interval.upper);
    let (alone, look) = (alone.evidence.unwrap(), look.evidence.unwrap());
    assert_eq!(look.p_regressed, looks.adjusted(alone.p_regressed).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_adjusted_p_value_grows_with_the_nominal_one_and_stays_within_its_sum_over_the_looks(
        first in 2..8_usize,
        steps in prop::collection::vec(1..6_usize, 1..4),
        exponent in 0.1..12.0_f64,
        factor in 1.01..3.0_f64,
    ) {
        let mut pairs = vec![first];
        for step in steps {
            pairs.push(pairs.last().unwrap() + step);
        }
        let looks = looks(&pairs);
        let p = 10.0_f64.powf(-exponent);
        let adjusted = looks.adjusted(p).unwrap();
        prop_assert!(adjusted >= p && adjusted <= p * pairs.len() as f64);
        prop_assert!(adjusted <= looks.adjusted((p * factor).min(1.0)).unwrap());
        prop_assert!((looks.adjusted(looks.level()).unwrap() - 0.05).abs() < 1e-12);
        prop_assert!(looks.level() <= 0.05 && looks.level() >= 0.05 / pairs.len() as f64);
    }
}
