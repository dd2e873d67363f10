//! Monitored processes and endpoints, besides those that the workbench starts.

use std::fmt;

/// Processes and endpoints that are watched while a run goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Monitor {
    /// Processes of the target on this machine; may be empty.
    pub processes: Vec<WatchedProcess>,
    /// URLs of Prometheus endpoints, `http` or `https`; may be empty.
    pub prometheus: Vec<String>,
}

/// A process, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchedProcess {
    /// The one of this number.
    Pid(u32),
    /// All of this name, whenever they start.
    Name(String),
}

impl fmt::Display for WatchedProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pid(pid) => write!(f, "process {pid}"),
            Self::Name(name) => write!(f, "process \"{name}\""),
        }
    }
}
