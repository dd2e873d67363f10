//! What stands beside the student report's tests: what the runs' requests are worth, and what may be said of them.

use workbench_analysis::{
    Analysis, BetweenRuns, Group, Metric, PairwiseTest, ReportComparison, RunAnalysis, Verdict,
};

use crate::format;
use crate::names::{self, RunName};
use crate::table::{Cell, Column, Row, Table};

/// Said where no verdict rests on more than one run.
const SINGLE_RUNS: &str = "no verdict: single runs";
const TOTAL: &str = "TOTAL";

/// τ, effective sample size and false alarm rate of each run.
pub(crate) fn table(
    comparison: &ReportComparison,
    runs: &[RunAnalysis],
    names: &[RunName],
) -> Table {
    let columns = vec![
        Column::text("Run", 0),
        Column::number("# Samples", "", 4),
        Column::number("τ", "", 0),
        Column::number("Effective samples", "", 0),
        Column::number("False alarms", "", 0),
        Column::number("95% interval", "", 1),
        Column::number("Promised", "", 3),
        Column::text("How τ was found", 5),
    ];
    let rows = comparison.distributions.iter().map(|distribution| {
        let worth = &distribution.worth;
        let name = names::of_distribution(distribution, runs, names);
        let number = |value: Option<f64>| match value {
            Some(value) => Cell::number(value, format::significant(value)),
            None => Cell::text(format::NOTHING),
        };
        let alarms = worth.false_alarms.as_ref();
        let share = |value: Option<f64>| match value {
            Some(value) => Cell::number(value, format::level(value)),
            None => Cell::text(format::NOTHING),
        };
        let interval = alarms.map(|alarms| {
            let upper = alarms.interval.upper.unwrap_or(1.0);
            format!("{} … {}", whole(alarms.interval.lower), whole(upper))
        });
        Row::of(vec![
            Cell::text(name.map_or(&distribution.experiment, |name| &name.label)),
            Cell::number(
                distribution.raw_samples as f64,
                format::count(distribution.raw_samples),
            ),
            number(worth.autocorrelation_factor),
            number(worth.effective_samples),
            share(alarms.map(|alarms| alarms.rate)),
            Cell::text(interval.as_deref().unwrap_or(format::NOTHING)),
            share(alarms.map(|alarms| alarms.nominal)),
            Cell::text(&worth.note),
        ])
    });
    Table::new(columns, rows.collect())
}

/// Percent without decimals: more would say more than some hundred trials know.
fn whole(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// What the columns of [`table`] mean.
pub(crate) fn meaning(comparison: &ReportComparison) -> String {
    let found = comparison
        .distributions
        .iter()
        .find_map(|distribution| distribution.worth.false_alarms.as_ref());
    let alarms = found.map_or_else(String::new, |found| {
        format!(
            " False alarms: how often this very test calls two runs different that were put together from blocks of one \
             and the same run (moving block bootstrap, {} of it, seed {}): there is nothing to find. Real runs also differ \
             as wholes, which one run cannot show, so that the true rate is higher.",
            format::counted(found.trials.into(), "trial"),
            found.seed,
        )
    });
    format!(
        "τ: how many times the variance of the mean is what it would be for independent requests. Effective samples: how \
         many independent requests would know as much of the mean.{alarms}"
    )
}

/// What may be said of the two runs of a test, or rather of the groups that they belong to.
pub(crate) fn valid_verdict(analysis: &Analysis, test: &PairwiseTest) -> String {
    found_verdict(analysis, test).unwrap_or_else(|| SINGLE_RUNS.to_owned())
}

fn found_verdict(analysis: &Analysis, test: &PairwiseTest) -> Option<String> {
    let between = analysis.between_runs.as_ref()?;
    let group = |name: &str| group_of(between, run_named(&analysis.runs, name)?);
    let (a, b) = (group(&test.a)?, group(&test.b)?);
    if a.name == b.name {
        return Some("none: both repeat the same".to_owned());
    }
    if a.point != b.point {
        return Some("none: they are points of a sweep".to_owned());
    }
    let (comparison, turned) = between.comparisons.iter().find_map(|comparison| {
        let pair = (&comparison.baseline, &comparison.candidate);
        if pair == (&a.name, &b.name) {
            Some((comparison, false))
        } else {
            (pair == (&b.name, &a.name)).then_some((comparison, true))
        }
    })?;
    let row = comparison
        .rows
        .iter()
        .find(|row| row.request == TOTAL && row.metric == Metric::Mean)?;
    row.method?;
    let word = match (row.verdict, turned) {
        (Verdict::Invalid, _) => "invalid: a run cannot be believed",
        (Verdict::Equivalent, _) => "equivalent",
        (Verdict::Inconclusive, _) => "inconclusive",
        (Verdict::Regressed, false) | (Verdict::Improved, true) => "the second is slower",
        (Verdict::Regressed, true) | (Verdict::Improved, false) => "the second is faster",
    };
    let runs = format!("{} and {} runs", a.runs.len(), b.runs.len());
    Some(format!("{word} ({runs})"))
}

/// The run that a test calls so: by experiment and folder, by what its series calls it, or by its experiment.
fn run_named<'a>(runs: &'a [RunAnalysis], name: &str) -> Option<&'a RunAnalysis> {
    let by_folder = |run: &&RunAnalysis| run.name() == name;
    let in_series = |run: &&RunAnalysis| {
        let place = run.series.as_ref();
        place.is_some_and(|place| place.experiment == name)
    };
    let named = |run: &&RunAnalysis| run.experiment == name;
    let found = runs
        .iter()
        .find(by_folder)
        .or_else(|| runs.iter().find(in_series));
    found.or_else(|| runs.iter().find(named))
}

