//! Comparisons of groups of runs.

use workbench_analysis::{Analysis, GroupComparison, Metric, MissingValue, Verdict};

use super::verbose;
use crate::fixture;

fn first_of(analysis: &mut Analysis) -> &mut GroupComparison {
    &mut analysis.between_runs.as_mut().unwrap().comparisons[0]
}

#[test]
fn a_regression_has_its_interval_and_its_margin() {
    let text = verbose(&fixture::two_groups());
    let expected = "regressed  p95 of TOTAL: +8.9% [+7.5%, +10.3%], from 12.5 ms to 13.6 ms; worse by more than the margin of 5%.";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn equivalence_everywhere_is_the_headline() {
    let mut analysis = fixture::two_groups();
    let rows = &mut first_of(&mut analysis).rows;
    rows.retain(|row| row.verdict == Verdict::Equivalent);
    let text = verbose(&analysis);
    let expected = "equivalent  candidate and main are equivalent: every change lies within ±5%.";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_throughput_that_the_load_sets_is_neither_counted_nor_called_worse() {
    let mut analysis = fixture::two_groups();
    let comparison = first_of(&mut analysis);
    comparison.rows.retain(|row| row.request == "TOTAL");
    for row in &mut comparison.rows {
        row.verdict = match row.metric {
            Metric::Throughput => Verdict::Regressed,
            _ => Verdict::Equivalent,
        };
    }
    let equivalent = "equivalent  candidate and main are equivalent";
    assert!(!verbose(&analysis).contains(equivalent));
    first_of(&mut analysis).throughput_is_set = true;
    let text = verbose(&analysis);
    assert!(
        text.contains(equivalent) && text.contains("set by the load"),
        "{text}"
    );
}

#[test]
fn open_rows_say_how_many_runs_would_close_them() {
    let mut analysis = fixture::two_groups();
    let rows = &mut first_of(&mut analysis).rows;
    rows.retain(|row| row.verdict == Verdict::Inconclusive);
    for row in rows.iter_mut() {
        row.runs_needed = Some(14);
    }
    let text = verbose(&analysis);
    for expected in [
        "inconclusive  These runs do not say whether candidate differs from main.",
        "About 14 runs in each group find a change as large as the margin",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn runs_that_are_at_hand_already_are_not_asked_for() {
    let mut analysis = fixture::two_groups();
    for row in &mut first_of(&mut analysis).rows {
        row.runs_needed = Some(5);
    }
    let text = verbose(&analysis);
    assert!(!text.contains("--repetitions 5)"), "{text}");
}

#[test]
fn a_warning_of_many_rows_is_shown_once() {
    let mut analysis = fixture::two_groups();
    let rows = &mut first_of(&mut analysis).rows;
    for row in rows.iter_mut().take(6) {
        row.warnings.push("odd".to_owned());
    }
    let text = verbose(&analysis);
    let mut odd = text.lines().filter(|line| line.ends_with(": odd"));
    let line = odd.next().unwrap();
    assert!(
        line.starts_with("  !  mean of GET catalog/products, "),
        "{line}"
    );
    assert!(line.ends_with(" and 2 more: odd"), "{line}");
    assert_eq!(odd.next(), None);
}

#[test]
fn runs_without_a_value_are_named_and_their_group_has_no_mean() {
    let mut analysis = fixture::two_groups();
    let refused = "A mean is refused unless every run has a value";
    assert!(!verbose(&analysis).contains(refused));
    let group = &mut analysis.between_runs.as_mut().unwrap().groups[1];
    let (name, run) = (group.name.clone(), group.runs[0].run.clone());
    let mut statistics = group.statistics.iter_mut();
    let p99 = statistics
        .find(|it| it.request == "TOTAL" && it.metric == Metric::P99)
        .unwrap();
    p99.values[0] = None;
    p99.mean = None;
    p99.interval = None;
    p99.missing = vec![MissingValue {
        run: run.clone(),
        reason: "too few requests".to_owned(),
    }];

    let text = verbose(&analysis);

    let sentence = format!("p99 of TOTAL in {name}: none in {run} (too few requests).");
    assert!(text.contains(refused) && text.contains(&sentence), "{text}");
    let row = text.lines().find(|line| line.contains("refused"));
    assert!(row.unwrap().contains("4 of 5"), "{text}");
}

#[test]
fn groups_that_are_not_compared_say_why() {
    let mut analysis = fixture::two_groups();
    let between = analysis.between_runs.as_mut().unwrap();
    between.comparisons.clear();
    let text = verbose(&analysis);
    assert!(text.contains("The groups are points of a sweep"), "{text}");
    let between = analysis.between_runs.as_mut().unwrap();
    between.groups.truncate(1);
    let text = verbose(&analysis);
    assert!(text.contains("all runs repeat main (5 runs)"), "{text}");
}

#[test]
fn ranks_are_shown_from_ten_runs_on_either_side() {
    let mut analysis = fixture::two_groups();
    assert!(!verbose(&analysis).contains(" (exact)"), "there are five");
    let between = analysis.between_runs.as_mut().unwrap();
    for statistic in between.groups.iter_mut().flat_map(|it| &mut it.statistics) {
        statistic.values = statistic.values.repeat(2);
    }
    assert!(verbose(&analysis).contains(" (exact)"), "there are ten");
}
