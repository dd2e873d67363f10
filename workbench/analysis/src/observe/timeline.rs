//! Every sample at its place in time.

use std::borrow::Cow;
use std::mem;

use rayon::prelude::*;
use workbench_statistics::{quantiles, summary};

use super::rows::NS_PER_SECOND;
use super::tally::{LabelTally, Places, in_steady_part, is_failed, label};

/// Elapsed times, starts and codes of all samples, ordered by the second of the start; see [`Timeline::in_order`].
pub(super) struct Timeline {
    /// Where the samples of each second begin, and last where the last ones end.
    bounds: Vec<usize>,
    /// Where the next sample of each second goes.
    next: Vec<usize>,
    elapsed_ns: Vec<f64>,
    instants: Vec<u32>,
    codes: Vec<u16>,
}

/// The samples in the steady part, in order of time.
pub(super) struct Steady<'a> {
    pub(super) elapsed_ns: Cow<'a, [f64]>,
    codes: Cow<'a, [u16]>,
}

impl Steady<'_> {
    pub(super) fn is_failed(&self, place: usize) -> bool {
        is_failed(self.codes[place])
    }
}

/// Elapsed times of the requests that started in one second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SecondTimes {
    pub(crate) mean_ns: f64,
    pub(crate) p50_ns: f64,
    pub(crate) p95_ns: f64,
    pub(crate) p99_ns: f64,
}

impl Timeline {
    /// Room for so many samples in each second.
    pub(super) fn new(by_second: &[usize]) -> Self {
        let mut bounds = vec![0];
        let mut until = 0;
        for count in by_second {
            until += count;
            bounds.push(until);
        }
        Self {
            next: bounds.clone(),
            bounds,
            elapsed_ns: vec![0.0; until],
            instants: vec![0; until],
            codes: vec![0; until],
        }
    }

    pub(super) fn add(&mut self, places: &Places, elapsed_ns: &[u64]) {
        let samples = places
            .second
            .iter()
            .zip(&places.instant)
            .zip(&places.code)
            .zip(elapsed_ns);
        for (((second, instant), code), elapsed_ns) in samples {
            let next = &mut self.next[*second as usize];
            // Whole nanoseconds are exact in a double up to 104 days.
            self.elapsed_ns[*next] = *elapsed_ns as f64;
            self.instants[*next] = *instant;
            self.codes[*next] = *code;
            *next += 1;
        }
    }

    /// Puts every second into the order of time, and describes those with samples.
    ///
    /// Samples that started in the same nanosecond are ordered by what else is known of them, so that the order of the
    /// parts leaves no trace.
    pub(super) fn in_order(mut self) -> (Self, Vec<SecondTimes>) {
        let mut seconds = Vec::with_capacity(self.bounds.len());
        let mut rest = (
            &mut self.elapsed_ns[..],
            &mut self.instants[..],
            &mut self.codes[..],
        );
        for pair in self.bounds.windows(2) {
            let count = pair[1] - pair[0];
            let (elapsed_ns, later_elapsed) = mem::take(&mut rest.0).split_at_mut(count);
            let (instants, later_instants) = mem::take(&mut rest.1).split_at_mut(count);
            let (codes, later_codes) = mem::take(&mut rest.2).split_at_mut(count);
            rest = (later_elapsed, later_instants, later_codes);
            if count > 0 {
                seconds.push((elapsed_ns, instants, codes));
            }
        }
        let times = seconds
            .into_par_iter()
            .map(|(elapsed_ns, instants, codes)| {
                put_in_order(elapsed_ns, instants, codes);
                times_of_second(elapsed_ns)
            })
            .collect();
        (self, times)
    }

