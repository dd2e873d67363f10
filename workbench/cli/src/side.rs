//! `workbench side`: one of several simultaneous runs, in its own process. Only `run` calls it.
//!
//! Each side has its own threads, open files and processor time, so that its validity checks are those of a single run.
//! The two processes exchange lines of JSON: [`ToSide`] on stdin, [`FromSide`] on stdout.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use workbench_load::{
    Live, LoadError, Processes, RunDirectory, RunOptions, SimultaneousStart, Start, StopReason,
    StopSignal,
};
use workbench_plan::Plan;
use workbench_samples::SeriesPlace;

use crate::exit::Exit;
use crate::run::{bookstore_command, quiet_goose, tool};

/// Messages to a side. The end of its input stops it, because its parent has ended. A second stop ends it at once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToSide {
    /// The first message: the run to make.
    Run(Box<Order>),
    /// All sides are ready.
    Start(Start),
    Stop(StopReason),
}

/// The run of a side.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The experiment; relative paths in it are those of `file`.
    pub(crate) plan: String,
    pub(crate) file: PathBuf,
    /// The run's folder, which exists and is empty.
    pub(crate) directory: PathBuf,
    pub(crate) place: SeriesPlace,
    pub(crate) insecure: bool,
}

/// Messages of a side.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromSide {
    /// Its target and its users are ready.
    Ready(Processes),
    Live(Box<Live>),
    /// The run has ended, with the outcome in its manifest; with the reason of an early end, if any.
    Finished(Option<StopReason>),
    Failed(Failure),
}

/// Why a side could not be made or completed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) why: String,
    pub(crate) exit: Exit,
    /// It was stopped before its first request.
    pub(crate) is_interrupted: bool,
    /// Samples could not be written.
    pub(crate) is_of_samples: bool,
}

impl Failure {
    /// What was given cannot be used, whatever the target does.
    pub(crate) fn of_input(why: String) -> Self {
        Self {
            why,
            exit: Exit::InvalidExperiment,
            is_interrupted: false,
            is_of_samples: false,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Failure {}

pub(crate) fn run() -> anyhow::Result<Exit> {
    let stop = StopSignal::new();
    let asked = stop.clone();
    // Must be installed before Goose, whose own handler would discard results.
    ctrlc::set_handler(move || asked.stop(StopReason::Interrupted))
        .context("cannot handle signals")?;
    quiet_goose();
    let (start, starting) = oneshot::channel();
    let order = listen(stop.clone(), start)?;
    let plan = workbench_plan::parse(&order.plan, &order.file)?;
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let message = match runtime.block_on(load(&plan, *order, &stop, starting))? {
        Ok(()) => FromSide::Finished(stop.reason()),
        Err(error) => FromSide::Failed(Failure {
            is_interrupted: matches!(error, LoadError::Interrupted),
            is_of_samples: matches!(error, LoadError::Samples(_)),
            exit: Exit::of_load(&error),
            why: format!("{:#}", anyhow::Error::from(error)),
        }),
    };
    send(&message);
    Ok(Exit::Pass)
}

async fn load(
    plan: &Plan,
    order: Order,
    stop: &StopSignal,
    start: oneshot::Receiver<Start>,
) -> anyhow::Result<Result<(), LoadError>> {
    let (ready, is_ready) = oneshot::channel();
    tokio::spawn(async {
        if let Ok(processes) = is_ready.await {
            send(&FromSide::Ready(processes));
        }
    });
    let finished = workbench_load::run(
        plan,
        RunOptions {
            directory: RunDirectory::made(order.directory),
            series: Some(order.place),
            bookstore: bookstore_command()?,
            tool: tool(),
            insecure: order.insecure,
            together: Some(SimultaneousStart { ready, start }),
            start_at: None,
            segment: None,
            stop: stop.clone(),
            observer: Box::new(|live| send(&FromSide::Live(Box::new(live.clone())))),
            exchanges: None,
        },
    );
    Ok(finished.await.map(|_| ()))
}

/// Reads the first message; a thread reads all later ones.
fn listen(stop: StopSignal, start: oneshot::Sender<Start>) -> anyhow::Result<Box<Order>> {
    let lines = BufReader::new(std::io::stdin()).lines();
    let mut messages = lines.map_while(Result::ok).map(|line| {
        serde_json::from_str::<ToSide>(&line).context("only `workbench run` calls this")
    });
    let Some(ToSide::Run(order)) = messages.next().transpose()? else {
        anyhow::bail!("only `workbench run` calls this");
    };
    let mut start = Some(start);
    std::thread::spawn(move || {
        let stop_for = |reason| {
            if stop.is_stopped() {
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            stop.stop(reason);
        };
        for message in messages {
            match message {
                Ok(ToSide::Start(at)) => {
                    // A finished run no longer waits for the start.
                    let _ = start.take().map(|start| start.send(at));
                }
                Ok(ToSide::Stop(reason)) => stop_for(reason),
                Ok(ToSide::Run(_)) | Err(_) => break,
            }
        }
        stop_for(StopReason::Interrupted);
    });
    Ok(order)
}

/// Errors are ignored: without a parent the run continues to its end.
fn send(message: &FromSide) {
    if let Ok(line) = serde_json::to_string(message) {
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}
