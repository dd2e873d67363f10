//! The procedure of the student report: resampled means, and tests on them.

use workbench_analysis::{Analysis, ReportComparison};

use super::Context;
use crate::document::{Block, Depth, Level, Section};
use crate::names::RunName;
use crate::study::{self, reliability};

/// The procedure in full, and how far it can be relied on; at the end of a report, folded.
pub(super) fn section(
    analysis: &Analysis,
    comparison: &ReportComparison,
    names: &[RunName],
    context: &Context,
) -> Section {
    let runs = &analysis.runs;
    let mut blocks = vec![Block::finding(
        Level::Open,
        study::BANNER,
        &comparison.caveat,
    )];
    let selection = comparison.selection.as_deref();
    blocks.extend(selection.map(Block::paragraph));
    blocks.extend([
        Block::Heading("Distributions of means".to_owned()),
        Block::table(
            "Four spreads that are four different things",
            study::distributions(comparison, runs, names),
        ),
        Block::paragraph(&study::spreads(comparison)),
        Block::Heading("Hypothesis tests".to_owned()),
        Block::table(
            "Two-sample t tests (Welch) on the drawn means: descriptive, not valid for inference",
            study::tests(analysis, comparison),
        ),
        Block::paragraph(study::COLUMNS_OF_TESTS),
        Block::Heading("What these tests are worth on these runs".to_owned()),
        Block::table(
            "Dependence, and false alarms of this procedure",
            reliability::table(comparison, runs, names),
        ),
        Block::paragraph(&reliability::meaning(comparison)),
    ]);
    blocks.extend(Block::figures(&context.figures.across_runs));
    Section::new("study", study::HEADING, Depth::Study, blocks)
}

/// One line where the section itself is left out.
pub(super) fn hint() -> Section {
    let hint = "Resampled means, QQ plot and test table (descriptive, not valid for inference): in report.html, or \
        analyze --study.";
    Section::new(
        "study-hint",
        "Study",
        Depth::TerminalOnly,
        vec![Block::paragraph(hint)],
    )
}
