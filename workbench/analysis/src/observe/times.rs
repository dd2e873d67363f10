//! The elapsed times of labels, sorted in parts.

use rayon::prelude::*;
use workbench_statistics::{
    Accumulator, Interval, StatisticsError, Summary, quantile_interval_of_parts, quantile_of_parts,
};

use super::timeline::InOrder;

/// Values that are sorted together: what fits into a processor's cache, and enough parts for all of its cores.
const PART: usize = 1 << 20;

/// The elapsed times of one label.
pub(crate) struct LabelTimes {
    successes: SortedParts,
    failures: SortedParts,
    /// Successes and failures outside of the steady part.
    rest: SortedParts,
}

/// Values in parts of [`PART`] values, each of them ascending.
struct SortedParts {
    values: Vec<f64>,
    sums: Accumulator,
}

/// Elapsed times of some requests, in ascending parts; never empty.
#[derive(Clone)]
pub(crate) struct Times<'a> {
    parts: Vec<&'a [f64]>,
    sums: Accumulator,
}

/// Sorts the times of every label, on all processors.
pub(super) fn sorted(labels: Vec<InOrder>) -> Vec<LabelTimes> {
    let mut values: Vec<Vec<f64>> = labels.into_iter().flat_map(apart).collect();
    // The order in which the parts are summed is always the same, however many threads there are.
    let sums: Vec<Vec<Accumulator>> = values
        .par_iter_mut()
        .map(|values| values.par_chunks_mut(PART).map(sort).collect())
        .collect();
    let mut lists = values.into_iter().zip(sums).map(|(values, sums)| {
        let mut all = Accumulator::new();
        sums.iter().for_each(|sums| all.merge(sums));
        SortedParts { values, sums: all }
    });
    let mut labels = Vec::new();
    while let (Some(successes), Some(failures), Some(rest)) =
        (lists.next(), lists.next(), lists.next())
    {
        labels.push(LabelTimes {
            successes,
            failures,
            rest,
        });
    }
    labels
}

/// Successes and failures in the steady part, and the rest.
fn apart(label: InOrder) -> [Vec<f64>; 3] {
    let InOrder {
        mut steady,
        failed,
        rest,
    } = label;
    // Failures are mostly few, and go into a list of their own; successes move together.
    let mut failures = Vec::with_capacity(failed.iter().filter(|failed| **failed).count());
    let mut kept = 0;
    for (place, failed) in failed.into_iter().enumerate() {
        if failed {
            failures.push(steady[place]);
        } else {
            steady[kept] = steady[place];
            kept += 1;
        }
    }
    steady.truncate(kept);
    steady.shrink_to_fit();
    [steady, failures, rest]
}

fn sort(part: &mut [f64]) -> Accumulator {
    part.sort_unstable_by(f64::total_cmp);
    let mut sums = Accumulator::new();
    sums.add(part).expect("whole nanoseconds are finite");
    sums
}

impl LabelTimes {
    /// All of them.
    pub(crate) fn all(&self) -> Option<Times<'_>> {
        Times::of([&self.successes, &self.failures, &self.rest])
    }

    /// Those in the steady part.
    pub(crate) fn steady(&self) -> Option<Times<'_>> {
        Times::of([&self.successes, &self.failures])
    }

    /// Those of successful requests in the steady part.
    pub(crate) fn successes(&self) -> Option<Times<'_>> {
        Times::of([&self.successes])
    }

    /// Those of failed requests in the steady part.
    pub(crate) fn failures(&self) -> Option<Times<'_>> {
        Times::of([&self.failures])
    }
}

impl<'a> Times<'a> {
    fn of<const N: usize>(lists: [&'a SortedParts; N]) -> Option<Self> {
        let mut sums = Accumulator::new();
        lists.iter().for_each(|list| sums.merge(&list.sums));
        let parts = lists.iter().flat_map(|list| list.values.chunks(PART));
        (sums.count() > 0).then(|| Self {
            parts: parts.collect(),
            sums,
        })
    }

    /// Several together; `None` where there are none.
    pub(crate) fn together(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|mut together, other| {
            together.parts.extend(other.parts);
            together.sums.merge(&other.sums);
            together
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.sums.count()
    }

    pub(crate) fn summary(&self) -> Result<Summary, StatisticsError> {
        self.sums.summary()
    }

    pub(crate) fn quantile(&self, probability: f64) -> Result<f64, StatisticsError> {
        quantile_of_parts(&self.parts, probability)
    }

    /// An interval of a quantile, for so many independent values.
    pub(crate) fn quantile_interval(
        &self,
        probability: f64,
        confidence: f64,
        effective_count: f64,
    ) -> Result<Interval, StatisticsError> {
        let found =
            quantile_interval_of_parts(&self.parts, probability, confidence, effective_count);
        found.map(|found| found.interval)
    }

    /// How many are shorter than a time.
    pub(crate) fn below(&self, time_ns: f64) -> usize {
        let below = |part: &&[f64]| part.partition_point(|time| *time < time_ns);
        self.parts.iter().map(below).sum()
    }

    /// Elapsed times for tests, in any order; several parts, however few they are.
    #[cfg(test)]
    pub(crate) fn of_test(times_ns: &'a mut [f64]) -> Self {
        let mut sums = Accumulator::new();
        sums.add(times_ns).unwrap();
        let part = times_ns.len().div_ceil(3);
        times_ns
            .chunks_mut(part)
            .for_each(|part| part.sort_unstable_by(f64::total_cmp));
        Self {
            parts: times_ns.chunks(part).collect(),
            sums,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_values_than_one_part_holds_are_summarised_as_one() {
        let count = PART as u32 + 10;
        let scattered = |i: u32| f64::from((i.wrapping_mul(0x9E37_79B1) >> 7) % 1_000);
        let all: Vec<f64> = (0..count).map(scattered).collect();
        let label = InOrder {
            steady: all.clone(),
            failed: (0..count).map(|i| i % 16 == 0).collect(),
            rest: vec![2_000.0],
        };

        let labels = sorted(vec![label]);

        let times = labels[0].steady().unwrap();
        assert_eq!(times.count(), all.len());
        assert_eq!(times.summary(), workbench_statistics::summary(&all));
        let median = workbench_statistics::quantile(&all, 0.5);
        assert_eq!(times.quantile(0.5), median);
        let failures = labels[0].failures().unwrap();
        assert_eq!(failures.count(), all.len().div_ceil(16));
        assert_eq!(labels[0].all().unwrap().summary().unwrap().max, 2_000.0);
        assert_eq!(labels[0].all().unwrap().below(2_000.0), all.len());
    }
}
