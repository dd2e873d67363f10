use workbench_statistics::{Design, Sides, power};

use super::*;
use crate::gate::{AuditSource, plan};

#[test]
fn a_plan_gives_the_fewest_pairs_with_a_power_of_80_percent() {
    let report = plan(&[comparison(sides(10, 1.0))], &Policy::default());
    assert_eq!((report.runs, report.pairs), (20, 10));
    let row = &report.rows[0];
    assert_eq!(row.metric, Metric::TypicalTime);
    // One of three rows, adjusted by Holm.
    let found = |pairs: u64, change: f64| {
        let effect = change.ln_1p() / row.of_pairs;
        let design = Design::Trimmed {
            pairs: pairs as usize,
        };
        power(design, effect, 0.05 / 3.0, Sides::One).unwrap()
    };
    for needed in row.needed.iter().take(3) {
        let pairs = needed.pairs.unwrap();
        assert!(found(pairs, needed.change) >= 0.8, "{needed:?}");
        assert!(
            pairs == 5 || found(pairs - 1, needed.change) < 0.8,
            "{needed:?}"
        );
    }
    assert!(row.needed[0].pairs > row.needed[5].pairs);
}

#[test]
fn runs_without_pairs_count_as_independent() {
    let (runs, _) = sides(10, 1.0);
    let report = plan(&[AuditSource::Runs(runs)], &Policy::default());
    let row = &report.rows[0];
    assert!((row.of_pairs / row.between_runs - std::f64::consts::SQRT_2).abs() < 1e-12);
    assert!(report.notes[0].starts_with("no pairs among these runs"));
}

#[test]
fn two_series_of_different_speed_are_each_taken_about_their_own_mean() {
    let one = plan(&[comparison(sides(10, 1.0))], &Policy::default());
    let (mut baseline, mut candidate) = sides(10, 1.0);
    for run in baseline.iter_mut().chain(&mut candidate) {
        let steady = run.analysis.steady.as_mut().unwrap();
        for row in steady.requests.iter_mut().chain([&mut steady.total]) {
            for estimate in [&mut row.p50_ns, &mut row.p95_ns] {
                estimate.value = estimate.value.map(|value| 3.0 * value);
            }
        }
    }
    let faster = comparison(sides(10, 1.0));
    let slower = comparison((baseline, candidate));
    let both = plan(&[faster, slower], &Policy::default());
    for (one, both) in one.rows.iter().zip(&both.rows) {
        assert!((one.between_runs - both.between_runs).abs() < 1e-12);
        assert!((one.of_pairs - both.of_pairs).abs() < 1e-12);
    }
}

#[test]
fn a_pair_takes_the_time_until_the_next_one_begins() {
    let (mut baseline, mut candidate) = sides(10, 1.0);
    for (block, (before, after)) in baseline.iter_mut().zip(&mut candidate).enumerate() {
        // Runs of 6 s, a pair every 7.5 s, and an interruption.
        let pause = if block >= 5 { 3_600 } else { 0 };
        let start = (block as i64 * 7_500 + pause * 1_000) * 1_000_000;
        for run in [before, after] {
            run.manifest.started_at = Some(start);
            run.manifest.ended_at = Some(start + 6_000_000_000);
        }
    }
    let source = comparison((baseline, candidate));
    let report = plan(&[source], &Policy::default());
    assert!((report.pair_s - 7.5).abs() < 1e-9, "{}", report.pair_s);
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("error_rate of TOTAL: takes some 2706 requests")),
        "{:?}",
        report.notes
    );
}
