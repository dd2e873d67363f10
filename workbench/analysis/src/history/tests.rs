//! Levels, changes and verdicts of synthetic histories.

use super::judge::{HistoryOptions, Values, judge};
use super::model::{Break, History, Session};
use crate::model::Verdict;

/// Values around levels, with the number of sessions at each level.
fn around(levels: &[(usize, f64)]) -> Vec<Option<f64>> {
    let levels = levels
        .iter()
        .flat_map(|(count, level)| std::iter::repeat_n(*level, *count));
    levels
        .enumerate()
        .map(|(i, level)| Some(level * (1.0 + (i * i % 11) as f64 / 1000.0)))
        .collect()
}

fn history(
    metrics: &[(&str, Vec<Option<f64>>)],
    breaks: &[usize],
    options: &HistoryOptions,
) -> History {
    let sessions = (0..metrics[0].1.len()).map(|number| Session {
        started_at: format!("2026-01-{number:02}T00:00:00Z"),
        commit: None,
        runs: Vec::new(),
    });
    let breaks = breaks.iter().map(|session| Break {
        session: *session,
        findings: vec!["kernel".to_owned()],
    });
    let metrics = metrics
        .iter()
        .map(|(name, values)| ((*name).to_owned(), values.clone()));
    let values = Values {
        source: "made up".to_owned(),
        sessions: sessions.collect(),
        breaks: breaks.collect(),
        has_units: true,
        metrics: metrics.collect(),
        warnings: Vec::new(),
    };
    judge(values, options).unwrap()
}

#[test]
fn a_rise_is_for_the_worse_in_latency_and_for_the_better_in_throughput() {
    let values = around(&[(15, 100.0), (10, 120.0)]);
    let names = ["TOTAL.p95", "TOTAL.throughput", "score"];
    let found = history(
        &names.map(|name| (name, values.clone())),
        &[],
        &HistoryOptions::default(),
    );
    let verdicts = found.metrics.iter().map(|metric| {
        assert_eq!(metric.changes.len(), 1, "{}", metric.name);
        assert_eq!(metric.changes[0].session, 15);
        assert!((metric.changes[0].change - 0.2).abs() < 0.01);
        let interval = metric.changes[0].interval.unwrap();
        assert!(interval.lower > 0.19 && interval.upper.unwrap() < 0.21);
        metric.changes[0].verdict
    });
    assert_eq!(
        verdicts.collect::<Vec<_>>(),
        [Some(Verdict::Regressed), Some(Verdict::Improved), None]
    );
    let worse = |sessions| {
        let newest = found.newest_regressions(sessions).into_iter();
        newest
            .map(|(metric, _)| metric.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(worse(10), ["TOTAL.p95", "score"]);
    assert!(worse(9).is_empty());
}

#[test]
fn a_change_within_the_margin_is_shown_and_is_not_for_the_worse() {
    let values = around(&[(15, 100.0), (15, 103.0)]);
    let found = history(&[("p95", values)], &[], &HistoryOptions::default());
    assert_eq!(
        found.metrics[0].changes[0].verdict,
        Some(Verdict::Equivalent)
    );
    assert!(found.newest_regressions(30).is_empty());
}

#[test]
fn a_reverted_rise_is_not_a_regression_of_the_newest_sessions() {
    let values = around(&[(20, 100.0), (12, 120.0), (12, 100.0)]);
    let found = history(&[("p95", values)], &[], &HistoryOptions::default());
    let places = found.metrics[0].changes.iter().map(|it| it.session);
    assert_eq!(places.collect::<Vec<_>>(), [20, 32]);
    assert!(found.newest_regressions(44).is_empty());
}

#[test]
fn sessions_are_not_compared_across_a_break_unless_asked_for() {
    let values = around(&[(15, 100.0), (15, 120.0)]);
    let metrics = [("p95", values)];
    let found = history(&metrics, &[15], &HistoryOptions::default());
    assert!(found.metrics[0].changes.is_empty());
    let levels = found.metrics[0]
        .levels
        .iter()
        .map(|level| (level.from, level.to));
    assert_eq!(levels.collect::<Vec<_>>(), [(0, 14), (15, 29)]);
    let options = HistoryOptions {
        across_breaks: true,
        ..HistoryOptions::default()
    };
    let found = history(&metrics, &[15], &options);
    assert_eq!(found.metrics[0].changes[0].session, 15);
    assert_eq!(found.breaks.len(), 1, "they are told of all the same");
}

#[test]
fn too_few_sessions_are_a_warning() {
    let values = around(&[(5, 100.0), (5, 200.0)]);
    let found = history(&[("p95", values)], &[], &HistoryOptions::default());
    assert!(found.metrics[0].changes.is_empty() && !found.can_show_changes());
    assert_eq!(
        found.warnings,
        ["there are 10 sessions: among fewer than 11, no change can be distinguished from chance"]
    );
    let values = around(&[(30, 100.0)]);
    let found = history(&[("p95", values)], &[4, 5], &HistoryOptions::default());
    assert!(found.can_show_changes());
    assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);
    assert!(found.warnings[0].starts_with("sessions 1 to 4 are 4"));
    assert!(found.warnings[1].starts_with("session 5 cannot be compared"));
}

#[test]
fn sessions_without_a_value_are_skipped_and_changes_keep_their_positions() {
    let mut values = around(&[(15, 100.0), (15, 120.0)]);
    (values[3], values[14]) = (None, None);
    let found = history(&[("p95", values)], &[], &HistoryOptions::default());
    assert_eq!(found.metrics[0].changes[0].session, 15);
    assert_eq!(found.metrics[0].levels[0].to, 13);
    let mut values = around(&[(30, 100.0)]);
    values[8..].fill(None);
    let found = history(&[("p95", values)], &[], &HistoryOptions::default());
    assert!(found.warnings[0].starts_with("p95: only 8 of the sessions"));
}

#[test]
fn error_rates_change_by_differences() {
    let mut rates = around(&[(15, 0.01), (15, 0.03)]);
    rates[0] = Some(0.0);
    let found = history(
        &[("TOTAL.error_rate", rates)],
        &[],
        &HistoryOptions::default(),
    );
    let change = &found.metrics[0].changes[0];
    assert!((change.change - 0.02).abs() < 0.002, "{change:?}");
    assert_eq!(change.verdict, Some(Verdict::Regressed));
}

#[test]
fn levels_that_do_not_vary_have_a_change_without_an_interval() {
    let values = [[Some(50.0); 15], [Some(100.0); 15]].concat();
    let found = history(&[("p95", values)], &[], &HistoryOptions::default());
    let change = &found.metrics[0].changes[0];
    assert_eq!(
        (change.interval, change.verdict),
        (None, Some(Verdict::Regressed))
    );
    assert!((change.change - 1.0).abs() < 1e-12);
}
