//! Series that end as soon as the gate has decided.

use std::path::Path;

use anyhow::Context;
use workbench_analysis::AnalysisError;
use workbench_analysis::gate::{
    self, Conclusion, GateRun, MissingRuns, Policy, Sides, select_of_record,
};
use workbench_samples::{Series, SeriesRun, SeriesRunState, UntilDecided};

use super::{Given, OpenSeries};
use crate::outcome;
use crate::run::Runner;
use crate::side::Failure;

/// Blocks from one look to the next.
const STEP: u32 = 5;

/// The looks of a series of at most `most` blocks: after every fifth, and after the last.
///
/// # Errors
/// There would be a single look, which is a series with a fixed number of blocks.
pub(crate) fn looks(most: u32) -> Result<Vec<u32>, String> {
    if most <= STEP {
        return Err(format!(
            "--most has to be {} or more: the first interim analysis is after {STEP} blocks. For a fixed number of blocks: `workbench run A B \
             --order together --repetitions {most}`, then `workbench gate --series`",
            STEP + 1
        ));
    }
    let regular = (STEP..most).step_by(STEP as usize);
    Ok(regular.chain([most]).collect())
}

/// The recorded looks and policy.
pub(crate) fn until_decided(most: u32, policy: &Policy) -> anyhow::Result<UntilDecided> {
    Ok(UntilDecided {
        looks: looks(most).map_err(anyhow::Error::msg)?,
        policy: serde_json::to_value(policy)?,
        decided_at: None,
    })
}

/// Before the first run: whether the series could pass at all.
///
/// # Errors
/// It could not, and why.
pub(crate) fn check_that_it_can_pass(
    given: &[Given],
    until_decided: &UntilDecided,
) -> anyhow::Result<()> {
    let policy: Policy = serde_json::from_value(until_decided.policy.clone())?;
    let [before, after] = given else {
        return Ok(());
    };
    let names = [before, after].map(|side| side.file.display().to_string());
    let why = gate::cannot_pass(
        (&names[0], &before.plan),
        (&names[1], &after.plan),
        &policy,
        &until_decided.looks,
    );
    why.map_or(Ok(()), |why| Err(Failure::of_input(why).into()))
}

/// The block of the next look from a block on; `None` where the series has none.
pub(super) fn next_look(record: &Series, block: u32) -> Option<u32> {
    let looks = &record.until_decided.as_ref()?.looks;
    looks.iter().copied().find(|look| *look >= block)
}

/// Applies the gate if a look is due and every block up to it has completed. Looks are repeated when a series is
/// resumed; for the same runs they have the same conclusion.
///
/// `made` are the runs that completed last, by position in the record.
pub(super) fn look(series: &mut OpenSeries, made: &[usize], runner: &Runner) -> anyhow::Result<()> {
    let record = &series.record;
    let Some(last) = made.last() else {
        return Ok(());
    };
    let block = record.runs[*last].block;
    let ends_block = record
        .runs
        .get(last + 1)
        .is_none_or(|next| next.block != block);
    if ends_block && block == 1 {
        print_what_cannot_be_shown(record, &runner.results)?;
    }
    let is_open = |it: &UntilDecided| it.decided_at.is_none() && it.looks.contains(&block);
    let mut so_far = record.runs.iter().filter(|run| run.block <= block);
    if !ends_block
        || !record.until_decided.as_ref().is_some_and(is_open)
        || !so_far.all(|run| run.state.is_over())
    {
        return Ok(());
    }
    let conclusion = decide(record, &runner.results, block)?;
    let (what, is_decided) = match conclusion {
        Conclusion::Passed => ("the gate passes", true),
        Conclusion::Failed => ("the gate fails", true),
        Conclusion::Inconclusive => ("the gate has not decided", false),
        Conclusion::Invalid => ("the gate cannot judge these runs", true),
    };
    series.say(&format!("after block {block}: {what}\n"))?;
    if is_decided {
        if let Some(until_decided) = &mut series.record.until_decided {
            until_decided.decided_at = Some(block);
        }
        for run in &mut series.record.runs {
            if run.state.is_missing() {
                run.state = SeriesRunState::NotNeeded;
            }
        }
        series.save()?;
    }
    Ok(())
}

/// Prints after the first block, which shows the number of requests, what the series cannot show.
fn print_what_cannot_be_shown(record: &Series, results: &Path) -> anyhow::Result<()> {
    let is_made = |run: &SeriesRun| run.block > 1 || run.state.is_over();
    if record.until_decided.is_none() || !record.runs.iter().all(is_made) {
        return Ok(());
    }
    let (baseline, candidate, absent) = up_to(record, results, 1)?;
    if let (Some(before), Some(after), Some(agreed)) =
        (baseline.first(), candidate.first(), absent.agreed())
    {
        for line in gate::cannot_be_shown(before, after, &agreed.policy, &agreed.looks) {
            outcome::note(&line);
        }
    }
    Ok(())
}

/// The runs of both experiments up to a block, and the missing runs.
fn up_to(
    record: &Series,
    results: &Path,
    block: u32,
) -> anyhow::Result<(Vec<GateRun>, Vec<GateRun>, MissingRuns)> {
    let so_far = Series {
        runs: record
            .runs
            .iter()
            .filter(|run| run.block <= block)
            .cloned()
            .collect(),
        ..record.clone()
    };
    let [before, after] = [0, 1].map(|side| -> Result<_, AnalysisError> {
        let selected = select_of_record(&so_far, &so_far.experiments[side].name, results)?;
        let runs = selected.runs.iter().map(|run| GateRun::read(run));
        Ok((runs.collect::<Result<Vec<_>, _>>()?, selected.absent))
    });
    let ((baseline, mut absent), (candidate, of_candidate)) = (before?, after?);
    absent.add(of_candidate);
    Ok((baseline, candidate, absent))
}

/// The gate's conclusion on the runs up to a block, which is one of the looks. The first experiment is the baseline.
fn decide(record: &Series, results: &Path, block: u32) -> anyhow::Result<Conclusion> {
    let (baseline, candidate, absent) = up_to(record, results, block)?;
    let policy = absent
        .agreed()
        .context("a series that ends as soon as it is decided has a policy")?
        .policy
        .clone();
    policy.check_labels(baseline.iter().chain(&candidate))?;
    let sides = Sides {
        baseline: &baseline,
        candidate: &candidate,
        history: false,
        absent: &absent,
    };
    Ok(gate::judge(sides, &policy, false).conclusion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_after_every_fifth_block_and_after_the_last() {
        assert_eq!(looks(20).unwrap(), [5, 10, 15, 20]);
        assert_eq!(looks(12).unwrap(), [5, 10, 12]);
        assert_eq!(looks(6).unwrap(), [5, 6]);
        assert!(looks(5).unwrap_err().contains("--repetitions 5"));
    }

    #[test]
    fn a_policy_comes_back_from_the_record() {
        let policy = Policy::default();
        let recorded = until_decided(20, &policy).unwrap();
        let read: Policy = serde_json::from_value(recorded.policy).unwrap();
        assert_eq!(read, policy);
    }
}
