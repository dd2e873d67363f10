//! Response times in equal intervals of time, computed from the last second to the first, in memory that depends on
//! neither the number of samples nor the length of the run.

use std::mem;

use super::counts::{Class, Counts};
use super::reverse_pass::InSecond;
use super::tally::{is_failed, label};
use super::times::Times;
use crate::model::{Heatmap, IntervalTimes, TOTAL, TimesOverTime};

/// Most intervals: the width of a wide chart.
pub(super) const MOST_INTERVALS: usize = 600;
/// Intervals of all labels together: with more labels, each has fewer.
const MOST_OF_LABELS: usize = 6_000;
/// Fewest intervals of a label; labels with the fewest requests are left out instead.
const LEAST_INTERVALS: usize = 60;
/// Columns of the heat map.
const HEAT_INTERVALS: usize = 200;
/// Rows of the heat map in each doubling of the time, as a power of two.
const HEAT_BITS: u32 = 2;

/// The length of intervals, of which there are at most `most` in so many seconds.
pub(super) fn interval_s(seconds: usize, most: usize) -> u32 {
    u32::try_from(seconds.div_ceil(most).max(1)).unwrap_or(u32::MAX)
}

/// The interval of a second.
pub(super) fn interval(second: u32, interval_s: u32) -> usize {
    (second / interval_s) as usize
}

/// Response times of all requests and of the labels with the most requests, and the heat map.
pub(super) struct TimesInIntervals {
    total: Track,
    /// By label; `None` for those that are left out.
    labels: Vec<Option<Track>>,
    heat: Heat,
}

impl TimesInIntervals {
    /// Of a run of so many seconds, with the number of requests of each label.
    pub(super) fn new(seconds: usize, requests: &[u64]) -> Self {
        let most_labels = requests.len().min(MOST_OF_LABELS / LEAST_INTERVALS);
        let most = (MOST_OF_LABELS / most_labels.max(1)).min(MOST_INTERVALS);
        let mut by_requests: Vec<usize> = (0..requests.len()).collect();
        by_requests.sort_by_key(|label| std::cmp::Reverse(requests[*label]));
        let mut labels: Vec<Option<Track>> = requests.iter().map(|_| None).collect();
        for label in by_requests.into_iter().take(most_labels) {
            labels[label] = Some(Track::new(seconds, most));
        }
        Self {
            total: Track::new(seconds, MOST_INTERVALS),
            labels,
            heat: Heat::new(seconds),
        }
    }

    /// Adds the second before those added so far.
    pub(super) fn take(&mut self, second: &InSecond) {
        let heat = self.heat.column(second.second);
        for sample in &second.samples {
            let (elapsed_ns, failed) = (sample.elapsed_ns(), is_failed(sample.code()));
            self.total.add(second.second, elapsed_ns, failed);
            if let Some(track) = &mut self.labels[label(sample.code())] {
                track.add(second.second, elapsed_ns, failed);
            }
            heat[bin_of(elapsed_ns)] += 1;
        }
    }

    /// `TOTAL` and the labels that are not left out, and the heat map.
    pub(super) fn finish(self, names: &[String]) -> (Vec<TimesOverTime>, Heatmap) {
        let labels = names.iter().zip(self.labels);
        let labels = labels.filter_map(|(name, track)| Some(track?.finish(name)));
        let total = self.total.finish(TOTAL);
        let all = std::iter::once(total).chain(labels).collect();
        (all, self.heat.finish())
    }
}

/// The response times of one label, interval by interval.
struct Track {
    interval_s: u32,
    /// The interval whose requests are being counted.
    interval: usize,
    successful: Counts,
    failed: Counts,
    has_failed: bool,
    /// All, successful, failed.
    values: [IntervalTimes; 3],
}

impl Track {
    fn new(seconds: usize, most: usize) -> Self {
        let interval_s = interval_s(seconds, most);
        let intervals = seconds.div_ceil(interval_s as usize);
        let nothing = IntervalTimes {
            requests: vec![0; intervals],
            p50_ns: vec![None; intervals],
            p90_ns: vec![None; intervals],
            p95_ns: vec![None; intervals],
            p99_ns: vec![None; intervals],
            max_ns: vec![None; intervals],
        };
        Self {
            interval_s,
            interval: usize::MAX,
            successful: Counts::default(),
            failed: Counts::default(),
            has_failed: false,
            values: [nothing.clone(), nothing.clone(), nothing],
        }
    }

