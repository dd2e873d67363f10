//! Whether a run can be believed, and its thresholds.

use workbench_analysis::{RunAnalysis, ThresholdOutcome, ThresholdStatus};
use workbench_samples::CheckStatus;

use crate::document::{Block, Depth, Section};
use crate::judgement;

/// Thresholds of one outcome that are shown open; the others are folded.
const THRESHOLDS: usize = 5;

/// The outcome of the thresholds, and the checks that did not pass; `None` where there are neither thresholds nor checks.
pub(super) fn section(run: &RunAnalysis) -> Option<Section> {
    let mut blocks = thresholds(run);
    blocks.extend(checks(run));
    let title = match (run.thresholds.is_empty(), &run.validity) {
        (false, Some(_)) => "Thresholds and validity",
        (false, None) => "Thresholds",
        (true, _) => "Validity",
    };
    (!blocks.is_empty()).then(|| Section::new("validity", title, Depth::Summary, blocks))
}

fn thresholds(run: &RunAnalysis) -> Vec<Block> {
    let of = |status: ThresholdStatus| -> Vec<Block> {
        let thresholds = run.thresholds.iter();
        thresholds
            .filter(|threshold| threshold.status() == status)
            .map(threshold_finding)
            .collect()
    };
    let mut blocks = Vec::new();
    for status in [
        ThresholdStatus::Missed,
        ThresholdStatus::Undecided,
        ThresholdStatus::Passed,
    ] {
        let mut shown = of(status);
        let more = shown.split_off(shown.len().min(THRESHOLDS));
        blocks.extend(shown);
        if !more.is_empty() {
            let word = judgement::threshold(status);
            let count = format!("{} more: see the report.", more.len());
            blocks.push(Block::finding(status, word, &count));
            blocks.push(Block::details("All of these thresholds", more));
        }
    }
    blocks
}

fn threshold_finding(threshold: &ThresholdOutcome) -> Block {
    let status = threshold.status();
    let text = format!("{} ({})", threshold.text, judgement::measured(threshold));
    Block::finding(status, judgement::threshold(status), &text)
}

/// The checks that did not pass, and folded all of them.
fn checks(run: &RunAnalysis) -> Vec<Block> {
    let Some(validity) = &run.validity else {
        return Vec::new();
    };
    let finding = |check: &workbench_samples::Check| {
        let text = format!("{}: {}", check.name, check.finding);
        Block::finding(check.status, judgement::status(check.status), &text)
    };
    let not_passed = validity
        .checks
        .iter()
        .filter(|check| check.status != CheckStatus::Passed);
    let mut shown: Vec<_> = not_passed.collect();
    // The gravest first.
    shown.sort_by_key(|check| match check.status {
        CheckStatus::Failed => 0,
        CheckStatus::Warning => 1,
        CheckStatus::NotChecked | CheckStatus::Passed => 2,
    });
    let mut blocks: Vec<Block> = shown.into_iter().map(finding).collect();
    if !validity.checks.is_empty() {
        let all = validity.checks.iter().map(finding).collect();
        let summary = format!("All checks ({})", validity.checks.len());
        blocks.push(Block::details(&summary, all));
    }
    blocks
}
