//! Colours that stay apart for colour-blind readers and in print.
//!
//! # References
//!
//! Okabe, M. and Ito, K. (2008), Color Universal Design: How to make figures and presentations that are
//! friendly to colorblind people.

use plotters::style::RGBColor;

/// Text and axes.
pub(crate) const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
/// Secondary text.
pub(crate) const MUTED: RGBColor = RGBColor(0x57, 0x60, 0x6A);
/// Grid lines.
pub(crate) const GRID: RGBColor = RGBColor(0xD8, 0xDE, 0xE4);
/// Fainter grid lines.
pub(crate) const FAINT: RGBColor = RGBColor(0xED, 0xF0, 0xF3);
/// The background.
pub(crate) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);

const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
const SKY: RGBColor = RGBColor(0x56, 0xB4, 0xE9);
const ORANGE: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
const GREEN: RGBColor = RGBColor(0x00, 0x9E, 0x73);
const VERMILLION: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
const PURPLE: RGBColor = RGBColor(0xCC, 0x79, 0xA7);

pub(crate) const MEDIAN: RGBColor = BLUE;
pub(crate) const MEAN: RGBColor = INK;
pub(crate) const P90: RGBColor = GREEN;
pub(crate) const P95: RGBColor = ORANGE;
pub(crate) const P99: RGBColor = VERMILLION;
pub(crate) const EXTREMES: RGBColor = RGBColor(0x8C, 0x95, 0x9F);
pub(crate) const USERS: RGBColor = GREEN;
pub(crate) const PLANNED: RGBColor = INK;
pub(crate) const COMPLETED: RGBColor = BLUE;
pub(crate) const ERRORS: RGBColor = VERMILLION;
pub(crate) const COUNTS: RGBColor = SKY;

pub(crate) const APPLICATION: RGBColor = BLUE;
pub(crate) const BALANCER: RGBColor = PURPLE;
pub(crate) const DATABASE: RGBColor = ORANGE;
pub(crate) const GENERATOR: RGBColor = GREEN;
pub(crate) const OTHERS: RGBColor = EXTREMES;
pub(crate) const STEAL: RGBColor = VERMILLION;

pub(crate) const REGRESSED: RGBColor = VERMILLION;
pub(crate) const IMPROVED: RGBColor = GREEN;
pub(crate) const EQUIVALENT: RGBColor = BLUE;
/// Where a change does not matter, and where a mean may lie; laid on lightly.
pub(crate) const MARGIN: RGBColor = SKY;

/// The part of a run that its estimates are of, and what comes before it; laid on lightly.
pub(crate) const STEADY: RGBColor = RGBColor(0xBF, 0xE3, 0xD6);
pub(crate) const BEFORE: RGBColor = EXTREMES;

/// A colour for each run, over and over where there are many.
pub(crate) fn of_run(index: usize) -> RGBColor {
    const RUNS: [RGBColor; 6] = [BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY];
    RUNS[index % RUNS.len()]
}
