//! An experiment at several loads.

use std::rc::Rc;

use workbench_analysis::SweepAnalysis;

use crate::document::{Block, Depth, Section};
use crate::figure::Figure;
use crate::scalability;

/// What was found, the loads, and the fitted law; `number` tells its anchor from those of other sweeps. The first
/// `concluded` findings are left to the conclusion.
pub(super) fn section(
    sweep: &SweepAnalysis,
    figures: &[Rc<Figure>],
    number: usize,
    concluded: usize,
) -> Section {
    let findings = scalability::findings(sweep);
    let mut blocks: Vec<Block> = Block::plain(findings.iter().skip(concluded)).collect();
    blocks.push(Block::table(
        "Each load, between its runs",
        scalability::points(sweep),
    ));
    blocks.extend(Block::figures(figures));
    blocks.push(Block::explanation(
        "How to read this table",
        scalability::COLUMNS,
    ));
    if let Some(fit) = &sweep.fit {
        blocks.push(Block::details(
            "Scalability law",
            vec![
                Block::table(
                    "Coefficients of the Universal Scalability Law",
                    scalability::coefficients(fit),
                ),
                Block::paragraph(&scalability::residuals(fit)),
                Block::paragraph(&scalability::law(fit)),
            ],
        ));
    }
    let id = format!("scalability-{number}");
    Section::new(&id, &scalability::heading(sweep), Depth::Summary, blocks)
}
