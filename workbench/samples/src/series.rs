//! The record of a series: its experiments, its order, and the state of its runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::SamplesError;
use crate::manifest::{Host, SweepPoint, Tool};
use crate::versioned;

/// Version of the record's format that is written, and the newest that can be read.
///
/// 2 added the `point` of an experiment, 3 the order `together`, `until_decided`, runs that are `not_needed`, and the
/// `urls` of an experiment.
pub const SERIES_VERSION: u32 = 3;

/// Folder in the results folder that holds a folder for each series.
pub const SERIES_FOLDER: &str = "series";

/// Name of the record in a series' folder.
pub const SERIES_FILE: &str = "series.json";

/// A series: experiments repeated in blocks; `series.json` in the series' folder.
///
/// It is written whenever a run begins or ends, so that an interrupted or killed series can be resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Version of this file's format.
    pub schema_version: u32,
    /// Name of the series' folder: UTC time and a short id.
    pub series_id: String,
    /// The order of the runs.
    pub order: SeriesOrder,
    /// Number of blocks, each of which holds every experiment once; with `until_decided`, the most.
    pub repetitions: u32,
    /// Time left between two runs, in nanoseconds.
    pub pause_ns: u64,
    /// Whether an invalid run ends the series.
    pub stop_on_invalid: bool,
    /// Set where the series ends as soon as the gate has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_decided: Option<UntilDecided>,
    /// The tool that makes the runs.
    pub tool: Tool,
    /// The machine that generates the load.
    pub host: Host,
    /// The experiments in the given order; each point of a sweep is one.
    pub experiments: Vec<SeriesExperiment>,
    /// Every run, in order.
    pub runs: Vec<SeriesRun>,
    /// When the series was continued although something had changed; empty in a series that can be compared throughout.
    pub changes: Vec<SeriesChange>,
}

/// The order of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesOrder {
    /// Every second block is the mirror of the one before.
    Abba,
    /// Each block is a random permutation.
    Random {
        /// The seed.
        seed: u64,
    },
    /// All runs of a block are made at the same time. They start shortly after each other, in a random permutation for
    /// each block.
    Together {
        /// The seed.
        seed: u64,
    },
}

/// The looks and the policy of a series that ends as soon as it is decided. Both are fixed before the first run: the
/// gate's error probabilities hold for these looks only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntilDecided {
    /// Numbers of the blocks after which the gate is applied, ascending; the last block is the last of them.
    pub looks: Vec<u32>,
    /// The gate's policy in force, as in the gate's report.
    pub policy: serde_json::Value,
    /// The block after which the gate had decided; `None` while it has not. Runs of later blocks are not needed.
    pub decided_at: Option<u32>,
}

/// An experiment of a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesExperiment {
    /// Its name within the series: the experiment's own, with `#1`, `#2`, … where several have the same, and with
    /// `@` and the point where it is swept: `shop`, `shop#2`, `shop@users=10`.
    pub name: String,
    /// The experiment's own name, which names the folder of its runs.
    pub experiment: String,
    /// Where it is swept: each point is an experiment of the series. `None` otherwise, and in version 1.
    pub point: Option<SweepPoint>,
    /// The experiment file.
    pub file: PathBuf,
    /// URLs of services that replace those of the file, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub urls: BTreeMap<String, String>,
    /// SHA-256 of `resolved`, in hexadecimal digits.
    pub sha256: String,
    /// The experiment as resolved, without passwords.
    pub resolved: String,
}

/// A run of a series, made or still to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRun {
    /// Position in the series, from 1.
    pub position: u32,
    /// Number of its block, from 1.
    pub block: u32,
    /// The experiment's name within the series.
    pub experiment: String,
    /// Its state.
    pub state: SeriesRunState,
    /// Its folder, relative to the results folder; `None` while there is none.
    pub run: Option<PathBuf>,
    /// Why it is invalid or has failed.
    pub reason: Option<String>,
    /// Thresholds of the experiment that it missed.
    pub missed_thresholds: Vec<String>,
    /// Thresholds of the experiment that are undecided.
    #[serde(default)]
    pub undecided_thresholds: Vec<String>,
    /// Folders of earlier attempts that did not complete, relative to the results folder.
    pub earlier_attempts: Vec<PathBuf>,
}

/// The state of a run of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesRunState {
    /// Still to be made.
    Planned,
    /// Running, or killed before its outcome was written.
    Running,
    /// The whole schedule was executed, and the run is valid.
    Done,
    /// The whole schedule was executed, but the run is invalid. It is not repeated, because selecting runs by their
    /// results would bias conclusions.
    Invalid,
    /// It failed because of the target or the storage, and will be made again.
    Failed,
    /// Stopped on request, or killed; it will be made again.
    Interrupted,
    /// Not made, as the series was decided before.
    NotNeeded,
}

impl SeriesRunState {
    /// Whether the run is finished and will not be made again.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Invalid)
    }

    /// Whether the run is still to be made, or to be made again.
    #[must_use]
    pub fn is_missing(self) -> bool {
        !self.is_over() && self != Self::NotNeeded
    }
}

/// A difference in spite of which a series was continued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesChange {
    /// First run that was made after the change.
    pub from_position: u32,
    /// The differences, as text.
    pub differences: Vec<String>,
}

impl Series {
    /// Writes the record into the series' folder, replacing an earlier one in a single step.
    ///
    /// # Errors
    /// An I/O error; an earlier record is then untouched.
    pub fn write(&self, series_directory: &Path) -> Result<(), SamplesError> {
        versioned::write(self, series_directory.join(SERIES_FILE))
    }

    /// Reads the record of the series in a folder.
    ///
    /// # Errors
    /// The error names the file: missing, not valid, of a version that this build does not know, or with a run of an
    /// experiment that it does not hold.
    pub fn read(series_directory: &Path) -> Result<Self, SamplesError> {
        let path = series_directory.join(SERIES_FILE);
        let series: Self = versioned::read(path.clone(), SERIES_VERSION, |path, source| {
            SamplesError::InvalidSeries { path, source }
        })?;
        let known = |run: &&SeriesRun| {
            series
                .experiments
                .iter()
                .any(|it| it.name == run.experiment)
        };
        if let Some(run) = series.runs.iter().find(|run| !known(run)) {
            return Err(SamplesError::UnknownExperiment {
                path,
                position: run.position,
                experiment: run.experiment.clone(),
            });
        }
        Ok(series)
    }

    /// Whether no run is missing any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.runs.iter().any(|run| run.state.is_missing())
    }
}
