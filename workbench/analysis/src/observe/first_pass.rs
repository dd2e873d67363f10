//! The first pass: the labels, and the number of samples in each second.

use std::collections::BTreeSet;

use polars_core::prelude::PolarsResult;
use rayon::prelude::*;
use workbench_plan::{Plan, SteadyPart};
use workbench_samples::{SampleBatch, column};

use super::batch::Batch;
use super::rows::{Clock, Rows, is_steady, second};

/// The results of the first pass.
#[derive(Default)]
pub(super) struct FirstPass {
    pub(super) labels: BTreeSet<String>,
    /// Number of samples that started in each second, from 0.
    pub(super) by_second: Vec<usize>,
    /// First and last start in the steady part, UTC nanoseconds; `None` where it has no samples.
    pub(super) steady_starts: Option<(i64, i64)>,
    pub(super) batches: Vec<Batch>,
}

impl FirstPass {
    /// Counts from `started_at`, or from the first start where that is not known.
    pub(super) fn take(
        batches: &[SampleBatch],
        started_at: Option<i64>,
        plan: &Plan,
    ) -> PolarsResult<(Clock, Self)> {
        let origin = match started_at {
            Some(origin) => origin,
            None => first_start(batches)?,
        };
        let clock = Clock::new(origin, plan);
        let steady_part = plan.steady_part();
        let counted = batches
            .par_iter()
            .try_fold(Self::default, |counted, batch| {
                count(counted, batch, clock, steady_part)
            })
            .try_reduce(Self::default, |a, b| Ok(merged(a, b)))?;
        Ok((clock, counted))
    }
}

fn first_start(batches: &[SampleBatch]) -> PolarsResult<i64> {
    let of_batch = |batch| {
        let rows = Rows::read(batch, &[column::STARTED_AT])?;
        PolarsResult::Ok(rows.started_at()?.iter().copied().min())
    };
    let firsts = batches
        .par_iter()
        .map(of_batch)
        .collect::<PolarsResult<Vec<_>>>()?;
    Ok(firsts.into_iter().flatten().min().unwrap_or_default())
}

fn count(
    mut counted: FirstPass,
    batch: &SampleBatch,
    clock: Clock,
    steady_part: SteadyPart,
) -> PolarsResult<FirstPass> {
    let columns = [column::STARTED_AT, column::REQUEST, column::PHASE];
    let rows = Rows::read(batch, &columns)?;
    let by_second = &mut counted.by_second;
    let steady_of = rows.table(column::PHASE, |phase| is_steady(phase, steady_part))?;
    let phases = rows.texts(column::PHASE)?;
    let (mut last_second, mut steady_samples) = (0, 0);
    for (instant, phase) in rows.started_at()?.iter().zip(phases) {
        if steady_of[*phase as usize] == Some(true) {
            counted.steady_starts = wider(counted.steady_starts, Some((*instant, *instant)));
            steady_samples += 1;
        }
        let second = second(clock.since(*instant)?)?;
        last_second = last_second.max(second);
        let second = second as usize;
        if second >= by_second.len() {
            by_second.resize(second + 1, 0);
        }
        by_second[second] += 1;
    }
    let names = rows.table(column::REQUEST, str::to_owned)?;
    let mut seen = vec![false; names.len()];
    for number in rows.texts(column::REQUEST)? {
        seen[*number as usize] = true;
    }
    let of_batch = names.into_iter().zip(seen).filter(|(_, seen)| *seen);
    let labels: Vec<String> = of_batch.filter_map(|(name, _)| name).collect();
    counted.batches.push(Batch {
        samples: batch.clone(),
        last_second,
        label: match labels.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        },
        steady: match steady_samples {
            0 => Some(false),
            all if all == phases.len() => Some(true),
            _ => None,
        },
    });
    counted.labels.extend(labels);
    Ok(counted)
}

fn merged(mut a: FirstPass, b: FirstPass) -> FirstPass {
    a.labels.extend(b.labels);
    a.batches.extend(b.batches);
    let seconds = a.by_second.len().max(b.by_second.len());
    a.by_second.resize(seconds, 0);
    for (count, more) in a.by_second.iter_mut().zip(b.by_second) {
        *count += more;
    }
    a.steady_starts = wider(a.steady_starts, b.steady_starts);
    a
}

fn wider(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}
