//! How far the student report's tests can be relied on: dependence of the requests, false alarms of the procedure, and the
//! valid verdict beside each test.

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
        Column::number("Requests", "", 4),
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
        let alarms = worth.false_alarms.as_ref();
        let interval = alarms.map(|alarms| {
            let upper = alarms.interval.upper.unwrap_or(1.0);
            format::range(alarms.interval.lower, Some(upper), format::whole_percent)
        });
        Row::of(vec![
            Cell::text(name.map_or(&distribution.experiment, |name| &name.label)),
            Cell::count(worth.requests),
            Cell::optional(worth.autocorrelation_factor, format::significant),
            Cell::optional(worth.effective_samples, format::significant),
            Cell::optional(alarms.map(|alarms| alarms.rate), format::level),
            Cell::text(interval.as_deref().unwrap_or(format::NOTHING)),
            Cell::optional(alarms.map(|alarms| alarms.nominal), format::level),
            Cell::text(&worth.note),
        ])
    });
    Table::new(columns, rows.collect())
}

/// What the columns of [`table`] mean.
pub(crate) fn meaning(comparison: &ReportComparison) -> String {
    let found = comparison
        .distributions
        .iter()
        .find_map(|distribution| distribution.worth.false_alarms.as_ref());
    let alarms = found.map_or_else(String::new, |found| {
        format!(
            " False alarms: how often this test finds a difference between two runs that were both put together from blocks of \
             the steady part of one run (moving block bootstrap, {}, seed {}). There is none to find. Real runs also differ as \
             wholes, which one run cannot show: the rate between real runs is higher.",
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
