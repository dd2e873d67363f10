//! The gate's report as a comment on a pull request, short enough to be read in passing.

use workbench_analysis::gate::GateReport;

use super::{document, table, terms};
use crate::document::{Note, escaped, push_heading, push_list, push_table};
use crate::format::shortened;
use crate::table::Cell;

/// Most rows of the table; those that did not pass come first.
const ROWS: usize = 20;

/// Most reasons, and most objections.
const ITEMS: usize = 5;

/// Most characters of a label, and of a reason: GitHub refuses comments of more than 65,536 characters.
const LABEL: usize = 60;
const REASON: usize = 300;

/// The report in short as GitHub and GitLab Markdown: conclusion, reasons, the table of gated rows, a link.
///
/// The first line is `<!-- workbench-gate:NAME -->`, which is not shown. A comment that begins with it is the one to be
/// replaced. `name` holds no `>`.
#[must_use]
pub fn comment(report: &GateReport, name: &str, link: Option<&str>) -> String {
    let mut page = format!("<!-- workbench-gate:{name} -->\n");
    push_heading(
        &mut page,
        3,
        &format!(
            "{} Gate: {}",
            document::mark(report.conclusion),
            terms::conclusion(report.conclusion)
        ),
    );
    let sentences = [
        terms::meaning(report.conclusion).to_owned(),
        terms::margins(&report.policy),
    ];
    page.push_str(&format!("{}\n\n", sentences.join(" ")));
    push_list(&mut page, &first(&report.reasons));
    if report.forced {
        page.push_str("Forced despite:\n\n");
        push_list(&mut page, &first(&terms::objections(report)));
    }
    if !report.rows.is_empty() || !report.missing.is_empty() {
        let mut table = table::first_rows(report, ROWS);
        let kept: Vec<bool> = table.columns.iter().map(|it| it.rank <= 2).collect();
        keep(&mut table.columns, &kept);
        for row in &mut table.rows {
            keep(&mut row.cells, &kept);
            for cell in &mut row.cells {
                *cell = Cell {
                    text: shortened(&cell.text, LABEL),
                    ..cell.clone()
                };
            }
        }
        table.left_out = table.left_out.map(|_| {
            format!(
                "The first {ROWS} of {} rows.",
                report.rows.len() + report.missing.len()
            )
        });
        push_table(&mut page, &table);
    }
    let warnings: Vec<String> = document::warnings(report).iter().map(Note::line).collect();
    if !warnings.is_empty() {
        page.push_str("Warnings:\n\n");
        push_list(&mut page, &first(&warnings));
    }
    if let Some(definitions) = terms::definitions(report) {
        page.push_str(&format!("{}\n\n", escaped(definitions)));
    }
    let sides = shortened(&terms::sides(report), REASON);
    page.push_str(&format!("{}\n", escaped(&sides)));
    if let Some(link) = link {
        page.push_str(&format!("\n[The whole report](<{link}>)\n"));
    }
    page
}

fn keep<T>(items: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    items.retain(|_| kept.next().copied().unwrap_or(false));
}

/// The first items, shortened, and how many there are more.
fn first(items: &[String]) -> Vec<String> {
    let shown = items.iter().take(ITEMS);
    let mut shown: Vec<String> = shown.map(|item| shortened(item, REASON)).collect();
    if items.len() > ITEMS {
        shown.push(format!("{} more", items.len() - ITEMS));
    }
    shown
}
