//! When to stop: a signal, or the end of standard input for a child that must not outlive its
//! parent.

use std::io::Read;

use anyhow::Context;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

/// Signals are listened to from here on, so that none is missed while the services start.
pub(crate) struct StopRequest {
    interrupt: Signal,
    terminate: Signal,
    stdin_ended: Option<oneshot::Receiver<()>>,
}

impl StopRequest {
    pub(crate) fn listen(exit_with_stdin: bool) -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("cannot listen to SIGINT")?,
            terminate: signal(SignalKind::terminate()).context("cannot listen to SIGTERM")?,
            stdin_ended: exit_with_stdin.then(watch_stdin),
        })
    }

    /// Waits until someone wants the process to stop, or wants it again.
    pub(crate) async fn wait(&mut self) {
        let stdin_ended = async {
            match &mut self.stdin_ended {
                // A watcher that is gone has seen the end.
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => tracing::info!("interrupted"),
            _ = self.terminate.recv() => tracing::info!("asked to terminate"),
            () = stdin_ended => {
                tracing::info!("standard input ended");
                // Which it does once.
                self.stdin_ended = None;
            }
        }
    }
}

/// Reads standard input to its end. A plain thread: tokio's would hold up the end of the process
/// while the read is waiting.
fn watch_stdin() -> oneshot::Receiver<()> {
    let (sender, ended) = oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        let mut stdin = std::io::stdin().lock();
        loop {
            match stdin.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Nobody listens any more when the process is ending anyway.
        let _ = sender.send(());
    });
    ended
}
