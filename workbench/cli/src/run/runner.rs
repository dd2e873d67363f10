//! The runner of a command: runtime, stop signal and live page.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::runtime::Runtime;
use workbench_load::{
    BookstoreCommand, FinishedRun, LoadError, RunDirectory, RunOptions, StopReason, StopSignal,
};
use workbench_plan::Plan;
use workbench_report::REPORT_FILE;
use workbench_samples::{SeriesPlace, Tool};

use super::Part;
use crate::exit::Exit;
use crate::live::InSeries;
use crate::live::page::{Feed, Server};
use crate::storage::{Folders, Upload};
use crate::{outcome, progress, terminal};

/// State that all runs of a command share.
pub(crate) struct Runner {
    pub(crate) results: PathBuf,
    pub(crate) insecure: bool,
    pub(crate) stop: StopSignal,
    pub(crate) runtime: Runtime,
    pub(crate) copied: Folders,
    /// The server of the live page, if requested.
    pub(super) live: Option<Server>,
}

impl Runner {
    /// Must be called only once: it installs the Ctrl-C handler.
    pub(crate) fn start(results: &Path, insecure: bool) -> anyhow::Result<Self> {
        let stop = StopSignal::new();
        handle_ctrl_c(stop.clone())?;
        quiet_goose();
        Ok(Self {
            results: results.to_owned(),
            insecure,
            stop,
            runtime: Runtime::new().context("cannot start the runtime")?,
            copied: Folders::default(),
            live: None,
        })
    }

    /// Copies the folders of all runs to object storage.
    pub(super) fn copied_by(mut self, upload: &Upload) -> Self {
        self.copied = upload.folders();
        self
    }

    /// Links the report in a folder on the live page, if both exist.
    pub(crate) fn show_report(&self, name: &str, directory: &Path) {
        let report = directory.join(REPORT_FILE);
        if let Some(live) = &self.live
            && report.is_file()
        {
            live.feed().report(name, &report);
        }
    }

    /// The live page, if requested.
    pub(crate) fn live_page(&self) -> Option<Feed> {
        self.live.as_ref().map(Server::feed)
    }

    /// Makes one run, with its progress. The outer error is one of this command, the inner one that of the run.
    pub(crate) fn load(
        &self,
        plan: &Plan,
        directory: RunDirectory,
        series: Option<(SeriesPlace, InSeries)>,
        part: Part,
    ) -> anyhow::Result<Result<FinishedRun, LoadError>> {
        let (place, shown) = series.unzip();
        let progress = progress::start(plan, shown, part, self.live_page());
        let path = directory.path().to_owned();
        self.copied.add(&path);
        let finished = self.runtime.block_on(workbench_load::run(
            plan,
            RunOptions {
                directory,
                series: place,
                bookstore: bookstore_command()?,
                tool: tool(),
                insecure: self.insecure,
                together: None,
                start_at: part.start_at,
                segment: part.segment,
                stop: self.stop.clone(),
                observer: progress.observer(),
                exchanges: None,
            },
        ));
        progress.finish();
        if let Err(error) = &finished {
            remains(matches!(error, LoadError::Samples(_)), &path);
        }
        Ok(finished)
    }

    /// The exit code of an interruption, if there was one.
    pub(crate) fn stopped(&self) -> Exit {
        match self.stop.reason() {
            Some(StopReason::Interrupted) => Exit::Interrupted,
            Some(StopReason::TargetEnded(_)) => Exit::TargetUnavailable,
            Some(
                StopReason::SamplesNotWritten(_)
                | StopReason::DataNotRead(_)
                | StopReason::OtherEnded(_),
            ) => Exit::Failure,
            None => Exit::Pass,
        }
    }
}

/// Prints what is left of a run that could not be finished.
pub(crate) fn remains(is_of_samples: bool, directory: &Path) {
    let path = directory.display();
    let samples = directory.join(workbench_samples::SAMPLES_FOLDER);
    if workbench_samples::sample_batches(&samples).is_ok_and(|parts| !parts.is_empty()) {
        outcome::note(&format!(
            "what was written before is in {path}; `workbench analyze {path}` reports on it"
        ));
    } else if directory.is_dir() {
        outcome::note(&format!(
            "no samples were written; {path} holds the rest of the run"
        ));
    } else if is_of_samples {
        outcome::note(&format!(
            "nothing is left of the run: its folder {path} is gone"
        ));
    }
}

/// The command that starts this program as the bookstore.
pub(crate) fn bookstore_command() -> anyhow::Result<BookstoreCommand> {
    Ok(BookstoreCommand {
        program: std::env::current_exe().context("cannot find this program's own file")?,
        arguments: vec!["bookstore".into()],
    })
}

/// This program, as manifests name it.
pub(crate) fn tool() -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("WORKBENCH_COMMIT").map(str::to_owned),
    }
}

/// Signals within this time are one: `timeout` sends it to the process and then to its group.
const ONE_SIGNAL: Duration = Duration::from_millis(100);

/// Must be installed before Goose, whose own handler would discard results.
fn handle_ctrl_c(stop: StopSignal) -> anyhow::Result<()> {
    let first = OnceLock::new();
    ctrlc::set_handler(move || {
        let is_first = first.set(Instant::now()).is_ok();
        let since_first = first.get().map_or(Duration::ZERO, Instant::elapsed);
        // Only the first Ctrl-C stops the run gracefully.
        if !is_first {
            if since_first < ONE_SIGNAL {
                return;
            }
            terminal::unpin();
            outcome::note("\nstopped at once; what was not yet written, the last seconds, is lost");
            terminal::drain();
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        stop.stop(StopReason::Interrupted);
        outcome::note(
            "\nstopping: requests in flight may finish, then the report is written (Ctrl-C again leaves at once)",
        );
    })
    .context("cannot handle Ctrl-C")
}

/// Installs a logger, because Goose would otherwise log to stdout; `WORKBENCH_LOG` shows its messages on stderr.
pub(crate) fn quiet_goose() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WORKBENCH_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| terminal::Lines)
        .init();
}
