//! The first pass: how many samples there are in each second, and of which labels.

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;
use rayon::prelude::*;
use workbench_samples::{SampleBatch, column};

use super::rows::{Rows, second, since};

/// What has to be known before the samples can be put into their places.
pub(super) struct Census {
    /// What the seconds are counted from.
    pub(super) origin: i64,
    /// By name.
    pub(super) labels: Vec<String>,
    /// Number of samples that started in each second, from 0.
    pub(super) by_second: Vec<usize>,
}

impl Census {
    /// Counts from `started_at`, or from the first start where that is not known.
    pub(super) fn take(batches: &[SampleBatch], started_at: Option<i64>) -> PolarsResult<Self> {
        let origin = match started_at {
            Some(origin) => origin,
            None => first_start(batches)?,
        };
        let (labels, by_second) = batches
            .par_iter()
            .try_fold(Default::default, |counted, batch| {
                count(counted, batch, origin)
            })
            .try_reduce(Default::default, |a, b| Ok(merged(a, b)))?;
        Ok(Self {
            origin,
            labels: labels.into_iter().collect(),
            by_second,
        })
    }
}

type Counted = (BTreeSet<String>, Vec<usize>);

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
    (mut labels, mut by_second): Counted,
    batch: &SampleBatch,
    origin: i64,
) -> PolarsResult<Counted> {
    let rows = Rows::read(batch, &[column::STARTED_AT, column::REQUEST])?;
    for instant in rows.started_at()? {
        let second = second(since(origin, *instant))? as usize;
        if second >= by_second.len() {
            by_second.resize(second + 1, 0);
        }
        by_second[second] += 1;
    }
    let names = rows.table(column::REQUEST, str::to_owned)?;
    let mut seen = vec![false; names.len()];
    for number in rows.words(column::REQUEST)? {
        seen[*number as usize] = true;
    }
    let of_batch = names.into_iter().zip(seen).filter(|(_, seen)| *seen);
    labels.extend(of_batch.filter_map(|(name, _)| name));
    Ok((labels, by_second))
}

fn merged((mut labels, a): Counted, (others, b): Counted) -> Counted {
    labels.extend(others);
    let (mut longer, shorter) = if a.len() < b.len() { (b, a) } else { (a, b) };
    for (count, more) in longer.iter_mut().zip(shorter) {
        *count += more;
    }
    (labels, longer)
}
