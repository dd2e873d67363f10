//! The procedure of the student report as tables: drawn means, t tests on them, and how far these can be relied on.

pub(crate) mod reliability;

use workbench_analysis::{Analysis, PairwiseTest, ReportComparison, RunAnalysis};

use crate::format;
use crate::names::{self, RunName};
use crate::table::{Cell, Column, Row, Table};

/// Heads what the student report did.
pub(crate) const HEADING: &str = "Study: resampled means, QQ plot and t tests";

/// Warns of every comparison of this kind.
pub(crate) const BANNER: &str = "Descriptive, not valid for inference";

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
            let time = |ns: f64| Cell::shown(ns, format::milliseconds);
            let samples = distribution.raw_samples;
            let name = names::of_distribution(distribution, runs, names);
            Row::of(vec![
                Cell::text(name.map_or(&distribution.experiment, |name| &name.label)),
                Cell::count(samples),
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
            let valid = reliability::valid_verdict(analysis, test);
            row_of_test(test, comparison.alpha, &valid)
        })
        .collect();
    Table::new(columns, rows)
}

fn row_of_test(test: &PairwiseTest, alpha: f64, valid: &str) -> Row {
    let time = |ns: f64| Cell::shown(ns, format::printed_milliseconds);
    Row::of(vec![
        Cell::text(&format!("{} = {}", test.a, test.b)),
        time(test.mean_a_ns),
        time(test.standard_error_a_ns),
        time(test.mean_b_ns),
        time(test.standard_error_b_ns),
        Cell::shown(alpha, format::level),
        Cell::shown(test.t, format::statistic),
        Cell::shown(test.p, format::p_value),
        Cell::text(if test.rejected {
            "Reject H0"
        } else {
            "Do not reject H0"
        }),
        Cell::shown(test.degrees_of_freedom, format::significant),
        Cell::text(valid),
    ])
}
