//! A run over time, and how its response times are distributed.

use std::rc::Rc;

use workbench_analysis::RunAnalysis;

use crate::chart;
use crate::document::{Block, Depth, Section};
use crate::figure::Figure;
use crate::findings;

/// Charts, and the figures that are also files. Only the report of one run has room for the charts of each label.
pub(super) fn section(run: &RunAnalysis, figures: &[Rc<Figure>], by_label: bool) -> Section {
    let mut blocks: Vec<Block> = vec![Block::Charts(chart::over_time(run, by_label))];
    blocks.extend(chart::distribution(run, by_label).map(Block::Charts));
    if !figures.is_empty() {
        blocks.push(Block::details(
            "Figures for print",
            Block::figures(figures).collect(),
        ));
    }
    Section::new("over-time", "Response times over time", Depth::More, blocks)
}

/// A few sentences computed from the numbers.
pub(super) fn what_to_look_at(run: &RunAnalysis) -> Section {
    let blocks = Block::plain(&findings::of(run)).collect();
    Section::new("look-at", "What to look at", Depth::More, blocks)
}
