//! Errors of runs.

use std::path::PathBuf;

/// Why a run could not be made, or could not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The results folder cannot be written.
    #[error("cannot write results to {}", path.display())]
    Results {
        /// Folder or file that was to be written.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A segment that was made, or is being made.
    #[error("{} exists: a segment is made once; give the run another --run-id, or another --start-at", path.display())]
    SegmentExists {
        /// Its folder.
        path: PathBuf,
    },
    /// Samples or the manifest cannot be written.
    #[error(transparent)]
    Samples(#[from] workbench_samples::SamplesError),
    /// A service of the target cannot be reached.
    #[error("nothing answers at {url} (service \"{service}\"): {reason}")]
    Unreachable {
        /// Name of the service in the experiment file.
        service: String,
        /// Its base URL.
        url: String,
        /// The operating system's error.
        reason: String,
    },
    /// The target could not be reset.
    #[error("the target was not reset: {request} {reason}")]
    Reset {
        /// The request, as it stands in the experiment file.
        request: String,
        /// How it failed.
        reason: String,
    },
    /// The bundled bookstore did not come up.
    #[error("the bookstore did not start: {reason}")]
    Bookstore {
        /// The end of its log.
        reason: String,
    },
    /// A process that the experiment monitors does not exist.
    #[error("there is no {0} to watch on this machine, besides the load generator itself")]
    NotWatched(String),
    /// The monitoring thread cannot be started.
    #[error("cannot watch the run: {0}")]
    Watch(#[source] std::io::Error),
    /// This machine cannot run the plan; which limit, and what to do about it.
    #[error("the load generator cannot run this: {0}")]
    Limit(String),
    /// The run was stopped while it was being prepared.
    #[error("interrupted before the first request; nothing was kept")]
    Interrupted,
    /// TLS cannot be set up on this machine.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A file for TLS was changed since the experiment was read.
    #[error("cannot set up TLS: {0}")]
    TlsFile(#[from] workbench_plan::TlsFileError),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] workbench_plan::SecretError),
    /// A data file was changed since the experiment was read.
    #[error(transparent)]
    Data(#[from] workbench_plan::DataError),
    /// A column is no longer in its data file.
    #[error("the data file \"{data}\" has no column \"{column}\"")]
    Column {
        /// Name of the data file in the experiment.
        data: String,
        /// Name of the column.
        column: String,
    },
    /// A file that a request sends cannot be read.
    #[error("cannot read {}", path.display())]
    Body {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The threads that users run on cannot be started.
    #[error("cannot start a thread for the users: {0}")]
    Workers(#[source] std::io::Error),
    /// The thread that collects the samples panicked, which is a bug; with the panic's message.
    #[error("the collector of samples failed: {0}")]
    Collector(String),
    /// Goose refused to run the users.
    #[error("cannot run the users: {0}")]
    Goose(#[from] Box<goose::GooseError>),
}

impl LoadError {
    /// Whether the system under test is the cause.
    #[must_use]
    pub fn is_target(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Reset { .. }
                | Self::Bookstore { .. }
                | Self::NotWatched(_)
        )
    }
}

/// An error with everything that caused it, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |it| it.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