    fn add(&mut self, second: u32, elapsed_ns: u64, failed: bool) {
        let interval = interval(second, self.interval_s);
        if interval != self.interval {
            self.close();
            self.interval = interval;
        }
        if failed {
            self.has_failed = true;
            self.failed.add(elapsed_ns);
        } else {
            self.successful.add(elapsed_ns);
        }
    }

    /// Stores the values of the current interval.
    fn close(&mut self) {
        let successful = Class::new(mem::take(&mut self.successful));
        let failed = Class::new(mem::take(&mut self.failed));
        let [all, of_successful, of_failed] = &mut self.values;
        put(all, self.interval, Times::of(&[&successful, &failed]));
        put(of_successful, self.interval, Times::of(&[&successful]));
        put(of_failed, self.interval, Times::of(&[&failed]));
    }

    fn finish(mut self, name: &str) -> TimesOverTime {
        self.close();
        let [all, successful, failed] = self.values;
        TimesOverTime {
            request: name.to_owned(),
            interval_s: self.interval_s,
            all,
            successful: self.has_failed.then_some(successful),
            failed: self.has_failed.then_some(failed),
        }
    }
}

/// Leaves `None` without times.
fn put(values: &mut IntervalTimes, interval: usize, times: Option<Times<'_>>) {
    let Some(times) = times else {
        return;
    };
    values.requests[interval] = times.count() as u64;
    for (column, probability) in [
        (&mut values.p50_ns, 0.50),
        (&mut values.p90_ns, 0.90),
        (&mut values.p95_ns, 0.95),
        (&mut values.p99_ns, 0.99),
    ] {
        column[interval] = times.about(probability).ok();
    }
    values.max_ns[interval] = Some(times.greatest() as f64);
}

/// Requests by time and response time.
struct Heat {
    interval_s: u32,
    /// By interval and bin.
    counts: Vec<Vec<u64>>,
}

impl Heat {
    fn new(seconds: usize) -> Self {
        let interval_s = interval_s(seconds, HEAT_INTERVALS);
        let intervals = seconds.div_ceil(interval_s as usize);
        Self {
            interval_s,
            counts: vec![vec![0; bin_of(u64::MAX) + 1]; intervals],
        }
    }

    fn column(&mut self, second: u32) -> &mut [u64] {
        &mut self.counts[interval(second, self.interval_s)]
    }

    /// Without the bins below the shortest time and above the longest.
    fn finish(mut self) -> Heatmap {
        let bins = self.counts.iter().flat_map(|column| {
            let bins = column.iter().enumerate();
            bins.filter(|(_, count)| **count > 0).map(|(bin, _)| bin)
        });
        let (first, last) = bins.fold((usize::MAX, 0), |(first, last), bin| {
            (first.min(bin), last.max(bin))
        });
        let first = first.min(last);
        for column in &mut self.counts {
            column.truncate(last + 1);
            column.drain(..first);
        }
        Heatmap {
            interval_s: self.interval_s,
            bounds_ns: (first..=last + 1).map(bound).collect(),
            counts: self.counts,
        }
    }
}

/// Four bins in each doubling; what takes less than four nanoseconds is in the first one.
fn bin_of(elapsed_ns: u64) -> usize {
    let shift = elapsed_ns.max(1 << HEAT_BITS).ilog2() - HEAT_BITS;
    let in_doubling = (elapsed_ns.max(1 << HEAT_BITS) >> shift) - (1 << HEAT_BITS);
    ((shift << HEAT_BITS) as usize) + in_doubling as usize
}

