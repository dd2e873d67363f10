//! Watches and ends the bookstore's process.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::stop::{StopReason, StopSignal};

/// How long the bookstore may take to finish its requests, remove its databases and exit.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How many of its last lines are shown when it fails.
const LAST_LINES: usize = 5;

/// The bookstore's process, watched by a task.
#[derive(Debug)]
pub(super) struct Bookstore {
    /// Number of the process; `None` where it has ended already.
    pub(super) process: Option<u32>,
    pub(super) finish: oneshot::Sender<()>,
    pub(super) watcher: JoinHandle<()>,
}

/// Waits beside the run for the bookstore to end.
pub(super) struct Watcher {
    /// Name of the replica.
    pub(super) name: String,
    pub(super) child: Child,
    pub(super) stdin: Option<ChildStdin>,
    /// Kept open, so that the bookstore can write to it.
    pub(super) stdout: BufReader<ChildStdout>,
    pub(super) log: PathBuf,
    pub(super) stop: StopSignal,
}

impl Watcher {
    /// Waits for the bookstore to end: by itself, which ends the run, or after `finished`.
    pub(super) async fn watch(mut self, finished: oneshot::Receiver<()>) {
        tokio::select! {
            status = self.child.wait() => {
                let status = status.as_ref().map_or_else(ToString::to_string, ExitStatus::to_string);
                self.stop.stop(StopReason::TargetEnded(format!(
                    "{} ended during the run ({status}): {}",
                    self.name,
                    log_tail(&self.log)
                )));
            }
            _ = finished => {
                shut_down(&mut self.child, self.stdin.take()).await;
            }
        }
        drop(self.stdout);
    }
}

/// Closes the bookstore's stdin, on which it exits. Kills it after [`STOP_LIMIT`].
pub(super) async fn shut_down(child: &mut Child, stdin: Option<ChildStdin>) {
    drop(stdin);
    if tokio::time::timeout(STOP_LIMIT, child.wait())
        .await
        .is_err()
    {
        // An error means that it has already ended.
        let _ = child.kill().await;
    }
}

/// The last lines of the bookstore's log, without its administrator's password, because the text appears in reports.
pub(super) fn log_tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let is_shown = |line: &&str| !line.is_empty() && !line.contains("password");
    let lines: Vec<&str> = text.lines().filter(is_shown).collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    if last.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("it said\n  {}", last.join("\n  "))
    }
}
