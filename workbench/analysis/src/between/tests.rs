use super::fixture::{alone, in_series, invalid, pairs, run};
use super::*;
use crate::model::{
    GroupComparison, LatencyOf, Metric, MetricComparison, Pairing, TestMethod, Verdict,
};

fn between(runs: &[RunAnalysis]) -> BetweenRuns {
    between_runs(runs, &ComparisonRule::default())
}

fn names(between: &BetweenRuns) -> Vec<&str> {
    between
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect()
}

fn row<'a>(comparison: &'a GroupComparison, label: &str, metric: Metric) -> &'a MetricComparison {
    comparison
        .rows
        .iter()
        .find(|row| row.request == label && row.metric == metric)
        .unwrap()
}

fn only(between: BetweenRuns) -> GroupComparison {
    let [comparison] = <[_; 1]>::try_from(between.comparisons).unwrap();
    comparison
}

#[test]
fn runs_of_one_series_are_grouped_and_paired_by_the_series() {
    let found = between(&pairs(6, 1.2));
    assert_eq!(names(&found), ["shop#1", "shop#2"]);
    let comparison = only(found);
    assert_eq!(comparison.pairing, Pairing::Pairs);
    assert_eq!(comparison.warnings, [] as [&str; 0]);
    let mean = row(&comparison, "TOTAL", Metric::Mean);
    assert_eq!(mean.method, Some(TestMethod::Paired));
    assert_eq!(mean.verdict, Verdict::Regressed);
    assert!(mean.strict_regression);
    // The differences between blocks cancel in pairs: 20 % with a scatter of 1 % remain.
    let interval = mean.interval.unwrap();
    assert!(interval.lower > 0.18 && interval.upper.unwrap() < 0.22);
    assert_eq!(
        row(&comparison, "TOTAL", Metric::Throughput).verdict,
        Verdict::Regressed
    );
    assert_eq!(
        row(&comparison, "order", Metric::ErrorRate).verdict,
        Verdict::Equivalent
    );
}

