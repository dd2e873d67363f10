//! Reads all samples from the last to the first.
//!
//! Samples are stored when they end, so that a sample can lie among later starts but not among earlier ones. Read
//! backward, a second is complete as soon as no remaining batch reaches into it, and few samples have to be held.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use polars_core::prelude::PolarsResult;
use rayon::prelude::*;
use workbench_plan::SteadyPart;
use workbench_samples::column;
use workbench_statistics::{quantiles, summary};

use super::batch::Batch;
use super::counts::exact;
use super::labels::Labels;
use super::rows::{Clock, NS_PER_SECOND, second};

/// One sample in its second, ordered by its start: start, elapsed time and code in one number, which takes 16 bytes instead
/// of 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placed(u128);

impl Placed {
    pub(super) fn new(instant: u32, elapsed_ns: u64, code: u16) -> Self {
        Self(u128::from(instant) << 96 | u128::from(elapsed_ns) << 32 | u128::from(code))
    }

    /// Nanoseconds of the start within the second.
    pub(super) fn instant(self) -> u32 {
        (self.0 >> 96) as u32
    }

    pub(super) fn elapsed_ns(self) -> u64 {
        (self.0 >> 32) as u64
    }

    /// See [`code`](super::tally::code).
    pub(super) fn code(self) -> u16 {
        self.0 as u16
    }
}

/// The samples that started in one second.
pub(super) struct InSecond {
    pub(super) second: u32,
    /// In order of time. Samples that started in the same nanosecond are ordered by what else is known of them, so that
    /// the order of the parts has no effect.
    pub(super) samples: Vec<Placed>,
    pub(super) times: SecondTimes,
}

/// Elapsed times of the requests that started in one second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SecondTimes {
    pub(crate) mean_ns: f64,
    pub(crate) p50_ns: f64,
    pub(crate) p95_ns: f64,
    pub(crate) p99_ns: f64,
}

/// Calls `each` with every second that has samples, from the last to the first.
pub(super) fn each_second(
    batches: &[Batch],
    (labels, clock, steady_part): (&Labels, Clock, SteadyPart),
    mut give: impl FnMut(InSecond),
) -> PolarsResult<()> {
    let mut batches: Vec<&Batch> = batches.iter().collect();
    batches.sort_by_key(|batch| Reverse(batch.last_second));
    let at_once = rayon::current_num_threads();
    let mut waiting: BTreeMap<u32, Vec<Vec<Placed>>> = BTreeMap::new();
    for from in (0..batches.len()).step_by(at_once) {
        let to = batches.len().min(from + at_once);
        let read: Vec<_> = batches[from..to]
            .par_iter()
            .map(|batch| by_second(batch, (labels, clock, steady_part)))
            .collect::<PolarsResult<_>>()?;
        for (second, samples) in read.into_iter().flatten() {
            waiting.entry(second).or_default().push(samples);
        }
        let finished = match batches.get(to) {
            Some(next) => waiting.split_off(&(next.last_second + 1)),
            None => std::mem::take(&mut waiting),
        };
        let finished: Vec<InSecond> = finished.into_par_iter().map(in_order).collect();
        finished.into_iter().rev().for_each(&mut give);
    }
    Ok(())
}

fn by_second(
    batch: &Batch,
    (labels, clock, steady_part): (&Labels, Clock, SteadyPart),
) -> PolarsResult<BTreeMap<u32, Vec<Placed>>> {
    let columns = [column::STARTED_AT, column::ELAPSED_NS];
    let (rows, codes) = batch.read(&columns, labels, steady_part)?;
    let starts = rows.started_at()?.iter();
    let response = rows.response_ns()?;
    let samples = starts.zip(response.iter()).zip(codes);
    let mut seconds: BTreeMap<u32, Vec<Placed>> = BTreeMap::new();
    // In order of time the second seldom changes.
    let mut recent = (0, Vec::new());
    for ((start, elapsed_ns), code) in samples {
        let since = clock.since(*start)?;
        let second = second(since)?;
        if second != recent.0 {
            let (of, samples) = std::mem::replace(&mut recent, (second, Vec::new()));
            seconds.entry(of).or_default().extend(samples);
        }
        let instant = (since % NS_PER_SECOND) as u32;
        recent
            .1
            .push(Placed::new(instant, exact(*elapsed_ns), code));
    }
    seconds.entry(recent.0).or_default().extend(recent.1);
    seconds.retain(|_, samples| !samples.is_empty());
    Ok(seconds)
}

fn in_order((second, chunks): (u32, Vec<Vec<Placed>>)) -> InSecond {
    let mut samples = chunks.concat();
    drop(chunks);
    // Batches are in order each, which a stable sort finds and merges.
    samples.sort();
    let times = times_of_second(&samples);
    InSecond {
        second,
        samples,
        times,
    }
}

fn times_of_second(samples: &[Placed]) -> SecondTimes {
    let elapsed_ns: Vec<f64> = samples.iter().map(|it| it.elapsed_ns() as f64).collect();
    let mean_ns = summary(&elapsed_ns).map(|summary| summary.mean);
    let found = quantiles(&elapsed_ns, &[0.50, 0.95, 0.99]);
    let described = mean_ns.and_then(|mean_ns| {
        let found = found?;
        Ok(SecondTimes {
            mean_ns,
            p50_ns: found[0],
            p95_ns: found[1],
            p99_ns: found[2],
        })
    });
    described.expect("a second that is described has samples, and whole nanoseconds are finite")
}
