//! Records the resources that a run uses, once a second and in its own thread: `resources.parquet`.
//!
//! `sources` finds the monitored processes; `process`, `machine` and `sockets` read the kernel's counters; `rates`
//! computes rows from two snapshots; `scrape` reads Prometheus endpoints, whose text `prometheus` parses. `processors`
//! holds the values for the validity checks.

mod machine;
mod process;
mod processors;
mod prometheus;
mod rates;
mod scrape;
mod sockets;
mod sources;

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};
use workbench_plan::{Monitor, WatchedProcess};
use workbench_samples::{Check, CheckStatus, Resource, ResourceWriter, SamplesError};

use crate::clock::Clock;
pub(crate) use processors::{Processors, available};
use rates::Snapshot;
use scrape::{Endpoints, Scrape};
use sockets::Sockets;
pub(crate) use sources::{Beside, Sources};

const EVERY: Duration = Duration::from_secs(1);
/// Interval at which the start of the schedule is checked.
const BEGUN_EVERY: Duration = Duration::from_millis(20);
/// The last snapshot is left out if it follows the one before within this time, because processor time is counted in
/// ticks of 10 ms.
const SHORTEST_LAST: Duration = Duration::from_millis(250);
/// A part is written after this many snapshots or rows. A killed run loses no more than that.
const SNAPSHOTS_PER_PART: u32 = 4;
const ROWS_PER_PART: usize = 20_000;

/// The monitoring thread. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    finish: oneshot::Sender<()>,
    thread: JoinHandle<Watched>,
}

/// The result of monitoring a run.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Use of the processors, snapshot by snapshot.
    pub(crate) processors: Vec<Processors>,
    /// Warnings on values that could not be read.
    pub(crate) checks: Vec<Check>,
    /// The writer that merges the parts in the run's folder, or its error. `None` after another failure.
    pub(crate) writer: Option<Result<ResourceWriter, SamplesError>>,
}

impl Watch {
    /// Starts monitoring when the schedule starts; `begun` returns its clock from then on.
    pub(crate) fn start(
        sources: Sources,
        monitor: &Monitor,
        directory: &Path,
        begun: impl Fn() -> Option<Clock> + Send + 'static,
    ) -> Result<Self, std::io::Error> {
        let (finish, finished) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let watcher = Watcher {
            missed: sources.others().iter().map(|it| (it.clone(), 0)).collect(),
            sources,
            sockets: Sockets::new(),
            endpoints: Endpoints::new(&monitor.prometheus),
            writer: Ok(ResourceWriter::new(directory)),
            pending: Vec::new(),
            looks: 0,
            processors: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                // Users have priority if there are too few processors. On Linux, niceness is per thread.
                #[cfg(target_os = "linux")]
                let _ = rustix::process::nice(5);
                runtime.block_on(watcher.watch(begun, finished))
            })?;
        Ok(Self { finish, thread })
    }

    /// Takes a last snapshot and writes the rest.
    pub(crate) fn finish(self) -> Watched {
        // The thread waits for this, unless it has panicked.
        let _ = self.finish.send(());
        self.thread.join().unwrap_or_else(|_| Watched {
            processors: Vec::new(),
            checks: vec![not_stored("the thread that watches failed")],
            writer: None,
        })
    }
}

/// A warning: missing resource readings do not affect the samples.
pub(crate) fn not_stored(why: &str) -> Check {
    Check {
        name: "monitor".to_owned(),
        status: CheckStatus::Warning,
        finding: format!("not all readings of who used what are stored: {why}"),
    }
}

struct Watcher {
    sources: Sources,
    sockets: Sockets,
    endpoints: Endpoints,
    writer: Result<ResourceWriter, SamplesError>,
    pending: Vec<Resource>,
    looks: u32,
    processors: Vec<Processors>,
    /// Number of snapshots in which a named process was not found.
    missed: Vec<(WatchedProcess, u32)>,
}

impl Watcher {
    async fn watch(
        mut self,
        begun: impl Fn() -> Option<Clock>,
        mut finished: oneshot::Receiver<()>,
    ) -> Watched {
        let mut waiting = interval(BEGUN_EVERY);
        let clock = loop {
            if let Some(clock) = begun() {
                break clock;
            }
            tokio::select! {
                _ = &mut finished => return self.end(),
                _ = waiting.tick() => {}
            }
        };
        let mut before = self.look();
        let mut seconds = interval_at(Instant::from_std(clock.start()) + EVERY, EVERY);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut over = false;
        loop {
            if !over {
                tokio::select! {
                    _ = &mut finished => over = true,
                    _ = seconds.tick() => {}
                }
            }
            let now = self.look();
            if let (Some(before), Some(now)) = (&before, &now) {
                let length = now.at() - before.at();
                if !over || length >= SHORTEST_LAST || self.processors.is_empty() {
                    self.note(before, now, &clock, over);
                }
            }
            if over {
                return self.end();
            }
            before = now;
            tokio::select! {
                _ = &mut finished => over = true,
                scrapes = self.endpoints.ask() => self.keep(scrapes, &clock),
            }
            self.looks += 1;
            if self.looks >= SNAPSHOTS_PER_PART || self.pending.len() >= ROWS_PER_PART {
                self.write();
            }
        }
    }

    fn look(&mut self) -> Option<Snapshot> {
        let (members, missing) = self.sources.find();
        for (process, looks) in &mut self.missed {
            *looks += u32::from(missing.contains(&&*process));
        }
        Snapshot::now(members, &mut self.sockets)
    }

    /// At the last snapshot users have closed their connections, so that their bytes are no longer counted.
    fn note(&mut self, before: &Snapshot, now: &Snapshot, clock: &Clock, is_last: bool) {
        let Some((processors, rows)) = rates::between(before, now) else {
            return;
        };
        // A short run's only reading is kept.
        let is_last = is_last && !self.processors.is_empty();
        self.processors.push(processors);
        let at = clock.utc_ns(now.at());
        let is_known = |source: &str, metric: &str| {
            !is_last || metric != "bytes_out_per_s" || source.starts_with("machine")
        };
        let rows = rows
            .into_iter()
            .filter(|(source, metric, _)| is_known(source, metric));
        let rows = rows.map(|(source, metric, value)| Resource {
            at,
            source,
            metric: metric.to_owned(),
            value,
        });
        self.pending.extend(rows);
    }

    fn keep(&mut self, scrapes: Vec<Scrape>, clock: &Clock) {
        for scrape in scrapes {
            let at = clock.utc_ns(scrape.at);
            let rows = scrape.samples.into_iter().map(|(metric, value)| Resource {
                at,
                source: scrape.url.clone(),
                metric,
                value,
            });
            self.pending.extend(rows);
        }
    }

    /// After an error nothing more is written. The run continues, and reports the error at its end.
    fn write(&mut self) {
        if let Ok(writer) = &mut self.writer
            && let Err(error) = writer.write_part(&self.pending)
        {
            self.writer = Err(error);
        }
        self.pending.clear();
        self.looks = 0;
    }

    fn end(mut self) -> Watched {
        self.write();
        let gone = self.missed.iter().filter(|(_, looks)| *looks > 0);
        let gone = gone.map(|(process, looks)| Check {
            name: "monitor".to_owned(),
            status: CheckStatus::Warning,
            finding: format!("{process} was not there at {looks} looks, one a second"),
        });
        Watched {
            checks: gone.chain(self.endpoints.checks()).collect(),
            processors: self.processors,
            writer: Some(self.writer),
        }
    }
}

/// Converts the kernel's clock ticks.
fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / rustix::param::clock_ticks_per_second() as f64)
}
