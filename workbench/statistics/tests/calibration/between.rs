//! Comparisons between runs.

use workbench_statistics::{Layout, PairTest, Rule, Verdict};

use crate::simulations::between::procedures::{
    DEPENDENT, DEPENDENT_IN_DIFFERING_RUNS, INDEPENDENT, INDEPENDENT_IN_DIFFERING_RUNS, RULE,
    error_rate_alarm, estimated_false_alarm_rate, family_alarm, history_verdict, mean, p99,
    per_run_alarms, pooled_requests_alarm, resampled_means_alarm, verdict,
};
use crate::simulations::trials::{Share, average, outcomes, shares};
use crate::{assert_at_most, assert_lands};

/// Trials of the published shares.
const PUBLISHED_TRIALS: f64 = 2000.0;

fn assert_published(found: Share, published: f64, what: &str) {
    let error = (published * (1.0 - published) / PUBLISHED_TRIALS).sqrt();
    assert_lands(found, published, error, what);
}

#[test]
fn a_t_test_on_resampled_means_alarms_in_half_to_nine_tenths_of_all_trials() {
    for (seed, system, published) in [
        (1, INDEPENDENT, 0.44),
        (2, DEPENDENT, 0.84),
        (3, DEPENDENT_IN_DIFFERING_RUNS, 0.89),
    ] {
        let [found] = shares(400, seed, |random| [resampled_means_alarm(system, random)]);
        assert_published(found, published, "resampled means");
    }
}

#[test]
fn pooled_requests_of_ten_runs_alarm_in_two_thirds_to_three_quarters_of_all_trials() {
    for (seed, system, published) in [
        (4, DEPENDENT, 0.64),
        (5, INDEPENDENT_IN_DIFFERING_RUNS, 0.67),
        (6, DEPENDENT_IN_DIFFERING_RUNS, 0.76),
    ] {
        let [found] = shares(150, seed, |random| [pooled_requests_alarm(system, random)]);
        assert_published(found, published, "pooled requests");
    }
}

#[test]
fn welch_on_logarithms_of_runs_keeps_its_level_where_the_bootstrap_does_not() {
    for (seed, system, statistic) in [
        (7, INDEPENDENT, mean as fn(&[f64]) -> f64),
        (8, DEPENDENT_IN_DIFFERING_RUNS, mean),
        (9, DEPENDENT_IN_DIFFERING_RUNS, p99),
    ] {
        let [welch, bootstrap, rank] = shares(600, seed, |random| {
            let alarms = per_run_alarms(system, statistic, random);
            [alarms.welch, alarms.bootstrap, alarms.mann_whitney]
        });
        assert_published(welch, 0.045, "Welch on logarithms");
        assert_published(bootstrap, 0.13, "percentile bootstrap");
        // The exact test of 5 against 5 has no level between 3.2% and 5.6%.
        assert_published(rank, 8.0 / 252.0, "Mann–Whitney");
    }
}

#[test]
fn verdicts_land_on_the_published_table() {
    for (seed, runs, change, regressed) in [
        (10, 5, 0.0, 0.039),
        (11, 5, 0.05, 0.73),
        (12, 5, 0.10, 0.998),
        (13, 10, 0.0, 0.020),
        (14, 10, 0.05, 0.94),
        (15, 10, 0.10, 1.0),
    ] {
        let [found] = shares(2500, seed, |random| {
            [verdict(runs, change, &RULE, random) == Verdict::Regressed]
        });
        assert_published(found, regressed, &format!("{runs} runs, {change}"));
    }
}

#[test]
fn an_unchanged_candidate_is_called_regressed_at_the_nominal_rate_at_most() {
    let paired = Rule {
        layout: Layout::Pairs(PairTest::T),
        ..RULE
    };
    for runs in [3, 4, 5, 10] {
        for rule in [RULE, paired] {
            let [found] = shares(1000, 16, |random| {
                [verdict(runs, 0.0, &rule, random) == Verdict::Regressed]
            });
            assert_at_most(found, 0.05, &format!("{runs} runs, {:?}", rule.layout));
        }
    }
    let [found] = shares(1000, 17, |random| {
        [history_verdict(10, 0.0, random) == Verdict::Regressed]
    });
    assert_at_most(found, 0.05, "history of ten");
}

#[test]
fn a_change_as_large_as_the_margin_is_called_equivalent_at_the_nominal_rate_at_most() {
    for runs in [5, 10] {
        let [found] = shares(2000, 18, |random| {
            [verdict(runs, 0.05, &RULE, random) == Verdict::Equivalent]
        });
        assert_at_most(found, 0.05, &format!("{runs} runs"));
    }
}

#[test]
fn a_family_of_metrics_keeps_the_rate_of_a_single_one() {
    for (seed, correlation) in [(19, 0.0), (20, 0.5)] {
        let [alone, together] = shares(300, seed, |random| {
            let (alone, together) = family_alarm(12, correlation, 0.0, random);
            [alone, together]
        });
        assert_at_most(together, 0.05, "family");
        assert!(alone.rate() > 0.15, "without correction: {alone}");
    }
}

#[test]
fn error_rates_alarm_at_the_nominal_rate_at_most_whether_runs_differ_or_not() {
    for (seed, rate, variation) in [(21, 1e-4, 0.0), (22, 1e-2, 0.0), (23, 1e-2, 0.5)] {
        let [found] = shares(1500, seed, |random| {
            [error_rate_alarm(rate, variation, random)]
        });
        assert_at_most(found, 0.05, &format!("rate {rate}, variation {variation}"));
    }
}

#[test]
fn one_run_estimates_the_false_alarm_rate_of_the_resampled_test() {
    let rate = average(outcomes(4, 24, |random| {
        estimated_false_alarm_rate(100, 60, random)
    }));
    assert!((rate - 0.84).abs() < 0.07, "{rate}");
}
