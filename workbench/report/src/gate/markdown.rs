//! The gate's report as GitHub Markdown, for a pull request or a job's summary.

use workbench_analysis::gate::{Conclusion, GateReport};

use super::{table, text, words};
use crate::markdown::{escaped, push_heading, push_list, push_table};

/// The report as GitHub Markdown.
#[must_use]
pub fn markdown(report: &GateReport) -> String {
    let mark = match report.conclusion {
        Conclusion::Passed => "✅",
        Conclusion::Failed => "❌",
        Conclusion::Inconclusive => "❔",
        Conclusion::Invalid => "⛔",
    };
    let mut page = String::new();
    let word = words::conclusion(report.conclusion);
    push_heading(&mut page, 2, &format!("{mark} Gate: {word}"));
    page.push_str(&format!("{}\n\n", words::meaning(report.conclusion)));
    push_list(&mut page, &report.reasons);
    page.push_str(&format!("{}\n\n", escaped(&words::sides(report))));
    if !report.rows.is_empty() {
        push_table(&mut page, &table::rows(report));
        page.push_str(&format!("{}\n\n", words::columns(report)));
    }
    page.push_str(&format!("{}\n\n", escaped(&words::policy(&report.policy))));
    let mut section = |heading: &str, items: &[String]| {
        if !items.is_empty() {
            push_heading(&mut page, 3, heading);
            push_list(&mut page, items);
        }
    };
    if report.forced {
        let objections: Vec<String> = report
            .objections
            .iter()
            .map(|it| format!("{}: {}", it.kind.as_str(), it.finding))
            .collect();
        section("Forced in spite of", &objections);
    }
    section("Warnings", &text::warnings(report));
    section("How to go on", &report.advice);
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}
