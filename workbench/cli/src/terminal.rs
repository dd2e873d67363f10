//! The thread that writes to stderr. A blocked terminal (Ctrl-S) or pipe blocks no other thread.
//!
//! Lines can be pinned below all other output. This uses neither the alternate screen nor raw mode, so that nothing has
//! to be restored when the process ends.

mod pinned;

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How long the end of the command waits for a blocked terminal. Our choice.
const PATIENCE: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Jobs {
    /// Jobs that are all done in order.
    queue: VecDeque<Job>,
    /// Done when the queue is empty. A newer one replaces it.
    latest: Option<Job>,
    /// A job is being done.
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
        let thread = std::thread::Builder::new().name("terminal".to_owned());
        // Without a thread nothing is shown.
        let _ = thread.spawn(|| terminal.work());
        terminal
    })
}

/// Adds a job to the queue.
pub(crate) fn queue(job: impl FnOnce() + Send + 'static) {
    let terminal = terminal();
    terminal.lock().queue.push_back(Box::new(job));
    terminal.changed.notify_all();
}

/// Sets the job that is done when the queue is empty. It replaces an earlier one that was not done yet.
pub(crate) fn show(job: impl FnOnce() + Send + 'static) {
    let terminal = terminal();
    terminal.lock().latest = Some(Box::new(job));
    terminal.changed.notify_all();
}

/// Waits until everything is written, at most [`PATIENCE`]: a terminal may stay blocked.
pub(crate) fn drain() {
    let terminal = terminal();
    let waiting = |jobs: &mut Jobs| jobs.busy || !jobs.queue.is_empty() || jobs.latest.is_some();
    let jobs = terminal.lock();
    let _ = terminal.changed.wait_timeout_while(jobs, PATIENCE, waiting);
}

/// Writes whole lines to stderr, above those that are pinned: for jobs.
pub(crate) fn write(text: &str) {
    pinned::write(text);
}

/// Replaces the pinned lines, which have to fit into the terminal's width: for jobs.
pub(crate) fn pin(lines: Vec<String>) {
    pinned::replace(lines);
}

/// The same with one line, of which is shown what fits: for jobs.
pub(crate) fn pin_one(line: &str) {
    let columns = usize::from(console::Term::stderr().size().1).saturating_sub(1);
    pin(vec![console::truncate_str(line, columns, "").into_owned()]);
}

/// Whether the terminal supports cursor movement, and plain text was not requested.
pub(crate) fn can_pin() -> bool {
    let is_given = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
    std::io::stderr().is_terminal() && !is_dumb && !is_given("NO_COLOR")
}

/// Removes the pinned lines after everything before was written.
pub(crate) fn unpin() {
    let terminal = terminal();
    let mut jobs = terminal.lock();
    jobs.latest = None;
    jobs.queue
        .push_back(Box::new(|| pinned::replace(Vec::new())));
    drop(jobs);
    terminal.changed.notify_all();
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
