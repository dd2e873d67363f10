//! The student report's comparison as tables, and the warning that goes with them everywhere.

use workbench_analysis::{Analysis, PairwiseTest, ReportComparison, RunAnalysis};

use crate::format;
use crate::names::{self, RunName};
use crate::steady;
use crate::table::{Cell, Column, Row, Table};
use crate::verdict::Judgement;
use crate::worth;

/// Heads what the student report did.
pub(crate) const HEADING: &str = "Study: resampled means, QQ plot and t tests";

/// Warns of every comparison of this kind.
pub(crate) const BANNER: &str = "Descriptive, not valid for inference";

/// Each run in one line: its steady part, or the whole run where there is none.
pub(crate) fn overview(runs: &[RunAnalysis], names: &[RunName]) -> Table {
    let columns = vec![
        Column::text("Run", 0),
        Column::text("Validity", 0),
        Column::number("Users", "", 4),
        Column::number("Samples", "", 3),
        Column::number("Mean", "ms", 5),
        Column::number("p50", "ms", 2),
        Column::number("p95", "ms", 0),
        Column::number("p99", "ms", 1),
        Column::number("Throughput", "/s", 2),
        Column::number("Errors", "", 0),
    ];
    let rows = runs
        .iter()
        .zip(names)
        .map(|(run, name)| {
            let cell = |value: f64, shown: fn(f64) -> String| Cell::number(value, shown(value));
            let (samples, times, throughput, error_rate) = figures(run);
            let time = |ns: Option<f64>| {
                ns.map_or(Cell::text(steady::TOO_FEW), |ns| {
                    cell(ns, format::milliseconds)
                })
            };
            let [mean, p50, p95, p99] = times.map(time);
            let users = most_users(run);
            let judgement = Judgement::of(run);
            let row = Row::of(vec![
                Cell::text(&name.label),
                Cell::badge(judgement.word(), judgement.level()),
                users.map_or_else(
                    || Cell::text(format::NOTHING),
                    |users| Cell::number(users, format::count(users.round() as u64)),
                ),
                Cell::number(samples as f64, format::count(samples)),
                mean,
                p50,
                p95,
                p99,
                cell(throughput, format::significant),
                cell(error_rate, format::percentage),
            ]);
            // Runs that cannot be believed are not left out for others.
            row.of_priority(f64::from(judgement != Judgement::Valid))
        })
        .collect();
    Table::new(columns, rows)
}

/// Requests; mean, p50, p95 and p99 in nanoseconds; requests per second; error rate.
fn figures(run: &RunAnalysis) -> (u64, [Option<f64>; 4], f64, f64) {
    let whole = &run.total;
    match run.steady.as_ref().map(|steady| &steady.total) {
        Some(steady) => (
            steady.samples,
            [steady.mean_ns, steady.p50_ns, steady.p95_ns, steady.p99_ns].map(|it| it.value),
            steady.throughput_per_s,
            steady.error_rate.value.unwrap_or(whole.error_rate),
        ),
        None => (
            whole.samples,
            [whole.mean_ns, whole.p50_ns, whole.p95_ns, whole.p99_ns].map(Some),
            whole.throughput_per_s,
            whole.error_rate,
        ),
    }
}

/// Most users at once: as planned, or as they were where no plan is known; `None` where users were not recorded.
pub(crate) fn most_users(run: &RunAnalysis) -> Option<f64> {
    let users = run.users.iter();
    users
        .map(|users| users.planned.unwrap_or(users.achieved))
        .reduce(f64::max)
}

