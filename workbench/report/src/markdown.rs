//! The analysis as GitHub Markdown.

use workbench_analysis::{Analysis, ReportComparison, RunAnalysis};

use crate::names::{self, RunName};
use crate::table::Table;
use crate::verdict::{self, Judgement};
use crate::{comparison, findings, tables};

/// The analysis as GitHub Markdown, ready for a pull request or a job's summary.
#[must_use]
pub fn markdown(analysis: &Analysis) -> String {
    let names = names::of_runs(&analysis.runs);
    let mut text = String::new();
    for (run, name) in analysis.runs.iter().zip(&names) {
        push_run(&mut text, run, name, &analysis.quantile_definition);
    }
    if let Some(comparison) = &analysis.comparison {
        push_comparison(&mut text, &analysis.runs, comparison, &names);
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
        "**{}** · outcome: {} · {} · run `{}`\n\n",
        judgement.word(),
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
                    "{}: {} (measured {})",
                    verdict::threshold(threshold.passed),
                    threshold.text,
                    threshold.measured
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
    push_heading(text, 3, "Summary");
    push_table(text, &tables::summary(run));
    push_heading(text, 3, "Aggregate");
    push_table(text, &tables::aggregate(run));
    text.push_str(&format!(
        "Quantiles: {}. KB are 1,024 bytes.\n\n",
        escaped(quantile_definition)
    ));
    push_heading(text, 3, "Errors");
    match tables::errors(run) {
        Some(errors) => push_table(text, &errors),
        None => text.push_str("No request failed.\n\n"),
    }
}

fn push_comparison(
    text: &mut String,
    runs: &[RunAnalysis],
    comparison: &ReportComparison,
    names: &[RunName],
) {
    push_heading(text, 2, "Comparison");
    push_table(text, &comparison::overview(runs, names));
    text.push_str(&format!(
        "> **{}.** {}\n\n",
        comparison::BANNER,
        comparison.caveat
    ));
    push_heading(text, 3, "Distributions of means");
    push_table(text, &comparison::distributions(comparison, runs, names));
    text.push_str(&format!("{}\n\n", comparison::spreads(comparison)));
    push_heading(text, 3, "Hypothesis tests");
    push_table(text, &comparison::tests(comparison));
    text.push_str(&format!("{}\n\n", comparison::COLUMNS_OF_TESTS));
}

pub(crate) fn push_heading(text: &mut String, level: usize, heading: &str) {
    text.push_str(&format!("{} {}\n\n", "#".repeat(level), escaped(heading)));
}

pub(crate) fn push_list(text: &mut String, items: &[String]) {
    for item in items {
        text.push_str(&format!("- {}\n", escaped(item)));
    }
    text.push('\n');
}

pub(crate) fn push_table(text: &mut String, table: &Table) {
    let header: Vec<_> = table
        .columns
        .iter()
        .map(|column| match column.unit {
            "" => escaped(&column.name),
            unit => format!("{} ({unit})", escaped(&column.name)),
        })
        .collect();
    push_row(text, header);
    push_row(
        text,
        table
            .columns
            .iter()
            .map(|column| if column.is_number() { "---:" } else { "---" }.to_owned()),
    );
    for row in &table.rows {
        push_row(text, row.cells.iter().map(|cell| escaped(&cell.text)));
    }
    text.push('\n');
}

fn push_row(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<_> = cells.into_iter().collect();
    text.push_str(&format!("| {} |\n", cells.join(" | ")));
}

/// The text without what Markdown, or the HTML within it, would take for its own.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in crate::table::one_line(text).chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
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
        insta::assert_snapshot!(&text[text.find("## Comparison").unwrap()..]);
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
}
