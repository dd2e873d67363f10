//! A calibration: what was aimed at, and what was found.

mod findings;
mod tables;

use workbench_analysis::calibration::{Calibration, Conclusion};

use crate::document::{Block, Depth, Document, LINES_OF_A_COMPARISON, Level, Section};
use crate::table::Table;

/// The report: each aim, and the tables that the findings rest on.
#[must_use]
pub fn document(calibration: &Calibration) -> Document {
    let mut document = Document::new("Calibration".to_owned(), LINES_OF_A_COMPARISON);
    let findings = findings::findings(calibration).into_iter();
    let findings = findings.map(|it| {
        let (word, level) = match it.conclusion {
            Conclusion::Met => ("met", Level::Good),
            Conclusion::Missed => ("missed", Level::Bad),
            Conclusion::Undecided => ("undecided", Level::Open),
        };
        Block::finding(level, word, &it.text)
    });
    let section = |id, title, blocks| Section::new(id, title, Depth::Summary, blocks);
    let mut sections = vec![section("aims", "Aims", findings.collect())];
    for (id, heading, table, explanation) in parts(calibration) {
        let blocks = vec![Block::table(heading, table), Block::paragraph(&explanation)];
        sections.push(section(id, heading, blocks));
    }
    document.sections = sections;
    document
}

/// Each table with its heading and what its numbers are.
fn parts(calibration: &Calibration) -> [(&'static str, &'static str, Table, String); 5] {
    [
        (
            "elapsed",
            "Error of elapsed times",
            tables::errors(calibration),
            findings::of_errors(calibration),
        ),
        (
            "requests",
            "Error of single requests",
            tables::request_errors(calibration),
            "What was measured less what the server did, the way through the kernel and back included.".to_owned(),
        ),
        (
            "tables",
            "Error of the tables of a run",
            tables::table_errors(calibration),
            "Response times from the intended start as a run's own tables have them (p99.9 by the samples), less those to the \
             server's answer."
                .to_owned(),
        ),
        (
            "arrivals",
            "Arrivals",
            tables::arrivals(calibration),
            findings::of_arrivals(),
        ),
        (
            "standstill",
            "A server that stands still",
            tables::freeze(calibration),
            findings::of_freeze(&calibration.freeze),
        ),
    ]
}
