//! Records every sample: users append to the slot of their worker, and one thread writes the slots to Parquet parts.
//!
//! There is no channel per request. A slot is locked by its worker for an append and ten times a second by the
//! collector for a swap, so that there is hardly any contention. Memory holds the samples of a part, or of four seconds
//! if these are fewer, independent of the length of the run.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use workbench_samples::{ErrorKind, Sample, SampleWriter, SamplesError};

use crate::client::{Connections, Measurement};
use crate::error::{LoadError, with_causes};
use crate::live::LiveTimes;
use crate::stop::{StopReason, StopSignal};

/// How often the slots are emptied.
const COLLECT_EVERY: Duration = Duration::from_millis(100);
/// A collector that wakes this much too late was not scheduled, nor, most likely, was the rest of the process. Our
/// choice.
const STANDSTILL: Duration = Duration::from_millis(100);
/// Most standstills that are kept.
const MOST_STANDSTILLS: usize = 10_000;
/// The live view is renewed once a second.
const COLLECTIONS_PER_VIEW: u32 = 10;
/// A part is written when this many collections, or this many samples, are at hand.
/// A killed run loses no more than that.
const COLLECTIONS_PER_PART: u32 = 40;
/// Larger parts do not compress better, and take about 200 bytes of memory per sample while they are written.
const SAMPLES_PER_PART: usize = 25_000;
// Together with one interval, this is what a killed run loses.
const _: () = assert!(COLLECT_EVERY.as_millis() * (COLLECTIONS_PER_PART as u128 + 1) <= 5_000);

/// The sample buffer of one worker.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    samples: Mutex<Vec<Sample>>,
    /// Since the last collection, as in [`Recorded`].
    sent_again: AtomicU64,
    opened: AtomicU64,
    found_closed: AtomicU64,
    closing: AtomicU64,
    longest_look_ns: AtomicU64,
}

impl Slot {
    /// Records how long the evaluation of a response took.
    pub(crate) fn looked(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.longest_look_ns.fetch_max(time, Ordering::Relaxed);
    }

    pub(crate) fn push(&self, sample: Sample) {
        self.lock().push(sample);
    }

