//! False alarms of a history by the rule for keeping sessions: a seeded simulation of an unchanging system. Its table
//! is printed by `cargo test -p workbench-statistics --test history -- --nocapture`.

#[expect(dead_code, reason = "other simulations need the rest")]
#[path = "../examples/calibration/simulations/random.rs"]
mod random;

use random::Random;
use workbench_statistics::{
    Better, StatisticsError, Verdict, prediction_ratio, verdict_of_interval,
};

/// Coefficient of variation of sessions.
const VARIATION: f64 = 0.03;
const SESSIONS: usize = 100;
const TRIALS: u64 = 300;

/// Which sessions enter the history.
#[derive(Clone, Copy, Debug)]
enum Kept {
    All,
    NotFailed,
    Passed,
}

/// Shares of the last ten sessions with a false alarm, and of those shown to be no worse than the margin.
fn last_sessions(kept: Kept, margin: f64) -> Result<(f64, f64), StatisticsError> {
    let (mut alarms, mut passes) = (0, 0);
    for trial in 0..TRIALS {
        let mut random = Random::of_trial(100, trial);
        let mut history: Vec<f64> = (0..10).map(|_| session(&mut random)).collect();
        for number in 0..SESSIONS {
            let value = session(&mut random);
            let test = prediction_ratio(&history, value, 0.9)?.logarithms;
            let (lower, upper) = (test.interval.lower, test.interval.upper);
            let limit = margin.ln_1p();
            let failed =
                verdict_of_interval(lower, upper, limit, Better::Lower) == Verdict::Regressed;
            let passed = upper < limit;
            let keep = match kept {
                Kept::All => true,
                Kept::NotFailed => !failed,
                Kept::Passed => passed,
            };
            if keep {
                history.push(value);
            }
            if number >= SESSIONS - 10 {
                alarms += u64::from(failed);
                passes += u64::from(passed);
            }
        }
    }
    let share = |count: u64| count as f64 / (10 * TRIALS) as f64;
    Ok((share(alarms), share(passes)))
}

fn session(random: &mut Random) -> f64 {
    (VARIATION * random.normal()).exp()
}

#[test]
fn keeping_only_what_passes_makes_a_history_alarm_ever_more_often() {
    println!("| margin | kept | false alarms after 90 sessions | passed |");
    println!("|---|---|---|---|");
    let mut found = Vec::new();
    for margin in [0.05, 0.1] {
        for kept in [Kept::All, Kept::NotFailed, Kept::Passed] {
            let (alarms, passes) = last_sessions(kept, margin).expect("histories vary");
            println!(
                "| {margin} | {kept:?} | {:.1}% | {:.1}% |",
                100.0 * alarms,
                100.0 * passes
            );
            found.push(alarms);
        }
    }
    let [
        all,
        not_failed,
        passed,
        all_wide,
        not_failed_wide,
        passed_wide,
    ] = found[..]
    else {
        panic!("six histories");
    };
    // 3,000 sessions of 300 histories: about 0.6 percentage points.
    assert!((0.03..0.07).contains(&all), "{all}");
    assert!((0.07..0.13).contains(&not_failed), "{not_failed}");
    assert!((0.17..0.29).contains(&passed), "{passed}");
    for wide in [all_wide, not_failed_wide, passed_wide] {
        assert!((0.03..0.08).contains(&wide), "{wide}");
    }
}