fn group_of<'a>(between: &'a BetweenRuns, run: &RunAnalysis) -> Option<&'a Group> {
    let name = run.name();
    between
        .groups
        .iter()
        .find(|group| group.runs.iter().any(|it| it.run == name))
}

#[cfg(test)]
mod tests {
    use workbench_analysis::{GroupComparison, GroupRun, MetricComparison, Pairing, TestMethod};

    use super::*;
    use crate::fixture;

    fn group(run: &RunAnalysis) -> Group {
        Group {
            name: run.experiment.clone(),
            experiment: run.experiment.clone(),
            point: None,
            runs: vec![GroupRun {
                run: run.name(),
                block: None,
                valid: true,
            }],
            statistics: Vec::new(),
        }
    }

    fn row(verdict: Verdict, method: Option<TestMethod>) -> MetricComparison {
        MetricComparison {
            request: TOTAL.to_owned(),
            metric: Metric::Mean,
            verdict,
            verdict_alone: verdict,
            strict_regression: false,
            method,
            baseline: 1.0,
            candidate: 2.0,
            change: None,
            interval: None,
            p: None,
            p_regressed_adjusted: None,
            p_improved_adjusted: None,
            minimum_detectable_change: None,
            runs_needed: None,
            ranks: None,
            hedges_g: None,
            cliffs_delta: None,
            warnings: Vec::new(),
        }
    }

    /// Scenario 2 as baseline, scenario 1 as candidate: the other way round than the test has them.
    fn analysis(verdict: Verdict, method: Option<TestMethod>) -> Analysis {
        let mut analysis = fixture::five_runs();
        analysis.between_runs = Some(BetweenRuns {
            margin: 0.05,
            error_rate_margin: 0.001,
            alpha: 0.05,
            groups: analysis.runs.iter().map(group).collect(),
            comparisons: vec![GroupComparison {
                baseline: "scenario2".to_owned(),
                candidate: "scenario1".to_owned(),
                gate: None,
                pairing: Pairing::Independent,
                rows: vec![row(verdict, method)],
                warnings: Vec::new(),
                throughput_is_set: false,
            }],
            several: Vec::new(),
        });
        analysis
    }

    fn said(analysis: &Analysis) -> String {
        let test = &analysis.comparison.as_ref().unwrap().tests[0];
        assert_eq!((&*test.a, &*test.b), ("scenario1", "scenario2"));
        valid_verdict(analysis, test)
    }

    #[test]
    fn the_valid_verdict_is_told_in_the_direction_of_the_test() {
        let welch = Some(TestMethod::Welch);
        assert_eq!(
            said(&analysis(Verdict::Improved, welch)),
            "the second is slower (1 and 1 runs)"
        );
        assert_eq!(
            said(&analysis(Verdict::Equivalent, welch)),
            "equivalent (1 and 1 runs)"
        );
    }

    #[test]
    fn single_runs_have_no_verdict() {
        assert_eq!(said(&analysis(Verdict::Inconclusive, None)), SINGLE_RUNS);
        assert_eq!(said(&fixture::five_runs()), SINGLE_RUNS);
    }
}