    /// The samples in the steady part, in order of time.
    pub(super) fn steady(&self) -> Steady<'_> {
        let steady = |code: &u16| in_steady_part(*code);
        let first = self.codes.iter().position(steady).unwrap_or(0);
        let end = self
            .codes
            .iter()
            .rposition(steady)
            .map_or(0, |last| last + 1);
        let (elapsed_ns, codes) = (&self.elapsed_ns[first..end], &self.codes[first..end]);
        if codes.iter().all(steady) {
            return Steady {
                elapsed_ns: Cow::Borrowed(elapsed_ns),
                codes: Cow::Borrowed(codes),
            };
        }
        let samples = codes.iter().zip(elapsed_ns);
        let steady = samples.filter(|(code, _)| steady(code));
        let (codes, elapsed_ns) = steady.map(|(code, time)| (*code, *time)).unzip();
        Steady {
            elapsed_ns: Cow::Owned(elapsed_ns),
            codes: Cow::Owned(codes),
        }
    }

    /// Start of the sample at a position among those in the steady part, in nanoseconds since the origin.
    pub(super) fn start_of_steady(&self, position: usize) -> Option<i64> {
        let mut steady = (0..self.codes.len()).filter(|place| in_steady_part(self.codes[*place]));
        let place = steady.nth(position)?;
        let second = self.bounds.partition_point(|bound| *bound <= place) - 1;
        Some(second as i64 * NS_PER_SECOND + i64::from(self.instants[place]))
    }

    /// Mean elapsed times of the samples in the steady part that started in equal blocks of time, which begin at `from` and end
    /// with `to`, in nanoseconds since the origin; with the number of each block, those without a sample being left out.
    pub(super) fn block_means(&self, from: i64, to: i64, blocks: usize) -> Vec<(usize, f64)> {
        let begin = |block: usize| from + (to - from) / blocks as i64 * block as i64;
        let means = (0..blocks).into_par_iter().map(|block| {
            let end = if block + 1 == blocks {
                self.codes.len()
            } else {
                self.place_of(begin(block + 1))
            };
            let places = self.place_of(begin(block))..end;
            let samples = self.codes[places.clone()]
                .iter()
                .zip(&self.elapsed_ns[places]);
            let steady = samples.filter(|(code, _)| in_steady_part(**code));
            let (count, sum) = steady.fold((0_usize, 0.0), |(count, sum), (_, elapsed_ns)| {
                (count + 1, sum + elapsed_ns)
            });
            (count > 0).then(|| (block, sum / count as f64))
        });
        means.flatten_iter().collect()
    }

    /// The first sample that started at an instant or later, in nanoseconds since the origin.
    fn place_of(&self, instant: i64) -> usize {
        let second = (instant.max(0) / NS_PER_SECOND) as usize;
        let Some([begin, end]) = self.bounds.get(second..second + 2).map(|it| [it[0], it[1]])
        else {
            return self.codes.len();
        };
        let in_second = instant.max(0) % NS_PER_SECOND;
        begin + self.instants[begin..end].partition_point(|it| i64::from(*it) < in_second)
    }

    /// Deals the samples out to their labels, which have so many; in order of time still. Besides, the elapsed times of
    /// all labels together, if they are kept.
    pub(super) fn into_labels(
        self,
        labels: &[LabelTally],
        times_in_order: TimesInOrder,
    ) -> (Vec<InOrder>, Option<Vec<f64>>) {
        let Self {
            elapsed_ns,
            instants,
            codes,
            ..
        } = self;
        drop(instants);
        let mut dealt: Vec<InOrder> = labels
            .iter()
            .map(|counts| InOrder {
                steady: Vec::with_capacity(counts.steady as usize),
                failed: Vec::with_capacity(counts.steady as usize),
                rest: Vec::with_capacity((counts.samples - counts.steady) as usize),
            })
            .collect();
        // Memory goes from here to there chunk by chunk: what is not kept never takes room twice.
        let codes = chunks(codes, CHUNK);
        let kept = match times_in_order {
            TimesInOrder::Dropped => {
                for (elapsed_ns, codes) in chunks(elapsed_ns, CHUNK).zip(codes) {
                    deal(&mut dealt, &elapsed_ns, &codes);
                }
                None
            }
            TimesInOrder::Kept => {
                for (elapsed_ns, codes) in elapsed_ns.chunks(CHUNK).zip(codes) {
                    deal(&mut dealt, elapsed_ns, &codes);
                }
                Some(elapsed_ns)
            }
        };
        (dealt, kept)
    }
}

fn deal(labels: &mut [InOrder], elapsed_ns: &[f64], codes: &[u16]) {
    for (elapsed_ns, code) in elapsed_ns.iter().zip(codes) {
        let dealt = &mut labels[label(*code)];
        if in_steady_part(*code) {
            dealt.steady.push(*elapsed_ns);
            dealt.failed.push(is_failed(*code));
        } else {
            dealt.rest.push(*elapsed_ns);
        }
    }
}

/// What becomes of the elapsed times in order of time, once they have been dealt out to their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimesInOrder {
    /// They stay, at 8 bytes a sample.
    Kept,
    /// They go as the labels get them.
    Dropped,
}

/// Elapsed times of one label.
pub(super) struct InOrder {
    /// Those in the steady part, in order of time.
    pub(super) steady: Vec<f64>,
    /// Which of these are of failed requests.
    pub(super) failed: Vec<bool>,
    /// The others, in order of time.
    pub(super) rest: Vec<f64>,
}

/// Large enough that the memory of each chunk is returned when it is freed.
const CHUNK: usize = 1 << 22;

/// The values, in their order, in chunks of a size that can be freed one after the other.
fn chunks<T>(mut values: Vec<T>, size: usize) -> impl Iterator<Item = Vec<T>> {
    let mut from_the_end = Vec::new();
    while values.len() > size {
        let whole_chunks = (values.len() - 1) / size;
        from_the_end.push(values.split_off(whole_chunks * size));
        values.shrink_to_fit();
    }
    from_the_end.push(values);
    from_the_end.into_iter().rev()
}

/// One sample while its second is put in order.
type Placed = (u32, f64, u16);

fn put_in_order(elapsed_ns: &mut [f64], instants: &mut [u32], codes: &mut [u16]) {
    let samples = instants.iter().zip(&*elapsed_ns).zip(&*codes);
    let mut placed: Vec<Placed> = samples
        .map(|((instant, elapsed_ns), code)| (*instant, *elapsed_ns, *code))
        .collect();
    // Parts are in order each, which a stable sort finds and merges.
    placed.sort_by(|a, b| {
        (a.0.cmp(&b.0))
            .then_with(|| a.1.total_cmp(&b.1))
            .then_with(|| a.2.cmp(&b.2))
    });
    for (place, (instant, elapsed, code)) in placed.into_iter().enumerate() {
        (instants[place], elapsed_ns[place], codes[place]) = (instant, elapsed, code);
    }
}

fn times_of_second(elapsed_ns: &[f64]) -> SecondTimes {
    let mean_ns = summary(elapsed_ns).map(|summary| summary.mean);
    let found = quantiles(elapsed_ns, &[0.50, 0.95, 0.99]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_the_values_in_their_order() {
        for count in [0, 1, 3, 4, 11, 12, 13] {
            let values: Vec<u32> = (0..count).collect();
            let chunks: Vec<Vec<u32>> = chunks(values.clone(), 4).collect();
            assert!(chunks.iter().all(|chunk| chunk.len() <= 4));
            assert_eq!(chunks.concat(), values);
        }
    }
}
