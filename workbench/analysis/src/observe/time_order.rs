//! Statistics that depend on the order of time, computed from the last request to the first in little memory.

use std::ops::Range;

use workbench_statistics::{
    Accumulator, BackwardWarmUp, StatisticsError, batch_bounds, batch_means_of_sums,
    effective_count_of_share,
};

use super::elapsed_in_order::ElapsedInOrder;
use super::over_time::TimesInIntervals;
use super::reverse_pass::{InSecond, SecondTimes};
use super::rows::NS_PER_SECOND;
use super::tally::{class_of, in_steady_part, is_failed, label};
use super::times::{LabelTimes, Times};
use super::{Settled, Window, all_steady};
use crate::observe::diagnosis::{CONFIDENCE, Diagnosis, QUANTILES};

/// The statistics of all samples.
pub(super) struct Seen {
    pub(super) courses: Courses,
    pub(super) in_steady_part: Option<(Settling, Blocks)>,
    pub(super) sums: ClassSums,
    /// From the last one to the first.
    pub(super) seconds: Vec<(u32, SecondTimes)>,
    pub(super) over_time: TimesInIntervals,
    /// If they are kept; from the last one to the first.
    pub(super) elapsed_in_order: Option<ElapsedInOrder>,
    /// How many of these there are at most.
    most_in_order: usize,
}

impl Seen {
    pub(super) fn new(
        courses: Courses,
        in_steady_part: Option<(Settling, Blocks)>,
        over_time: TimesInIntervals,
        most_in_order: Option<usize>,
    ) -> Self {
        Self {
            sums: ClassSums::new(3 * courses.labels.len()),
            courses,
            in_steady_part,
            seconds: Vec::new(),
            over_time,
            elapsed_in_order: most_in_order.map(|_| ElapsedInOrder::default()),
            most_in_order: most_in_order.unwrap_or(0),
        }
    }

    pub(super) fn take(&mut self, second: &InSecond) {
        self.seconds.push((second.second, second.times));
        self.over_time.take(second);
        let beginning = i64::from(second.second) * NS_PER_SECOND;
        for sample in second.samples.iter().rev() {
            let (elapsed_ns, code) = (sample.elapsed_ns(), sample.code());
            let failed = is_failed(code);
            self.sums.push(class_of(code), elapsed_ns);
            if let Some(in_order) = &mut self.elapsed_in_order
                && in_order.all_ns.len() < self.most_in_order
            {
                in_order.push(elapsed_ns as f64, in_steady_part(code));
            }
            if !in_steady_part(code) {
                continue;
            }
            let of_label = &mut self.courses.labels[label(code)];
            for course in of_label.iter_mut().chain(&mut self.courses.total) {
                course.push(elapsed_ns, failed);
            }
            if let Some((settling, blocks)) = &mut self.in_steady_part {
                let start = beginning + i64::from(sample.instant());
                settling.push(start, elapsed_ns);
                blocks.push(start, elapsed_ns);
            }
        }
    }
}

/// The accumulators of the steady requests of each label, and of all; `None` without requests.
pub(super) struct Courses {
    pub(super) labels: Vec<Option<Course>>,
    pub(super) total: Option<Course>,
}

impl Courses {
    pub(super) fn of(labels: &[LabelTimes]) -> Self {
        let course = |times: Option<Times<'_>>| times.map(|times| Course::new(&times));
        Self {
            labels: labels.iter().map(|label| course(label.steady())).collect(),
            total: course(all_steady(labels)),
        }
    }
}

/// The steady requests of one label, or of all: sums over those after each position at which batches can begin.
pub(super) struct Course {
    count: usize,
    /// Times up to these are counted, one for each of [`QUANTILES`].
    levels: [f64; QUANTILES.len()],
    bounds: Vec<usize>,
    sums: Sums,
    /// At each bound that has been reached.
    marks: Vec<Sums>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    requests: usize,
    elapsed_ns: u128,
    up_to_level: [usize; QUANTILES.len()],
    failed: usize,
}