/// The drawn means of each run with their four spreads, which are four different things.
pub(crate) fn distributions(
    comparison: &ReportComparison,
    runs: &[RunAnalysis],
    names: &[RunName],
) -> Table {
    let columns = vec![
        Column::text("Run", 0),
        Column::number("# Samples", "", 2),
        Column::number("Raw mean", "ms", 1),
        Column::number("Raw SD", "ms", 0),
        Column::number("Raw SE", "ms", 0),
        Column::number("Mean of means", "ms", 1),
        Column::number("SD of means", "ms", 0),
        Column::number("SE of grand mean", "ms", 0),
    ];
    let rows = comparison
        .distributions
        .iter()
        .map(|distribution| {
            let time = |ns: f64| Cell::number(ns, format::milliseconds(ns));
            let samples = distribution.raw_samples;
            let name = names::of_distribution(distribution, runs, names);
            Row::of(vec![
                Cell::text(name.map_or(&distribution.experiment, |name| &name.label)),
                Cell::number(samples as f64, format::count(samples)),
                time(distribution.raw_mean_ns),
                time(distribution.raw_standard_deviation_ns),
                time(distribution.raw_standard_error_ns),
                time(distribution.mean_of_means_ns),
                time(distribution.standard_deviation_of_means_ns),
                time(distribution.standard_error_of_grand_mean_ns),
            ])
        })
        .collect();
    Table::new(columns, rows)
}

/// What the four spreads are.
pub(crate) fn spreads(comparison: &ReportComparison) -> String {
    format!(
        "Raw SD: spread of the single response times. Raw SE: raw SD / √samples, as if requests were \
         independent. SD of means: spread of the {resamples} drawn means, about raw SD / √{size}. \
         SE of grand mean: SD of means / √{resamples}; it shrinks with the number of draws, not \
         with what was measured. Seed of the draws: {seed}.",
        resamples = format::count(comparison.resamples.into()),
        size = comparison.sample_size,
        seed = comparison.seed,
    )
}

/// What the columns of [`tests`] mean.
pub(crate) const COLUMNS_OF_TESTS: &str = "In the report’s order and with its digits. Null hypothesis (H0): the means of the two are equal. Alternative \
     hypothesis (Ha): they are not equal. Mean: mean of the drawn means (“after CLT”). SE: standard error of the grand \
     mean of each run. P-value: two-sided. df: degrees of freedom by Welch and Satterthwaite, which the report does not \
     print. What may be said: the valid verdict on the mean of all requests, between runs; where there is no verdict for \
     want of runs, repeat with --repetitions.";

/// One row a test: hypothesis, means, standard errors, level, t, p and decision as the report has them; then what it has
/// not.
pub(crate) fn tests(analysis: &Analysis, comparison: &ReportComparison) -> Table {
    let columns = vec![
        Column::text("H0", 0),
        Column::number("Mean 1", "ms", 2),
        Column::number("SE 1", "ms", 3),
        Column::number("Mean 2", "ms", 2),
        Column::number("SE 2", "ms", 3),
        Column::number("Alpha", "", 4),
        Column::number("T-statistic", "", 0),
        Column::number("P-value", "", 1),
        Column::text("Result", 0),
        Column::number("df", "", 6),
        Column::text("What may be said", 0),
    ];
    let rows = comparison
        .tests
        .iter()
        .map(|test| {
            let valid = worth::valid_verdict(analysis, test);
            row_of_test(test, comparison.alpha, &valid)
        })
        .collect();
    Table::new(columns, rows)
}

fn row_of_test(test: &PairwiseTest, alpha: f64, valid: &str) -> Row {
    let time = |ns: f64| Cell::number(ns, format::printed_milliseconds(ns));
    Row::of(vec![
        Cell::text(&format!("{} = {}", test.a, test.b)),
        time(test.mean_a_ns),
        time(test.standard_error_a_ns),
        time(test.mean_b_ns),
        time(test.standard_error_b_ns),
        Cell::number(alpha, format::level(alpha)),
        Cell::number(test.t, format::statistic(test.t)),
        Cell::number(test.p, format::p_value(test.p)),
        Cell::text(if test.rejected {
            "Reject H0"
        } else {
            "Do not reject H0"
        }),
        Cell::number(
            test.degrees_of_freedom,
            format::significant(test.degrees_of_freedom),
        ),
        Cell::text(valid),
    ])
}