    /// Counts a request's connections.
    pub(crate) fn count(&self, measured: &Measurement) {
        let Connections {
            opened,
            was_closed,
            closes,
        } = measured.connections;
        for (counter, number) in [
            (&self.sent_again, u64::from(measured.sent_again)),
            (&self.opened, u64::from(opened)),
            (&self.found_closed, u64::from(was_closed)),
            (&self.closing, u64::from(closes)),
        ] {
            // Most requests have nothing to count.
            if number > 0 {
                counter.fetch_add(number, Ordering::Relaxed);
            }
        }
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Sample>> {
        // A user that panicked has at worst not added its last sample.
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One slot for each worker.
pub(crate) fn slots(workers: usize) -> Arc<[Slot]> {
    (0..workers).map(|_| Slot::default()).collect()
}

/// The thread that empties the slots.
#[derive(Debug)]
pub(crate) struct Recorder {
    slots: Arc<[Slot]>,
    finish: Sender<()>,
    collector: JoinHandle<Result<(Recorded, Vec<Standstill>), SamplesError>>,
}

/// From when on, and for how long, this process did not run.
pub(crate) type Standstill = (Instant, Duration);

/// What was recorded in a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Requests made.
    pub(crate) samples: u64,
    /// Of these, how many failed, be it by the generator's own limits.
    pub(crate) errors: u64,
    /// Of these, how many failed by the generator's own limits.
    pub(crate) generator_errors: u64,
    /// Of these, how many met a connection that the server had closed, and were not sent again.
    pub(crate) stale: u64,
    /// Requests that were sent again on a new connection, successful or not.
    pub(crate) sent_again: u64,
    /// Connections that were opened.
    pub(crate) opened: u64,
    /// Requests for which a connection was opened because the server had closed the one from an earlier request.
    pub(crate) found_closed: u64,
    /// Answers after which the server kept the connection open no longer.
    pub(crate) closing: u64,
    /// Further requests, to which redirects led.
    pub(crate) redirects: u64,
    /// The longest evaluation of a response, in nanoseconds.
    pub(crate) longest_look_ns: u64,
    /// Of all, how many the service did answer.
    pub(crate) answered: u64,
    /// Requests that were given up while in flight.
    pub(crate) censored: u64,
    /// Sum of all elapsed times, in nanoseconds.
    pub(crate) elapsed_ns: u128,
}

impl Recorded {
    fn add(&mut self, sample: &Sample) {
        if sample.user == 0 {
            // An arrival that never began is no request.
            return;
        }
        self.samples += 1;
        self.errors += u64::from(sample.error.is_some());
        self.generator_errors += u64::from(sample.error == Some(ErrorKind::Generator));
        self.stale += u64::from(sample.error == Some(ErrorKind::Stale));
        self.redirects += u64::from(sample.redirects);
        self.answered += u64::from(sample.status.is_some());
        self.censored += u64::from(sample.error == Some(ErrorKind::Censored));
        self.elapsed_ns += u128::from(sample.elapsed_ns);
    }
}

impl Recorder {
    /// Starts the collector; once a second `observe` is given that second's response times, and what was recorded so far.
    ///
    /// When samples cannot be written, the run is stopped, and the error comes from [`Recorder::finish`].
    pub(crate) fn start(
        slots: Arc<[Slot]>,
        writer: SampleWriter,
        stop: StopSignal,
        observe: impl FnMut(&LiveTimes, &Recorded, &[Standstill]) + Send + 'static,
    ) -> Self {
        let (finish, finished) = channel();
        let collector = Collector {
            rooms: slots.iter().map(|_| Vec::new()).collect(),
            slots: Arc::clone(&slots),
            writer,
            pending: Vec::new(),
            times: LiveTimes::new(),
            collections: 0,
            recorded: Recorded::default(),
            standstills: Vec::new(),
        };
        let collector = std::thread::spawn(move || {
            let _unwinding = StopOnPanic(stop.clone());
            collector.run(&finished, &stop, observe)
        });
        Self {
            slots,
            finish,
            collector,
        }
    }

    /// Records the sample of a request that never began. Blocks if samples arrive faster than they are written.
    pub(crate) fn keep(&self, sample: Sample) {
        self.slots[0].push(sample);
        // A collector that has ended reports its error in `finish`.
        while self.slots[0].len() >= SAMPLES_PER_PART && !self.collector.is_finished() {
            std::thread::sleep(COLLECT_EVERY);
        }
    }

    /// Writes the rest, after all users have left.
    pub(crate) fn finish(self) -> Result<(Recorded, Vec<Standstill>), LoadError> {
        // The collector drops its receiver only after an error, which it returns.
        let _ = self.finish.send(());
        match self.collector.join() {
            Ok(recorded) => Ok(recorded?),
            Err(panic) => Err(LoadError::Collector(panic_message(panic.as_ref()))),
        }
    }
}

/// The message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let message = text.or_else(|| panic.downcast_ref::<&str>().copied());
    message.unwrap_or("it said nothing").to_owned()
}

/// Stops the run if the collector panics, since samples would fill the memory.
struct StopOnPanic(StopSignal);

impl Drop for StopOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let why = "the collector of samples failed".to_owned();
            self.0.stop(StopReason::SamplesNotWritten(why));
        }
    }
}

struct Collector {
    slots: Arc<[Slot]>,
    /// The empty buffer that each slot gets next.
    rooms: Vec<Vec<Sample>>,
    writer: SampleWriter,
    /// Collected and not yet written.
    pending: Vec<Sample>,
    /// Of the samples since the live view was renewed.
    times: LiveTimes,
    /// Since the last part.
    collections: u32,
    recorded: Recorded,
    standstills: Vec<Standstill>,
}

