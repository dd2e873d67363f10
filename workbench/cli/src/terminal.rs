//! The thread that writes to stderr: a terminal that takes nothing (Ctrl-S), or a pipe that nobody reads, holds up nobody
//! else.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How long the end of the command waits for a terminal that takes nothing. Ours.
const PATIENCE: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Jobs {
    /// Done in order, every one of them.
    queue: VecDeque<Job>,
    /// Done when the queue is empty, unless a newer one has taken its place.
    latest: Option<Job>,
    /// One is being done.
    busy: bool,
}

struct Terminal {
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

impl Terminal {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let mut jobs = self.lock();
            let job = loop {
                let next = jobs.queue.pop_front();
                if let Some(job) = next.or_else(|| jobs.latest.take()) {
                    break job;
                }
                jobs = self.wait(jobs);
            };
            jobs.busy = true;
            drop(jobs);
            job();
            self.lock().busy = false;
            self.changed.notify_all();
        }
    }

    fn wait<'a>(&self, jobs: MutexGuard<'a, Jobs>) -> MutexGuard<'a, Jobs> {
        self.changed
            .wait(jobs)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The terminal, whose thread starts with the first job.
fn terminal() -> &'static Terminal {
    static TERMINAL: OnceLock<&'static Terminal> = OnceLock::new();
    TERMINAL.get_or_init(|| {
        let terminal: &'static Terminal = Box::leak(Box::new(Terminal {
            jobs: Mutex::default(),
            changed: Condvar::new(),
        }));
        std::thread::spawn(|| terminal.work());
        terminal
    })
}

/// Has the thread do this after everything before it.
pub(crate) fn queue(job: impl FnOnce() + Send + 'static) {
    let terminal = terminal();
    terminal.lock().queue.push_back(Box::new(job));
    terminal.changed.notify_all();
}

/// Has the thread do this when it has nothing else to do; what was to be shown before and was not yet is left out.
pub(crate) fn show(job: impl FnOnce() + Send + 'static) {
    let terminal = terminal();
    terminal.lock().latest = Some(Box::new(job));
    terminal.changed.notify_all();
}

/// Waits until everything is written, but not for long: a terminal may take nothing ever again.
pub(crate) fn drain() {
    let terminal = terminal();
    let waiting = |jobs: &mut Jobs| jobs.busy || !jobs.queue.is_empty() || jobs.latest.is_some();
    let jobs = terminal.lock();
    let _ = terminal.changed.wait_timeout_while(jobs, PATIENCE, waiting);
}

/// Writes to stderr: for jobs. A reader that has gone must not end a run.
pub(crate) fn write(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// For those who write lines themselves.
pub(crate) struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        queue(move || write(&text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
