//! Watches, once a second and on a thread of its own, what a run uses: `resources.parquet`.
//!
//! `sources` finds the processes that are watched; `process`, `machine` and `sockets` read the kernel's counters; `rates` makes
//! rows of two such looks; `scrape` asks Prometheus endpoints, whose text `prometheus` reads. `processors` is what the
//! run's validity is judged by.

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
use rates::Look;
use scrape::{Answer, Endpoints};
use sockets::Sockets;
pub(crate) use sources::{Beside, Sources};

const EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether the schedule has a start.
const BEGUN_EVERY: Duration = Duration::from_millis(20);
/// The last look is left out where it follows the one before so soon: time is counted in ticks of 10 ms.
const SHORTEST_LAST: Duration = Duration::from_millis(250);
/// A part is written after so many looks, or when there are so many rows: a killed run loses no more than that.
const LOOKS_PER_PART: u32 = 4;
const ROWS_PER_PART: usize = 20_000;

/// The thread that watches a run; dropped, it ends by itself.
#[derive(Debug)]
pub(crate) struct Watch {
    finish: oneshot::Sender<()>,
    thread: JoinHandle<Watched>,
}

/// What was seen over a run.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Who used the processors, look by look.
    pub(crate) processors: Vec<Processors>,
    /// What could not be seen.
    pub(crate) checks: Vec<Check>,
    /// Makes one file of what is in the run's folder; or why not all of it is. `None` after a failure of another kind.
    pub(crate) writer: Option<Result<ResourceWriter, SamplesError>>,
}

impl Watch {
    /// Begins to watch when the schedule begins; `begun` has its clock from then on.
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
                // Users go first where there are too few processors. On Linux this is of the thread alone.
                #[cfg(target_os = "linux")]
                let _ = rustix::process::nice(5);
                runtime.block_on(watcher.watch(begun, finished))
            })?;
        Ok(Self { finish, thread })
    }

    /// Looks a last time and writes what is left.
    pub(crate) fn finish(self) -> Watched {
        // It waits for this, unless it has panicked.
        let _ = self.finish.send(());
        self.thread.join().unwrap_or_else(|_| Watched {
            processors: Vec::new(),
            checks: vec![not_stored("the thread that watches failed")],
            writer: None,
        })
    }
}

/// A run without all of its readings is none the worse for what it is made for.
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
    /// Looks at which nothing was found of what the experiment names.
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
                answers = self.endpoints.ask() => self.keep(answers, &clock),
            }
            self.looks += 1;
            if self.looks >= LOOKS_PER_PART || self.pending.len() >= ROWS_PER_PART {
                self.write();
            }
        }
    }

    fn look(&mut self) -> Option<Look> {
        let (members, missing) = self.sources.find();
        for (process, looks) in &mut self.missed {
            *looks += u32::from(missing.contains(&&*process));
        }
        Look::now(members, &mut self.sockets)
    }

    /// At the last look users have closed their connections, and nothing shows any more what was sent through these.
    fn note(&mut self, before: &Look, now: &Look, clock: &Clock, is_last: bool) {
        let Some((processors, rows)) = rates::between(before, now) else {
            return;
        };
        // All that there is of a short run is better than nothing.
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

    fn keep(&mut self, answers: Vec<Answer>, clock: &Clock) {
        for answer in answers {
            let at = clock.utc_ns(answer.at);
            let rows = answer.samples.into_iter().map(|(metric, value)| Resource {
                at,
                source: answer.url.clone(),
                metric,
                value,
            });
            self.pending.extend(rows);
        }
    }

    /// After an error nothing more is written; the run goes on, and says it in the end.
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

/// Processor time as the kernel counts it.
fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / rustix::param::clock_ticks_per_second() as f64)
}
