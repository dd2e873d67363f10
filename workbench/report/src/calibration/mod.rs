//! A calibration for terminals and Markdown: what was aimed at, and what was found.

mod findings;
mod tables;
#[cfg(test)]
mod tests;

use workbench_analysis::calibration::{Calibration, Conclusion};

use crate::markdown::{escaped, push_heading, push_list, push_table};
use crate::table::Table;
use crate::text::TextOptions;
use crate::text::page::{Page, Tone};
use findings::Finding;

const TITLE: &str = "Calibration";

/// A calibration as text of at most `options.width` columns.
#[must_use]
pub fn text(calibration: &Calibration, options: TextOptions) -> String {
    let mut page = Page::new(options);
    page.title(TITLE);
    for finding in findings::findings(calibration) {
        page.item(word(&finding), tone(&finding), &finding.text);
    }
    for (heading, table, explanation) in parts(calibration) {
        page.heading(heading);
        page.table(&table);
        page.paragraph(&explanation);
    }
    page.into_text()
}

/// A calibration as GitHub Markdown.
#[must_use]
pub fn markdown(calibration: &Calibration) -> String {
    let mut text = String::new();
    push_heading(&mut text, 2, TITLE);
    let findings = findings::findings(calibration);
    let items = findings
        .iter()
        .map(|it| format!("{}: {}", word(it), it.text));
    push_list(&mut text, &items.collect::<Vec<_>>());
    for (heading, table, explanation) in parts(calibration) {
        push_heading(&mut text, 3, heading);
        push_table(&mut text, &table);
        text.push_str(&format!("{}\n\n", escaped(&explanation)));
    }
    text
}

fn word(finding: &Finding) -> &'static str {
    match finding.conclusion {
        Conclusion::Met => "met",
        Conclusion::Missed => "missed",
        Conclusion::Undecided => "undecided",
    }
}

fn tone(finding: &Finding) -> Tone {
    match finding.conclusion {
        Conclusion::Met => Tone::Good,
        Conclusion::Missed => Tone::Bad,
        Conclusion::Undecided => Tone::Doubtful,
    }
}

/// Each table with its heading and what its numbers are.
fn parts(calibration: &Calibration) -> [(&'static str, Table, String); 5] {
    [
        (
            "Error of elapsed times",
            tables::errors(calibration),
            findings::of_errors(calibration),
        ),
        (
            "Error of single requests",
            tables::request_errors(calibration),
            "What was measured less what the server did, the way through the kernel and back included.".to_owned(),
        ),
        (
            "Error of the tables of a run",
            tables::table_errors(calibration),
            "Response times from the intended start as a run's own tables have them (p99.9 by the samples), less those to the \
             server's answer."
                .to_owned(),
        ),
        (
            "Arrivals",
            tables::arrivals(calibration),
            findings::of_arrivals(),
        ),
        (
            "A server that stands still",
            tables::freeze(calibration),
            findings::of_freeze(&calibration.freeze),
        ),
    ]
}
