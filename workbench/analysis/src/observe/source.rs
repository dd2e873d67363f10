//! The passes over the samples of a run.

use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars_core::error::PolarsResult;
use workbench_plan::{Plan, SteadyPart};
use workbench_samples::column;

use super::batch::Batch;
use super::counts::{Found, Sought, exact};
use super::labels::Labels;
use super::over_time::TimesInIntervals;
use super::rows::Clock;
use super::tally::{self, Tally, class_of};
use super::time_order::{Blocks, Course, Courses, Seen, Settling};
use super::{
    BLOCK_REQUESTS, Class, LEAST_BLOCKS, LabelObservations, LabelTimes, MOST_BLOCKS, Observations,
    StartedInSecond, SteadyObservations, Window, all_steady, late_change_of, reverse_pass,
};
use crate::model::OverTime;
use crate::observe::diagnosis::Diagnosis;

/// The samples, for further passes.
pub(super) struct Source {
    pub(super) directory: PathBuf,
    pub(super) batches: Vec<Batch>,
    pub(super) labels: Labels,
    pub(super) steady_part: SteadyPart,
    pub(super) threads: rayon::ThreadPool,
}

impl Source {
    pub(super) fn observations(
        self,
        (clock, by_second): (Clock, &[usize]),
        steady_starts: Option<(i64, i64)>,
        (plan, ended_at): (&Plan, Option<i64>),
        most_in_order: Option<usize>,
    ) -> PolarsResult<Observations> {
        let origin = clock.origin;
        let window = steady_starts.map(|starts| Window::of(starts, origin, self.steady_part, plan));
        let mut tally = self.tally(clock, by_second.len(), window)?;
        let mut classes = mem::take(&mut tally.times).into_iter().map(Class::new);
        let of_label = || {
            Some(LabelTimes {
                successes: classes.next()?,
                failures: classes.next()?,
                rest: classes.next()?,
            })
        };
        let mut times: Vec<LabelTimes> = std::iter::from_fn(of_label).collect();
        let last_end = tally.labels.iter().map(|counts| counts.last_end).max();
        let window = window
            .zip(ended_at.or(last_end))
            .map(|(window, ended_at)| window.until(ended_at));
        let courses = loop {
            let courses = Courses::of(&times);
            if !self.look_up(times.iter_mut().collect())? {
                break courses;
            }
        };
        let steady_requests = courses.total.as_ref().map_or(0, Course::count);
        let blocks = (steady_requests / BLOCK_REQUESTS).clamp(LEAST_BLOCKS, MOST_BLOCKS);
        let in_steady_part = window.map(|window| {
            let settling = Settling::new(steady_requests, window, origin);
            (settling, Blocks::new(window, origin, blocks))
        });
        let requests: Vec<u64> = tally.labels.iter().map(|counts| counts.samples).collect();
        let over_time = TimesInIntervals::new(by_second.len(), &requests);
        let mut seen = Seen::new(courses, in_steady_part, over_time, most_in_order);
        let to_place = (&self.labels, clock, self.steady_part);
        self.threads.install(|| {
            reverse_pass::each_second(&self.batches, to_place, |second| {
                seen.take(&second);
            })
        })?;
        let Seen {
            courses,
            in_steady_part,
            sums,
            seconds,
            over_time,
            mut elapsed_in_order,
            ..
        } = seen;
        if let Some(backward) = &mut elapsed_in_order {
            backward.reverse();
        }
        let classes = times.iter_mut().flat_map(LabelTimes::classes_mut);
        for (class, sums) in classes.zip(sums.sums()) {
            class.sums = sums;
        }
        let steady = (window.zip(in_steady_part)).zip(courses.total.zip(all_steady(&times)));
        let steady =
            steady.map(
                |((window, (settling, blocks)), (course, times))| SteadyObservations {
                    window,
                    diagnosis: course.diagnosis(&times),
                    settled: settling.settled(),
                    late_change: late_change_of(&blocks, steady_requests, window),
                    waits: tally.answers.waits(window.to),
                },
            );
        let diagnoses = courses.labels.iter().zip(&times);
        let diagnoses: Vec<Option<Diagnosis>> = diagnoses
            .map(|(course, times)| Some(course.as_ref()?.diagnosis(&times.steady()?)))
            .collect();
        let errors = tally.errors();
        let run = i64::try_from(plan.schedule().least_end().as_nanos()).unwrap_or(i64::MAX);
        let gone = tally.gone(origin, run);
        let Tally {
            labels: tallies,
            seconds: by_tally,
            completed,
            responses,
            ..
        } = tally;
        let (response_times, heatmap) = over_time.finish(&self.labels.names);
        let started = seconds.into_iter().rev().map(|(second, times)| {
            let (requests, counts) = (by_second[second as usize], &by_tally[second as usize]);
            StartedInSecond {
                second,
                requests: requests as u64,
                errors: counts.errors,
                mean_active_users: counts.active_users as f64 / requests as f64,
                times,
            }
        });
        let started = started.collect();
        let labels = self
            .labels
            .names
            .iter()
            .zip(tallies)
            .zip(diagnoses)
            .zip(times);
        let labels = labels.map(|(((label, counts), diagnosis), times)| LabelObservations {
            label: label.clone(),
            counts,
            times,
            diagnosis,
        });
        Ok(Observations {
            errors,
            labels: labels.collect(),
            started,
            completed: completed.into_iter().collect(),
            origin,
            gone,
            steady,
            over_time: OverTime {
                response_times,
                responses: responses.over_time(),
                heatmap,
            },
            elapsed_in_order,
            source: self,
        })
    }