impl Collector {
    fn run(
        mut self,
        finished: &Receiver<()>,
        stop: &StopSignal,
        mut observe: impl FnMut(&LiveTimes, &Recorded, &[Standstill]),
    ) -> Result<(Recorded, Vec<Standstill>), SamplesError> {
        let mut next = Instant::now() + COLLECT_EVERY;
        let mut until_view = COLLECTIONS_PER_VIEW;
        let mut failed = false;
        loop {
            let wait = next.saturating_duration_since(Instant::now());
            let running = finished.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
            let late = Instant::now().saturating_duration_since(next);
            if late >= STANDSTILL && self.standstills.len() < MOST_STANDSTILLS {
                self.standstills.push((next, late));
            }
            self.collect();
            until_view -= 1;
            if until_view == 0 || !running {
                observe(&self.times, &self.recorded, &self.standstills);
                self.times.clear();
                until_view = COLLECTIONS_PER_VIEW;
            }
            if !running {
                // Also the last attempt to write samples that could not be written before.
                self.write()?;
                return Ok((self.recorded, self.standstills));
            }
            // After a slow write, missed collections are skipped.
            next = (next + COLLECT_EVERY).max(Instant::now());
            let due =
                self.collections >= COLLECTIONS_PER_PART || self.pending.len() >= SAMPLES_PER_PART;
            if due
                && !failed
                && let Err(error) = self.write()
            {
                failed = true;
                stop.stop(StopReason::SamplesNotWritten(with_causes(&error)));
            }
        }
    }

    /// Writes the pending samples: usually one part, or several after a slow write.
    fn write(&mut self) -> Result<(), SamplesError> {
        let parts = (self.pending.len() / SAMPLES_PER_PART).max(1);
        let samples_each = self.pending.len().div_ceil(parts).max(1);
        let mut written = 0;
        let result = self.pending.chunks(samples_each).try_for_each(|part| {
            self.writer.write_part(part)?;
            written += part.len();
            Ok(())
        });
        self.pending.drain(..written);
        self.pending.shrink_to(2 * SAMPLES_PER_PART);
        if result.is_ok() {
            self.collections = 0;
        }
        result
    }

    fn collect(&mut self) {
        self.collections += 1;
        for (slot, room) in self.slots.iter().zip(&mut self.rooms) {
            // The swapped buffer has room for about as many samples, so that users rarely allocate.
            std::mem::swap(&mut *slot.lock(), room);
            let recorded = &mut self.recorded;
            recorded.sent_again += slot.sent_again.swap(0, Ordering::Relaxed);
            recorded.opened += slot.opened.swap(0, Ordering::Relaxed);
            recorded.found_closed += slot.found_closed.swap(0, Ordering::Relaxed);
            recorded.closing += slot.closing.swap(0, Ordering::Relaxed);
            let look = slot.longest_look_ns.swap(0, Ordering::Relaxed);
            recorded.longest_look_ns = recorded.longest_look_ns.max(look);
            for sample in room.iter() {
                self.recorded.add(sample);
                self.times.add(sample.response_ns());
            }
            room.shrink_to(2 * room.len());
            self.pending.append(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_samples::{Labels, Phase};

    fn sample(user: u32) -> Sample {
        Sample {
            intended_at: 0,
            started_at: 0,
            elapsed_ns: 1_000,
            latency_ns: 900,
            connect_ns: 0,
            bytes_sent: 1,
            bytes_received: 1,
            status: Some(200),
            error: None,
            request: 0,
            scenario: 0,
            user,
            iteration: 1,
            active_users: 1,
            phase: Phase::Hold,
            redirects: 0,
        }
    }

    #[test]
    fn every_sample_of_every_user_is_written_when_the_run_ends() {
        let folder = tempfile::tempdir().unwrap();
        let labels = Labels {
            requests: vec!["GET /".into()],
            scenarios: vec!["one".into()],
        };
        let writer = SampleWriter::create(folder.path(), labels).unwrap();
        let slots = slots(3);
        let recorder = Recorder::start(Arc::clone(&slots), writer, StopSignal::new(), |_, _, _| {});
        let users: Vec<_> = (1..=3)
            .map(|user| {
                let slots = Arc::clone(&slots);
                std::thread::spawn(move || {
                    for _ in 0..10_000 {
                        slots[user - 1].push(sample(u32::try_from(user).unwrap()));
                    }
                })
            })
            .collect();
        for user in users {
            user.join().unwrap();
        }
        let (recorded, _) = recorder.finish().unwrap();
        assert_eq!(recorded.samples, 30_000);
        assert_eq!(recorded.answered, 30_000);
        assert_eq!(recorded.errors, 0);
        let batches = workbench_samples::sample_batches(folder.path()).unwrap();
        let stored = batches.iter().map(|batch| {
            let frame = batch.read(&[workbench_samples::column::USER]).unwrap();
            frame.height()
        });
        assert_eq!(stored.sum::<usize>(), 30_000);
    }
}