#[test]
fn every_label_and_metric_has_a_row_and_total_is_last() {
    let comparison = only(between(&pairs(5, 1.0)));
    let rows: Vec<_> = comparison
        .rows
        .iter()
        .map(|row| (row.request.as_str(), row.metric))
        .collect();
    let expected: Vec<_> = ["browse", "order", "TOTAL"]
        .into_iter()
        .flat_map(|label| Metric::of(label).map(move |metric| (label, metric)))
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn points_of_one_sweep_are_not_compared_but_the_same_point_of_two_experiments_is() {
    let mut runs = Vec::new();
    for (number, (experiment, users)) in [("old", 1), ("old", 9), ("new", 1), ("new", 9)]
        .into_iter()
        .enumerate()
    {
        for block in 1..=5 {
            let scattered = 10.0 + 0.1 * f64::from(block * (number as u32 + 1) % 7);
            let name = format!("{experiment}@users={users}");
            let run = run(experiment, 10 * number + block as usize, scattered);
            runs.push(in_series(run, "s", &name, Some(users), block));
        }
    }
    let found = between(&runs);
    let compared: Vec<_> = found
        .comparisons
        .iter()
        .map(|it| (it.baseline.as_str(), it.candidate.as_str()))
        .collect();
    assert_eq!(
        compared,
        [
            ("old@users=1", "new@users=1"),
            ("old@users=9", "new@users=9")
        ]
    );
    assert_eq!(found.several, []);
}

#[test]
fn a_block_that_was_not_finished_at_the_end_is_left_out_of_the_pairs() {
    let mut runs = pairs(6, 1.2);
    runs.pop();
    let comparison = only(between(&runs));
    assert_eq!(comparison.pairing, Pairing::Pairs);
    assert!(comparison.warnings[0].contains("block 6 at the end"));
    // The runs that were compared, not all runs of the group.
    let kept = only(between(&pairs(5, 1.2)));
    assert_eq!(
        row(&comparison, "TOTAL", Metric::Mean),
        row(&kept, "TOTAL", Metric::Mean)
    );
}

#[test]
fn a_gap_within_a_series_makes_its_runs_independent_and_keeps_them_all() {
    let mut runs = pairs(6, 1.2);
    runs.remove(3);
    let comparison = only(between(&runs));
    assert_eq!(comparison.pairing, Pairing::Independent);
    assert!(comparison.warnings[0].contains("block 2"));
    let mean = row(&comparison, "TOTAL", Metric::Mean);
    assert_eq!(mean.method, Some(TestMethod::Welch));
}

#[test]
fn an_invalid_run_makes_every_verdict_invalid_and_is_named() {
    let mut runs = pairs(6, 1.2);
    runs[3] = invalid(runs[3].clone());
    let found = between(&runs);
    assert!(!found.groups[1].runs[1].valid);
    let comparison = only(found);
    for row in &comparison.rows {
        assert_eq!(row.verdict, Verdict::Invalid);
        assert_eq!(row.verdict_alone, Verdict::Invalid);
        assert!(!row.strict_regression);
    }
    assert!(comparison.warnings[0].contains("users achieved: 20 % below the plan"));
}

#[test]
fn a_run_without_a_steady_state_is_invalid() {
    let mut runs = pairs(5, 1.0);
    runs[0].validity = None;
    let steady = runs[0].steady.as_mut().unwrap();
    steady.warm_up.status = workbench_samples::CheckStatus::Failed;
    let comparison = only(between(&runs));
    assert_eq!(comparison.rows[0].verdict, Verdict::Invalid);
    assert!(comparison.warnings[0].contains("steady state: steady from the start"));
}

#[test]
fn a_run_without_checks_is_invalid_by_its_steady_parts_checks() {
    let mut doubted = run("shop", 1, 10.0);
    let steady = doubted.steady.as_mut().unwrap();
    steady.warm_up.status = workbench_samples::CheckStatus::Failed;
    steady.warm_up.finding = "not for 60 s".to_owned();
    steady.stalls.status = workbench_samples::CheckStatus::Failed;
    steady.stalls.finding = "not for 60 s".to_owned();
    doubted.validity = None;
    assert_eq!(
        crate::between::invalid_reasons(&doubted),
        ["steady state: not for 60 s", "stalls: not for 60 s"]
    );
}

#[test]
fn single_runs_are_inconclusive_with_the_reason() {
    let runs = [run("a", 1, 10.0), run("b", 2, 20.0)];
    let comparison = only(between(&runs));
    let mean = row(&comparison, "TOTAL", Metric::Mean);
    assert_eq!(mean.verdict, Verdict::Inconclusive);
    assert_eq!((mean.method, mean.change, mean.p), (None, None, None));
    assert!(mean.warnings[0].starts_with("one run on either side"));
    assert!((mean.candidate / mean.baseline - 2.0).abs() < 1e-12);
}

#[test]
fn a_single_run_is_not_judged_by_ten_runs_that_are_no_history() {
    let mut runs = alone("old", 10, 10.0);
    runs.push(run("new", 40, 13.0));
    let comparison = only(between(&runs));
    for row in &comparison.rows {
        assert_eq!(row.verdict, Verdict::Inconclusive);
        assert_eq!((row.method, row.change, row.p), (None, None, None));
        assert!(row.warnings[0].contains("gate --history"));
    }
}

#[test]
fn a_metric_that_a_run_lacks_is_a_warning_without_a_row() {
    let mut runs = alone("old", 5, 10.0);
    runs.extend(alone("new", 5, 10.0));
    let steady = runs[2].steady.as_mut().unwrap();
    steady.total.p99_ns.value = None;
    steady.requests.remove(0);
    let comparison = only(between(&runs));
    let has = |label, metric| {
        comparison
            .rows
            .iter()
            .any(|row| row.request == label && row.metric == metric)
    };
    assert!(!has("TOTAL", Metric::P99) && has("TOTAL", Metric::P95));
    assert!(!has("browse", Metric::Mean) && has("order", Metric::Mean));
    assert!(
        comparison
            .warnings
            .iter()
            .any(|warning| warning.starts_with("TOTAL is not compared by p99")),
        "{:?}",
        comparison.warnings
    );
}

#[test]
fn different_parts_of_runs_are_not_compared() {
    let mut runs = alone("old", 5, 10.0);
    runs.extend(alone("new", 5, 10.0));
    for run in &mut runs[5..] {
        run.steady.as_mut().unwrap().scope = crate::model::Scope::WholeRun;
    }
    let comparison = only(between(&runs));
    assert_eq!(comparison.rows, []);
    assert!(comparison.warnings[0].contains("not comparable"));
}

#[test]
fn runs_without_steady_states_leave_groups_without_statistics() {
    let mut runs = alone("old", 2, 10.0);
    runs.extend(alone("new", 2, 10.0));
    for run in &mut runs {
        run.steady = None;
    }
    let found = between(&runs);
    assert_eq!(found.groups[0].statistics, []);
    assert!(found.comparisons[0].warnings[0].starts_with("there is nothing to compare"));
}

#[test]
fn one_group_has_statistics_and_no_comparison() {
    let found = between(&alone("old", 4, 10.0));
    assert_eq!(found.comparisons, []);
    let mean = &found.groups[0].statistics[13];
    assert_eq!(
        (mean.request.as_str(), mean.metric),
        ("TOTAL", Metric::Mean)
    );
    assert_eq!(mean.values.len(), 4);
    // SciPy 1.17.1: exp(t.interval(0.9, 3, mean(ln x), sem(ln x))) of 10.12, 9.91, 10.04, 9.87 ms.
    let interval = mean.interval.unwrap();
    assert!((mean.mean.unwrap() - 9_984_498.547_018).abs() < 1e-4);
    assert!((interval.lower - 9_849_494.61).abs() < 1e-1);
    assert!((interval.upper.unwrap() - 10_121_352.95).abs() < 1e-1);
}

#[test]
fn a_group_has_no_mean_unless_every_run_has_a_value_and_says_which_have_none() {
    let mut runs = alone("old", 4, 10.0);
    let refused = &mut runs[2].steady.as_mut().unwrap().total.p99_ns;
    refused.value = None;
    refused.note = Some("needs 299 independent requests".to_owned());
    runs[1].steady.as_mut().unwrap().requests.remove(0);

    let found = between(&runs);

    let statistic = |label: &str, metric| {
        let mut statistics = found.groups[0].statistics.iter();
        statistics
            .find(|it| it.request == label && it.metric == metric)
            .unwrap()
    };
    let p99 = statistic("TOTAL", Metric::P99);
    assert_eq!(p99.values.iter().flatten().count(), 3);
    assert_eq!((p99.mean, p99.interval), (None, None));
    assert_eq!(p99.coefficient_of_variation, None);
    let [missing] = &p99.missing[..] else {
        panic!("one run lacks it")
    };
    assert_eq!(missing.run, found.groups[0].runs[2].run);
    assert!(missing.reason.contains("299 independent requests"));
    assert!(statistic("TOTAL", Metric::P95).mean.is_some());
    let browse = statistic("browse", Metric::Mean);
    assert_eq!(browse.mean, None);
    assert!(browse.missing[0].reason.contains("has no such request"));
}

#[test]
fn runs_without_errors_have_no_interval_and_no_rate_is_negative() {
    let mut runs = alone("old", 4, 10.0);
    let rates = |runs: &[RunAnalysis], label: &str| {
        let found = between(runs);
        let mut statistics = found.groups[0].statistics.iter();
        let rate = statistics.find(|it| it.request == label && it.metric == Metric::ErrorRate);
        let rate = rate.unwrap();
        (rate.mean, rate.interval)
    };
    assert_eq!(rates(&runs, "browse"), (Some(0.0), None));
    runs[0].steady.as_mut().unwrap().total.errors = 500;
    let (_, interval) = rates(&runs, "TOTAL");
    assert_eq!(interval.unwrap().lower, 0.0);
}

#[test]
fn three_groups_are_tested_at_once() {
    let mut runs = alone("a", 5, 10.0);
    runs.extend(alone("b", 5, 10.05));
    runs.extend(alone("c", 5, 14.0));
    let found = between(&runs);
    assert_eq!(found.comparisons.len(), 3);
    let mean = found
        .several
        .iter()
        .find(|it| it.request == "TOTAL" && it.metric == Metric::Mean)
        .unwrap();
    assert_eq!(mean.groups, ["a", "b", "c"]);
    assert!(mean.welch_anova.unwrap().p < 1e-4);
    assert!(mean.kruskal_wallis.unwrap().p < 0.02);
    let a_to_c = &mean.pairs[1];
    assert_eq!((a_to_c.a.as_str(), a_to_c.b.as_str()), ("a", "c"));
    assert!((a_to_c.change - 0.4).abs() < 1e-9);
    assert!(a_to_c.interval.lower < 0.4 && a_to_c.interval.upper.unwrap() > 0.4);
    // All runs have the same error rate.
    let errors = found
        .several
        .iter()
        .find(|it| it.metric == Metric::ErrorRate);
    assert_eq!(errors.unwrap().pairs, []);
}

#[test]
fn times_of_successes_can_be_compared() {
    let runs = pairs(5, 1.0);
    let groups = super::group::groups(&runs);
    let mut question = Question::of_analysis(ComparisonRule::default());
    question.latency = LatencyOf::Success;
    let compared = compare(&groups[0], &groups[1], &question).comparison;
    let all = only(between(&runs));
    let ratio =
        row(&compared, "TOTAL", Metric::P95).baseline / row(&all, "TOTAL", Metric::P95).baseline;
    assert!((ratio - 0.9).abs() < 1e-12);
}

#[test]
fn inconclusive_rows_say_how_many_runs_are_needed() {
    let mut runs = Vec::new();
    for number in 0..4 {
        let noise = [1.0, 1.3, 0.8, 1.1][number];
        runs.push(run("old", number, 10.0 * noise));
        runs.push(run("new", 10 + number, 10.2 * noise * noise));
    }
    let comparison = only(between(&runs));
    let mean = row(&comparison, "TOTAL", Metric::Mean);
    assert_eq!(mean.verdict, Verdict::Inconclusive);
    assert!(mean.minimum_detectable_change.unwrap() > 0.2);
    assert!(mean.runs_needed.unwrap() > 50);
}
