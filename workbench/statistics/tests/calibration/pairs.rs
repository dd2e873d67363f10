//! Series of pairs: looks, trimmed pairs, and typical times.

use workbench_statistics::{Design, Looks, PairTest, Sides, power};

use crate::simulations::pairs::procedures::{MARGIN, Procedure, Runs, all_runs};
use crate::simulations::pairs::typical::{LABELS, Weights, typical_gate};
use crate::simulations::pairs::{
    DISTURBED, NUMBERS, PUBLISHED, alarms, ended, false_statements, family_ended, fixed, schedules,
};
use crate::simulations::trials::shares;
use crate::{assert_at_least, assert_at_most, assert_lands};

const T: Procedure = Procedure::Product(PairTest::T);
const TRIMMED: Procedure = Procedure::Product(PairTest::Trimmed);

/// Trials of the published table.
const PUBLISHED_TRIALS: f64 = 20_000.0;

#[test]
fn looks_keep_the_false_alarm_and_false_pass_rates_of_the_series_at_five_percent() {
    for (seed, (name, pairs)) in (200..).zip(schedules()) {
        for test in [PairTest::T, PairTest::Trimmed] {
            let looks = Looks::new(&pairs, test, 0.05).unwrap();
            for runs in [PUBLISHED, DISTURBED] {
                let [alarms, passes] = shares(6000, seed, |random| {
                    false_statements(runs, &looks, test, random)
                });
                assert_at_most(alarms, 0.05, &format!("alarms, {name}, {test:?}, {runs}"));
                assert_at_most(passes, 0.05, &format!("passes, {name}, {test:?}, {runs}"));
            }
        }
    }
}

#[test]
fn looks_at_t_tests_exhaust_their_five_percent() {
    let looks = Looks::new(&[5, 10, 15, 20], PairTest::T, 0.05).unwrap();
    let [alarms, passes] = shares(20_000, 210, |random| {
        false_statements(PUBLISHED, &looks, PairTest::T, random)
    });
    assert_lands(alarms, 0.05, 0.0, "alarms");
    assert_lands(passes, 0.05, 0.0, "passes");
}

#[test]
fn series_with_looks_land_on_the_published_table() {
    for (seed, change, fails, passes, pairs, fixed_fails, fixed_passes) in [
        (220, 0.0, 0.025, 0.974, 8.5, 0.019, 0.955),
        (221, 0.02, 0.31, 0.68, 10.9, 0.25, 0.64),
        (222, 0.05, 0.964, 0.035, 8.4, 0.925, 0.048),
        (223, 0.10, 1.0, 0.0, 5.4, 1.0, 0.0),
    ] {
        let trials = (4000, seed);
        let found = ended(PUBLISHED, change, PairTest::T, trials);
        let ten = fixed(PUBLISHED, (10, change), T, trials);
        for (what, share, published) in [
            ("fails", found.0, fails),
            ("passes", found.1, passes),
            ("fixed fails", ten[0], fixed_fails),
            ("fixed passes", ten[1], fixed_passes),
        ] {
            // Printed to one or two digits.
            let rounding = if published * 100.0 % 1.0 == 0.0 {
                0.0029
            } else {
                0.0003
            };
            let error = (published * (1.0 - published) / PUBLISHED_TRIALS).sqrt();
            let what = format!("{what} at {change}");
            assert_lands(share, published, error.hypot(rounding), &what);
        }
        // Five to twenty pairs vary by less than 6; three standard errors of their mean, and of the printed digit.
        assert!(
            (found.2 - pairs).abs() < 0.35,
            "{change}: {} pairs",
            found.2
        );
    }
}

#[test]
fn trimmed_pairs_alarm_at_the_nominal_rate_at_most_whether_runs_are_disturbed_or_not() {
    for runs in all_runs() {
        for count in NUMBERS {
            for level in [0.05, 0.05 / 3.0] {
                let found = alarms(runs, count, TRIMMED, level, (6000, 230));
                assert_at_most(found, level, &format!("{count} pairs, {runs}"));
            }
        }
    }
}

