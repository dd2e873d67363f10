//! `workbench side`: one of several runs that are made at the same time, in a process of its own. Only `run` calls it.
//!
//! Each side has its own threads, open files and processor time, so that everything that a run is judged by is measured as
//! for a run by itself. The two processes talk in lines of JSON: [`Told`] on stdin, [`Said`] on stdout.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use workbench_load::{
    Live, LoadError, Processes, RunDirectory, RunOptions, Start, StopReason, StopSignal, Together,
};
use workbench_plan::Plan;
use workbench_samples::SeriesPlace;

use crate::exit::Exit;
use crate::run::{bookstore_command, quiet_goose, tool};

/// What a side is told. The end of its input stops it, as whoever talks to it is gone; a second reason to stop ends it at
/// once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Told {
    /// First of all: what to run.
    Run(Box<Order>),
    /// All sides are ready.
    Start(Start),
    Stop(StopReason),
}

/// What a side runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The experiment; relative paths in it are those of `file`.
    pub(crate) plan: String,
    pub(crate) file: PathBuf,
    /// The run's folder, which is there and empty.
    pub(crate) directory: PathBuf,
    pub(crate) place: SeriesPlace,
    pub(crate) insecure: bool,
}

/// What a side says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// Its target and its users are ready.
    Ready(Processes),
    Live(Box<Live>),
    /// It is over, and its manifest says how; why it ended early, if it did.
    Finished(Option<StopReason>),
    Failed(Failure),
}

/// Why a side could not be run, or not to its end.
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
    // Must come before Goose, which would otherwise install a handler that throws results away.
    ctrlc::set_handler(move || asked.stop(StopReason::Interrupted))
        .context("cannot handle signals")?;
    quiet_goose();
    let (start, starting) = oneshot::channel();
    let order = listen(stop.clone(), start)?;
    let plan = workbench_plan::parse(&order.plan, &order.file)?;
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let said = match runtime.block_on(load(&plan, *order, &stop, starting))? {
        Ok(()) => Said::Finished(stop.reason()),
        Err(error) => Said::Failed(Failure {
            is_interrupted: matches!(error, LoadError::Interrupted),
            is_of_samples: matches!(error, LoadError::Samples(_)),
            exit: Exit::of_load(&error),
            why: format!("{:#}", anyhow::Error::from(error)),
        }),
    };
    say(&said);
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
            say(&Said::Ready(processes));
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
            together: Some(Together { ready, start }),
            start_at: None,
            segment: None,
            stop: stop.clone(),
            observer: Box::new(|live| say(&Said::Live(Box::new(live.clone())))),
            exchanges: None,
        },
    );
    Ok(finished.await.map(|_| ()))
}

/// The first thing that is told; a thread listens to all else.
fn listen(stop: StopSignal, start: oneshot::Sender<Start>) -> anyhow::Result<Box<Order>> {
    let lines = BufReader::new(std::io::stdin()).lines();
    let mut told = lines
        .map_while(Result::ok)
        .map(|line| serde_json::from_str::<Told>(&line).context("only `workbench run` calls this"));
    let Some(Told::Run(order)) = told.next().transpose()? else {
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
        for told in told {
            match told {
                Ok(Told::Start(at)) => {
                    // A run that is over waits for nothing.
                    let _ = start.take().map(|start| start.send(at));
                }
                Ok(Told::Stop(reason)) => stop_for(reason),
                Ok(Told::Run(_)) | Err(_) => break,
            }
        }
        stop_for(StopReason::Interrupted);
    });
    Ok(order)
}

/// Nobody may listen any more; the run goes on to its end.
fn say(said: &Said) {
    if let Ok(line) = serde_json::to_string(said) {
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}
