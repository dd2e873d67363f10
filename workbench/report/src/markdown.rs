//! The analysis as GitHub Markdown.

mod pieces;
mod published;

use workbench_analysis::{
    Analysis, BetweenRuns, GroupComparison, ReportComparison, RunAnalysis, SweepAnalysis,
};

use crate::between::{self, Part, words};
use crate::names::{self, RunName};
use crate::table::Table;
use crate::tables::ShownLabels;
use crate::verdict::{self, Judgement};
use crate::{comparison, findings, scalability, steady, tables, worth};

pub(crate) use pieces::{escaped, push_heading, push_list, push_table};
pub use published::published_markdown;

use pieces::{push_folded, push_paragraph};

/// Labels, and kinds of errors, that a run is shown with; the page has more.
const LABELS: usize = 20;

/// So many runs are told in full.
const FEW_RUNS: usize = 6;

/// The analysis as GitHub Markdown, ready for a pull request or a job's summary.
#[must_use]
pub fn markdown(analysis: &Analysis) -> String {
    let names = names::of_runs(&analysis.runs);
    let mut text = String::new();
    if analysis.runs.len() > 1 {
        for sweep in &analysis.sweeps {
            push_sweep(&mut text, sweep);
        }
        if let Some(between) = &analysis.between_runs {
            push_between(&mut text, between);
        }
        push_heading(&mut text, 2, "Runs");
        push_table(&mut text, &comparison::overview(&analysis.runs, &names));
    }
    // What is written in a pull request has a limit; each run has a report of its own.
    if analysis.runs.len() <= FEW_RUNS {
        for (run, name) in analysis.runs.iter().zip(&names) {
            push_run(&mut text, run, name, &analysis.quantile_definition);
        }
    }
    if let Some(comparison) = &analysis.comparison {
        push_comparison(&mut text, analysis, comparison, &names);
    }
    if !analysis.warnings.is_empty() {
        text.push_str("## Warnings\n\n");
        push_list(&mut text, &analysis.warnings);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn push_run(text: &mut String, run: &RunAnalysis, name: &RunName, quantile_definition: &str) {
    let judgement = Judgement::of(run);
    push_heading(text, 2, &format!("{}: {}", name.label, run.title));
    let facts = format!(
        "**{}**{} · outcome: {} · {} · run `{}`\n\n",
        judgement.word(),
        verdict::many_errors(run)
            .map_or_else(String::new, |errors| format!(": {}", escaped(&errors))),
        escaped(&verdict::outcome(run)),
        crate::format::duration(run.duration_s),
        run.run_id.replace('`', " "),
    );
    text.push_str(&facts);
    if !run.thresholds.is_empty() {
        push_heading(text, 3, "Thresholds");
        let thresholds: Vec<_> = run
            .thresholds
            .iter()
            .map(|threshold| {
                format!(
                    "{}: {} ({})",
                    verdict::threshold(threshold.status()),
                    threshold.text,
                    verdict::measured(threshold)
                )
            })
            .collect();
        push_list(text, &thresholds);
    }
    if let Some(validity) = &run.validity {
        push_heading(text, 3, "Validity");
        let checks: Vec<_> = validity
            .checks
            .iter()
            .map(|check| {
                format!(
                    "{}: {}: {}",
                    verdict::status(check.status),
                    check.name,
                    check.finding
                )
            })
            .collect();
        push_list(text, &checks);
    }
    push_heading(text, 3, "What to look at");
    push_list(text, &findings::of(run));
    let shown = ShownLabels::slowest(run, LABELS);
    push_steady(text, run, &shown);
    push_heading(text, 3, "Summary");
    push_table(text, &shown.of(tables::summary(run)));
    push_heading(text, 3, "Aggregate");
    push_table(text, &shown.of(tables::aggregate(run)));
    text.push_str(&format!(
        "Quantiles: {}. KB are 1,024 bytes.\n\n",
        escaped(quantile_definition)
    ));
    if let Some(service) = tables::service(run) {
        push_heading(text, 3, "Service times");
        push_table(text, &shown.of(service));
        push_paragraph(text, tables::RESPONSE_TIMES);
    }
    push_heading(text, 3, "Errors");
    match tables::errors(run) {
        Some(errors) => push_table(text, &errors.first(LABELS)),
        None => text.push_str("No request failed.\n\n"),
    }
    if let Some(reasons) = tables::reasons(run) {
        push_table(text, &reasons.first(LABELS));
    }
    if let Some(reason) = tables::most_frequent(run) {
        push_paragraph(text, &reason);
        push_paragraph(text, &tables::show(run));
    }
}

fn push_steady(text: &mut String, run: &RunAnalysis, shown: &ShownLabels) {
    let Some(state) = &run.steady else {
        if let Some(missing) = steady::missing(run) {
            push_heading(text, 3, steady::HEADING);
            push_paragraph(text, missing);
        }
        return;
    };
    push_heading(text, 3, steady::HEADING);
    push_paragraph(text, &steady::part(state));
    push_paragraph(
        text,
        &format!(
            "{}: {}",
            verdict::status(state.warm_up.status),
            steady::warm_up(state)
        ),
    );
    push_table(text, &shown.of(steady::table(state)));
    let notes = steady::notes(state);
    if !notes.is_empty() {
        push_list(text, &notes);
    }
    if let Some(outcomes) = steady::outcomes(state) {
        push_paragraph(text, "Successful and failed requests by themselves:");
        push_table(text, &shown.of(outcomes));
    }
    let confidence = steady::confidence(state);
    push_paragraph(
        text,
        &[confidence.as_deref().unwrap_or(""), steady::MEANING].join(" "),
    );
}

fn push_between(text: &mut String, between: &BetweenRuns) {
    push_heading(text, 2, between::HEADING);
    if let Some(alone) = between::groups_alone(between) {
        push_paragraph(text, &alone);
    }
    let comparisons = between::comparisons(between);
    // A comment on GitHub holds 65,536 letters.
    let by_label = comparisons.len() <= between::FEW_COMPARISONS;
    let of_labels = |table: fn(&BetweenRuns, Part) -> Option<Table>| {
        by_label.then(|| table(between, Part::Labels)).flatten()
    };
    if !by_label {
        if let Some(overview) = between::overview(between) {
            push_table(text, &overview);
        }
        push_paragraph(text, "Every comparison with all its rows: see report.html.");
    } else {
        for comparison in comparisons {
            push_groups_compared(text, comparison, between);
        }
    }
    if comparisons.iter().any(|it| !it.rows.is_empty()) {
        push_paragraph(text, &between::columns_of_changes(between));
    }
    if let Some(groups) = between::groups(between, Part::Total) {
        push_heading(text, 3, "Groups, all requests together");
        push_table(text, &groups);
        push_folded(text, "Groups by label", of_labels(between::groups));
        push_paragraph(text, &between::under_groups(between));
    }
    let several = &between.several;
    let overall = between::overall_tests(several, Part::Total);
    let pairs = between::simultaneous_pairs(several, Part::Total);
    if overall.is_some() || pairs.is_some() {
        push_heading(text, 3, "All groups at once, all requests together");
        for table in overall.iter().chain(&pairs) {
            push_table(text, table);
        }
        let overall = of_labels(|it, part| between::overall_tests(&it.several, part));
        let pairs = of_labels(|it, part| between::simultaneous_pairs(&it.several, part));
        push_folded(text, "Tests by label", overall);
        push_folded(text, "Pairs by label", pairs);
        push_paragraph(text, between::SEVERAL);
    }
}

fn push_groups_compared(text: &mut String, comparison: &GroupComparison, between: &BetweenRuns) {
    let told = between::told(comparison, between);
    push_heading(text, 3, &told.title);
    text.push_str(&format!(
        "**{}**: {}\n\n",
        words::verdict(told.verdict),
        escaped(&told.headline)
    ));
    if !told.points.is_empty() {
        let points = told.points.iter();
        let points: Vec<_> = points
            .map(|(verdict, point)| format!("{}: {point}", words::verdict(*verdict)))
            .collect();
        push_list(text, &points);
    }
    push_paragraph(text, &told.basis);
    let warnings = [told.warnings, told.warnings_of_rows].concat();
    if !warnings.is_empty() {
        push_list(text, &warnings);
    }
    if let Some(changes) = between::changes(comparison, Part::Total) {
        push_paragraph(text, "All requests together:");
        push_table(text, &changes);
    }
    push_folded(
        text,
        "Changes by label",
        between::changes(comparison, Part::Labels),
    );
    let checks = between::cross_checks(comparison, between, Part::Total);
    if checks.is_some() {
        push_folded(text, "Cross-checks by ranks, and effect sizes", checks);
        push_paragraph(text, between::COLUMNS_OF_CROSS_CHECKS);
    }
}

fn push_sweep(text: &mut String, sweep: &SweepAnalysis) {
    push_heading(text, 2, &scalability::heading(sweep));
    push_list(text, &scalability::findings(sweep));
    push_table(text, &scalability::points(sweep));
    text.push_str(&format!("{}\n\n", scalability::COLUMNS));
    if let Some(fit) = &sweep.fit {
        push_heading(text, 3, "Scalability law");
        push_table(text, &scalability::coefficients(fit));
        let under = [scalability::residuals(fit), scalability::law(fit)];
        text.push_str(&format!("{}\n\n", under.join(" ")));
    }
}

fn push_comparison(
    text: &mut String,
    analysis: &Analysis,
    comparison: &ReportComparison,
    names: &[RunName],
) {
    let runs = &analysis.runs;
    push_heading(text, 2, comparison::HEADING);
    text.push_str(&format!(
        "> **{}.** {}\n\n",
        comparison::BANNER,
        comparison.caveat
    ));
    if let Some(selection) = &comparison.selection {
        text.push_str(&format!("{selection}\n\n"));
    }
    push_heading(text, 3, "Distributions of means");
    push_table(text, &comparison::distributions(comparison, runs, names));
    text.push_str(&format!("{}\n\n", comparison::spreads(comparison)));
    push_heading(text, 3, "Hypothesis tests");
    push_table(text, &comparison::tests(analysis, comparison));
    text.push_str(&format!("{}\n\n", comparison::COLUMNS_OF_TESTS));
    push_heading(text, 3, "What these tests are worth on these runs");
    push_table(text, &worth::table(comparison, runs, names));
    text.push_str(&format!("{}\n\n", worth::meaning(comparison)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_run_is_a_heading_with_tables() {
        insta::assert_snapshot!(markdown(&fixture::single()));
    }

    #[test]
    fn a_comparison_carries_its_warning_before_its_tests() {
        let text = markdown(&fixture::five_runs());
        let warning = text.find(comparison::BANNER).unwrap();
        assert!(warning < text.find("Hypothesis tests").unwrap());
        let start = format!("## {}", comparison::HEADING);
        insta::assert_snapshot!(&text[text.find(&start).unwrap()..]);
    }

    #[test]
    fn groups_of_runs_come_first_with_their_labels_folded() {
        let text = markdown(&fixture::two_groups());
        insta::assert_snapshot!(&text[..text.find("## Runs").unwrap()]);
    }

    #[test]
    fn sixty_runs_fit_into_a_comment() {
        let text = markdown(&fixture::sixty_runs());
        assert!(text.contains("## What these runs show"));
        assert!(
            !text.contains("### Aggregate"),
            "each run has its own report"
        );
    }

    #[test]
    fn every_table_row_has_as_many_cells_as_its_header() {
        let text = markdown(&fixture::hostile());
        let mut header = None;
        for line in text.lines() {
            if line.starts_with('|') {
                let cells = line.replace("\\|", "").matches('|').count();
                assert_eq!(*header.get_or_insert(cells), cells, "{line}");
            } else {
                header = None;
            }
        }
    }

    #[test]
    fn labels_cannot_become_html() {
        let text = markdown(&fixture::hostile());
        assert!(
            !text.contains("<img") && !text.contains("<script"),
            "{text}"
        );
    }

    #[test]
    fn labels_mention_nobody_and_strike_nothing() {
        assert_eq!(
            escaped("GET /~~@octocat~~"),
            "GET /\\~\\~@&#8203;octocat\\~\\~"
        );
    }
}