impl Course {
    /// For the steady requests with these times.
    fn new(times: &Times<'_>) -> Self {
        let greatest = times.greatest() as f64;
        let mut levels = QUANTILES;
        for level in &mut levels {
            let quantile = times.quantile(*level);
            let quantile = quantile.expect("there is a time, and the quantiles are possible");
            // Ties at the maximum can reach down to the quantile; then what is below it makes the difference.
            *level = if quantile < greatest {
                quantile
            } else {
                quantile.next_down()
            };
        }
        Self {
            count: times.count(),
            levels,
            bounds: batch_bounds(times.count()),
            sums: Sums::default(),
            marks: vec![Sums::default()],
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Adds the request before those added so far.
    fn push(&mut self, elapsed_ns: u64, failed: bool) {
        let sums = &mut self.sums;
        sums.requests += 1;
        sums.elapsed_ns += u128::from(elapsed_ns);
        for (count, level) in sums.up_to_level.iter_mut().zip(self.levels) {
            *count += usize::from(elapsed_ns as f64 <= level);
        }
        sums.failed += usize::from(failed);
        if self.bounds.get(self.marks.len()) == Some(&sums.requests) {
            self.marks.push(*sums);
        }
    }

    /// The effective sample sizes, after all requests were added.
    pub(super) fn diagnosis(&self, times: &Times<'_>) -> Diagnosis {
        let summary = times.summary();
        let summary = summary.expect("there is a time, and whole nanoseconds are finite");
        let share = |value: fn(&Sums, usize) -> usize, index: usize| {
            effective_count_of_share(self.count, |range| {
                let [from, to] = self.ends(range);
                value(from, index) - value(to, index)
            })
        };
        Diagnosis {
            mean: batch_means_of_sums(&summary, CONFIDENCE, |range| {
                let [from, to] = self.ends(range);
                (from.elapsed_ns - to.elapsed_ns) as f64
            }),
            effective: std::array::from_fn(|index| {
                share(|sums, index| sums.up_to_level[index], index)
            }),
            effective_of_errors: share(|sums, _| sums.failed, 0),
        }
    }

    /// The sums over all requests from the beginning of a range on, and from its end on.
    fn ends(&self, range: Range<usize>) -> [&Sums; 2] {
        [range.start, range.end].map(|place| {
            let requests = self.count - place;
            let mark = self.marks.partition_point(|mark| mark.requests < requests);
            &self.marks[mark]
        })
    }
}

/// The truncation point of MSER-5.
pub(super) struct Settling {
    warm_up: BackwardWarmUp,
    /// Nanoseconds since the origin.
    window_from: i64,
    after_ns: u64,
    last_left_out_ns: u64,
    /// Requests until the first one of the last five discarded ones.
    until_left_out: u32,
}

impl Settling {
    pub(super) fn new(count: usize, window: Window, origin: i64) -> Self {
        Self {
            warm_up: BackwardWarmUp::new(count),
            window_from: window.from - origin,
            after_ns: 0,
            last_left_out_ns: 0,
            until_left_out: 0,
        }
    }

    /// Adds the steady request before those added so far; its start is in nanoseconds since the origin.
    fn push(&mut self, start: i64, elapsed_ns: u64) {
        let start_ns = (start - self.window_from).max(0) as u64;
        if self.until_left_out > 0 {
            self.until_left_out -= 1;
            if self.until_left_out == 0 {
                self.last_left_out_ns = start_ns;
            }
        }
        if self.warm_up.push(elapsed_ns as f64) {
            // Where nothing is left out, both are the first start.
            (self.after_ns, self.last_left_out_ns) = (start_ns, start_ns);
            self.until_left_out = 5;
        }
    }

    pub(super) fn settled(self) -> Result<Settled, StatisticsError> {
        self.warm_up.finish().map(|found| Settled {
            last_left_out_ns: self.last_left_out_ns,
            after_ns: self.after_ns,
            at_bound: found.at_bound,
        })
    }
}

/// Mean elapsed times of the steady requests that started in equal blocks of time.
pub(super) struct Blocks {
    /// Nanoseconds since the origin.
    from: i64,
    /// Of one block; the last one takes what is left.
    length: i64,
    sums: Vec<(usize, u128)>,
}

impl Blocks {
    pub(super) fn new(window: Window, origin: i64, blocks: usize) -> Self {
        Self {
            from: window.from - origin,
            length: (window.to - window.from) / blocks as i64,
            sums: vec![(0, 0); blocks],
        }
    }

    /// Adds a steady request; its start is in nanoseconds since the origin.
    fn push(&mut self, start: i64, elapsed_ns: u64) {
        let last = self.sums.len() - 1;
        let block = if self.length == 0 {
            last
        } else {
            last.min(((start - self.from) / self.length) as usize)
        };
        let (count, sum) = &mut self.sums[block];
        *count += 1;
        *sum += u128::from(elapsed_ns);
    }

    pub(super) fn count(&self) -> usize {
        self.sums.len()
    }

    /// With the number of each block; those without a request are left out.
    pub(super) fn means(&self) -> Vec<(usize, f64)> {
        let blocks = self.sums.iter().enumerate();
        let means = blocks.map(|(block, (count, sum))| (block, *sum as f64 / *count as f64));
        means.filter(|(block, _)| self.sums[*block].0 > 0).collect()
    }
}

/// The sums of the times of each class, always in the same order however many threads there are.
pub(super) struct ClassSums(Vec<(Vec<f64>, Accumulator)>);

/// As many times are added at once.
const CHUNK: usize = 1 << 9;

impl ClassSums {
    fn new(classes: usize) -> Self {
        Self(
            (0..classes)
                .map(|_| (Vec::new(), Accumulator::new()))
                .collect(),
        )
    }

    fn push(&mut self, class: usize, elapsed_ns: u64) {
        let (times, sums) = &mut self.0[class];
        times.push(elapsed_ns as f64);
        if times.len() == CHUNK {
            add(times, sums);
        }
    }

    /// By class.
    pub(super) fn sums(self) -> impl Iterator<Item = Accumulator> {
        self.0.into_iter().map(|(mut times, mut sums)| {
            add(&mut times, &mut sums);
            sums
        })
    }
}

fn add(times: &mut Vec<f64>, sums: &mut Accumulator) {
    sums.add(times).expect("whole nanoseconds are finite");
    times.clear();
}

#[cfg(test)]
mod tests {
    use super::super::reverse_pass::Placed;
    use super::*;

    #[test]
    fn only_the_last_times_of_a_long_run_are_kept_in_order() {
        let courses = Courses {
            labels: vec![None],
            total: None,
        };
        let mut seen = Seen::new(courses, None, TimesInIntervals::new(2, &[1]), Some(3));
        let times = SecondTimes {
            mean_ns: 0.0,
            p50_ns: 0.0,
            p95_ns: 0.0,
            p99_ns: 0.0,
        };
        for second in [1, 0] {
            let sample = |place| Placed::new(place, u64::from(10 * second + place), 0);
            seen.take(&InSecond {
                second,
                samples: vec![sample(0), sample(1)],
                times,
            });
        }
        let in_order = seen.elapsed_in_order.unwrap();
        assert_eq!(in_order.all_ns, [11.0, 10.0, 1.0]);
    }
}