#[test]
fn trimmed_pairs_decide_more_than_t_and_signed_ranks_where_one_run_in_ten_is_disturbed() {
    for (deviation, count) in [(0.01, 10), (0.01, 20), (0.03, 10), (0.03, 20)] {
        let runs = Runs {
            deviation,
            ..DISTURBED
        };
        let failed = |procedure: Procedure| {
            let [fails, _] = fixed(runs, (count, 0.05), procedure, (3000, 240));
            fails.rate()
        };
        let (t, ranks, trimmed) = (failed(T), failed(Procedure::SignedRank), failed(TRIMMED));
        assert!(trimmed > t + 0.2, "{count}, {runs}: {trimmed} and {t} by t");
        assert!(
            trimmed > ranks + 0.02,
            "{count}, {runs}: {trimmed} and {ranks} by ranks"
        );
    }
}

#[test]
fn trimmed_pairs_cost_little_where_nothing_is_disturbed() {
    let by = |test, change| ended(PUBLISHED, change, test, (4000, 250));
    for change in [0.0, 0.05] {
        let (t, trimmed) = (by(PairTest::T, change), by(PairTest::Trimmed, change));
        let decided = |ended: &(crate::simulations::trials::Share, _, f64)| ended.0.rate();
        assert!((decided(&t) - decided(&trimmed)).abs() < 0.03);
        assert!(trimmed.2 < t.2 + 1.5, "{} and {} pairs", trimmed.2, t.2);
    }
}

#[test]
fn a_family_of_metrics_keeps_its_rate_at_several_looks() {
    // One of three metrics is worse by the margin, so the gate must not pass. In the other series, none is worse.
    for (seed, runs) in [(260, PUBLISHED), (261, DISTURBED)] {
        let ended = |changes| family_ended(runs, changes, PairTest::Trimmed, (400, seed));
        let (fails, ..) = ended([0.0; 3]);
        assert_at_most(fails, 0.05, &format!("fails, {runs}"));
        let (_, passes, _) = ended([MARGIN, 0.0, 0.0]);
        assert_at_most(passes, 0.05, &format!("passes, {runs}"));
    }
}

#[test]
fn the_stated_power_of_trimmed_pairs_is_what_they_have() {
    for (seed, pairs, effect) in [
        (270, 8, 1.0),
        (271, 10, 0.9),
        (272, 15, 0.7),
        (273, 20, 0.6),
    ] {
        let stated = power(Design::Trimmed { pairs }, effect, 0.05, Sides::One).unwrap();
        let runs = Runs::calm(0.03);
        // The standard deviation of a difference is √2 times that of a run.
        let change = (effect * 0.03 * 2.0_f64.sqrt()).exp_m1();
        let [found] = shares(10_000, seed, |random| {
            [TRIMMED.interval(&runs.pairs(pairs, change, random), 0.05).0 > 0.0]
        });
        assert_lands(found, stated, 0.008, &format!("{pairs} pairs"));
    }
}

#[test]
fn a_typical_time_of_labels_counted_once_finds_a_rare_label_that_shares_hide() {
    let mut rare = [0.0; LABELS];
    rare[LABELS - 1] = 0.5;
    let failed = |changes, weights| {
        let [fails] = shares(1500, 280, |random| {
            [typical_gate(Runs::calm(0.01), changes, 5000.0, weights, random).fails]
        });
        fails
    };
    assert_at_least(failed(rare, Weights::Once), 0.9, "rare, once");
    assert_at_most(failed(rare, Weights::ShareOfAll), 0.05, "rare, by share");
    for weights in [Weights::Once, Weights::ShareOfAll] {
        assert_at_least(failed([0.08; LABELS], weights), 0.95, "all");
        assert_at_most(failed([0.0; LABELS], weights), 0.05, "none");
    }
}
