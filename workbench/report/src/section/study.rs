//! The procedure of the student report: resampled means, and tests on them.

use workbench_analysis::{Analysis, ReportComparison};

use super::Context;
use crate::document::{Block, Depth, Finding, Level, Section};
use crate::names::RunName;
use crate::{comparison, worth};

/// The procedure in full, and what it is worth; at the end of a report, folded.
pub(super) fn section(
    analysis: &Analysis,
    comparison: &ReportComparison,
    names: &[RunName],
    context: &Context,
) -> Section {
    let runs = &analysis.runs;
    let mut blocks = vec![Block::Finding(Finding::new(
        Level::Open,
        comparison::BANNER,
        &comparison.caveat,
    ))];
    let selection = comparison.selection.as_deref();
    blocks.extend(selection.map(Block::paragraph));
    blocks.extend([
        Block::Heading("Distributions of means".to_owned()),
        Block::table(
            "Four spreads that are four different things",
            comparison::distributions(comparison, runs, names),
        ),
        Block::paragraph(&comparison::spreads(comparison)),
        Block::Heading("Hypothesis tests".to_owned()),
        Block::table(
            "Two-sample t tests (Welch) on the drawn means: descriptive, not valid for inference",
            comparison::tests(analysis, comparison),
        ),
        Block::paragraph(comparison::COLUMNS_OF_TESTS),
        Block::Heading("What these tests are worth on these runs".to_owned()),
        Block::table(
            "Dependence, and false alarms of this procedure",
            worth::table(comparison, runs, names),
        ),
        Block::paragraph(&worth::meaning(comparison)),
    ]);
    blocks.extend(Block::figures(&context.figures.across_runs));
    Section::new("study", comparison::HEADING, Depth::Study, blocks)
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