    fn tally(
        &self,
        clock: Clock,
        seconds: usize,
        window: Option<Window>,
    ) -> PolarsResult<Tally<'_>> {
        let nothing = || Tally::new(&self.labels, seconds, window);
        let tallies = self.on_each_thread(nothing, |tally, batch| {
            let read = batch.read(&tally::COLUMNS, &self.labels, self.steady_part)?;
            tally.add(&read, clock, window)
        })?;
        let tally = tallies.into_iter().reduce(Tally::merged);
        Ok(tally.unwrap_or_else(nothing))
    }

    /// Distributes batches over threads. Each thread has one accumulator, and the assignment of batches is random.
    fn on_each_thread<T: Send>(
        &self,
        nothing: impl Fn() -> T + Sync,
        take: impl Fn(&mut T, &Batch) -> PolarsResult<()> + Sync,
    ) -> PolarsResult<Vec<T>> {
        let next = AtomicUsize::new(0);
        let taken = self.threads.broadcast(|_| {
            let mut taken = nothing();
            while let Some(batch) = self.batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                take(&mut taken, batch)?;
            }
            PolarsResult::Ok(taken)
        });
        taken.into_iter().collect()
    }

    /// Looks up the requested times of all labels. Returns whether there were any.
    pub(super) fn look_up(&self, mut times: Vec<&mut LabelTimes>) -> PolarsResult<bool> {
        let Some(sought) = Sought::of(times.iter().flat_map(|times| times.classes())) else {
            return Ok(false);
        };
        let nothing = || Found::nothing(&sought);
        let found = self.on_each_thread(nothing, |found, batch| {
            let columns = [column::ELAPSED_NS];
            let (rows, codes) = batch.read(&columns, &self.labels, self.steady_part)?;
            for (elapsed_ns, code) in rows.response_ns()?.iter().zip(codes) {
                found.add(class_of(code), exact(*elapsed_ns));
            }
            Ok(())
        })?;
        let found = found.into_iter().reduce(Found::merged);
        let found = found.unwrap_or_else(nothing);
        found.tell(times.iter_mut().flat_map(|times| times.classes_mut()));
        Ok(true)
    }
}