/// The shortest time of a bin.
fn bound(bin: usize) -> u64 {
    let in_doubling = (bin % (1 << HEAT_BITS)) as u128;
    u64::try_from(((1 << HEAT_BITS) + in_doubling) << (bin >> HEAT_BITS)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::reverse_pass::{Placed, SecondTimes};
    use super::super::tally::code;
    use super::*;

    const MS: u64 = 1_000_000;

    /// Label, time and success of a request.
    type Request = (u16, u64, bool);

    /// From seconds in order, each with its requests.
    fn gathered(seconds: &[(u32, &[Request])], labels: &[&str]) -> (Vec<TimesOverTime>, Heatmap) {
        let last = seconds.iter().map(|(second, _)| *second).max().unwrap();
        let requests = vec![1; labels.len()];
        let mut times = TimesInIntervals::new(last as usize + 1, &requests);
        for (second, samples) in seconds.iter().rev() {
            let samples = samples.iter().map(|(label, elapsed_ns, success)| {
                Placed::new(0, *elapsed_ns, code(*label, true, !success))
            });
            times.take(&InSecond {
                second: *second,
                samples: samples.collect(),
                times: SecondTimes {
                    mean_ns: 0.0,
                    p50_ns: 0.0,
                    p95_ns: 0.0,
                    p99_ns: 0.0,
                },
            });
        }
        let names: Vec<String> = labels.iter().map(|&it| it.to_owned()).collect();
        times.finish(&names)
    }

    #[test]
    fn labels_and_outcomes_are_kept_apart_and_a_second_without_requests_is_a_gap() {
        let first: &[(u16, u64, bool)] = &[(0, MS, true), (0, 3 * MS, false), (1, 5 * MS, true)];
        let (times, heat) = gathered(&[(0, first), (2, &[(1, 7 * MS, true)])], &["a", "b"]);
        let names: Vec<&str> = times.iter().map(|it| &*it.request).collect();
        assert_eq!(names, ["TOTAL", "a", "b"]);
        let [total, a, b] = &times[..] else {
            panic!("{times:?}")
        };
        assert_eq!(total.all.requests, [3, 0, 1]);
        let max = |times: &IntervalTimes| times.max_ns.clone();
        let ms = |value: u64| Some((value * MS) as f64);
        assert_eq!(max(&total.all), [ms(5), None, ms(7)]);
        assert_eq!(max(a.successful.as_ref().unwrap()), [ms(1), None, None]);
        assert_eq!(max(a.failed.as_ref().unwrap()), [ms(3), None, None]);
        assert_eq!((&b.successful, &b.failed), (&None, &None));
        let p50 = total.all.p50_ns[0].unwrap();
        assert!((2.997e6..=3e6).contains(&p50), "{p50}");
        let counted: Vec<u64> = heat.counts.iter().map(|it| it.iter().sum()).collect();
        assert_eq!(counted, [3, 0, 1]);
        assert_eq!(heat.bounds_ns.len(), heat.counts[0].len() + 1);
        assert!(heat.bounds_ns[0] <= MS && *heat.bounds_ns.last().unwrap() > 7 * MS);
    }

    #[test]
    fn a_day_of_many_labels_has_no_more_values_than_a_minute_of_few() {
        for labels in [1, 100, 5_000] {
            let day = TimesInIntervals::new(86_400, &vec![1; labels]);
            let tracks: Vec<&Track> = day.labels.iter().flatten().collect();
            let intervals: usize = tracks.iter().map(|it| it.values[0].requests.len()).sum();
            assert!(intervals <= MOST_OF_LABELS, "{labels} labels: {intervals}");
            assert!(tracks.iter().all(|it| it.values[0].requests.len() >= 50));
            assert!(day.total.values[0].requests.len() <= MOST_INTERVALS);
            assert!(day.heat.counts.len() <= HEAT_INTERVALS);
        }
    }

    #[test]
    fn every_time_lies_between_the_bounds_of_its_bin() {
        for time in
            (0..64).flat_map(|bit| [1_u64 << bit, (1 << bit) + (1 << bit) / 3, u64::MAX >> bit])
        {
            let bin = bin_of(time);
            let floor = if bin == 0 { 0 } else { bound(bin) };
            assert!(
                floor <= time && (time < bound(bin + 1) || bound(bin + 1) == u64::MAX),
                "{time}"
            );
        }
        let bounds: Vec<u64> = (0..=bin_of(u64::MAX)).map(bound).collect();
        assert!(bounds.is_sorted());
    }
}
