//! The manifest: experiment, environment, outcome and validity of a run.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::SamplesError;
use crate::origin::Origin;
use crate::versioned;

/// Version of the manifest's format that is written, and the newest that can be read.
///
/// 2 added `series`, 3 its `point`, 4 `elapsed`, 5 `arrivals`, 6 `origin`, checks that were not made, and users without a
/// plan, 7 `segment` and `segments`.
pub const MANIFEST_VERSION: u32 = 7;

/// The definition of the workbench's own elapsed times.
pub const ELAPSED: &str =
    "from the start of a request to the last byte of its response, connecting included";

/// The definition of response times of runs with arrivals.
pub const RESPONSE: &str = "from the time at which a request was intended to the last byte of its response, connecting included";

/// Name of the manifest in a run's folder.
pub const MANIFEST_FILE: &str = "manifest.json";

/// Everything about a run but its samples; `manifest.json` in the run's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file's format.
    pub schema_version: u32,
    /// Name of the run's folder: UTC time and a short id.
    pub run_id: String,
    /// Name of the experiment.
    pub experiment: String,
    /// The position of the run in its series; `None` without a series, and in version 1.
    pub series: Option<SeriesPlace>,
    /// The tool that made the run.
    pub tool: Tool,
    /// The definition of the samples' elapsed times, as text. Runs with different texts are not comparable. Before
    /// version 4 always [`ELAPSED`].
    #[serde(default = "elapsed_of_the_workbench")]
    pub elapsed: String,
    /// Every random choice of the run derives from it.
    pub seed: u64,
    /// UTC start of the schedule, nanoseconds since the Unix epoch; `None` when the load never began.
    pub started_at: Option<i64>,
    /// UTC end of the load, nanoseconds since the Unix epoch; `None` while it runs, or when it was killed.
    pub ended_at: Option<i64>,
    /// The machine that generated the load.
    pub host: Host,
    /// The system under test.
    pub target: TargetRecord,
    /// Limits in force, by name (open files, request timeout…).
    pub limits: BTreeMap<String, String>,
    /// How the run ended.
    pub outcome: Outcome,
    /// The validity checks; `None` while it runs, or when it was killed.
    pub validity: Option<Validity>,
    /// Planned and achieved users, second by second; empty while it runs, or when it was killed.
    pub users: Vec<UsersInSecond>,
    /// Arrivals, second by second; empty while it runs, or when it was killed, and where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrivals: Vec<ArrivalsInSecond>,
    /// The files of another tool that the run was imported from; `None` for a run of the workbench, and before version 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Which segment of a run this is; `None` for a whole run, and before version 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentPlace>,
    /// The segments that the run was combined from, in order; empty for a run that was made in one, and before version 7.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentPlace>,
}

fn elapsed_of_the_workbench() -> String {
    ELAPSED.to_owned()
}

impl Manifest {
    /// Writes the manifest into the run's folder, replacing an earlier one in a single step.
    ///
    /// # Errors
    /// An I/O error; an earlier manifest is then untouched.
    pub fn write(&self, run_directory: &Path) -> Result<(), SamplesError> {
        versioned::write(self, run_directory.join(MANIFEST_FILE))
    }

    /// Writes the manifest over the one in the run's folder, for a disk that has no room for a second one.
    ///
    /// # Errors
    /// An I/O error. The earlier manifest is untouched where there is no room for a longer one.
    pub fn overwrite(&self, run_directory: &Path) -> Result<(), SamplesError> {
        versioned::overwrite(self, run_directory.join(MANIFEST_FILE))
    }

    /// Reads the manifest of the run in a folder.
    ///
    /// # Errors
    /// The error names the file: missing, not valid, or of a version that this build does not know.
    pub fn read(run_directory: &Path) -> Result<Self, SamplesError> {
        let path = run_directory.join(MANIFEST_FILE);
        versioned::read(path, MANIFEST_VERSION, |path, source| {
            SamplesError::InvalidManifest { path, source }
        })
    }
}

/// The position of a run in its series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesPlace {
    /// The series, whose record is `series/<id>/series.json` in the results folder.
    pub series_id: String,
    /// The experiment's name within the series.
    pub experiment: String,
    /// The point of the experiment's sweep; `None` where nothing is swept, and before version 3.
    pub point: Option<SweepPoint>,
    /// Number of the block, from 1; each holds every experiment once. Runs of one block are pairs.
    pub block: u32,
    /// Position among all runs of the series, from 1.
    pub position: u32,
    /// Whether the runs of the block were made at the same time; `false` before version 6.
    #[serde(default)]
    pub together: bool,
}

/// A point of a sweep: what distinguishes a run from the others of its experiment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// The swept parameter, by its key in the experiment file: `users` or `replicas`.
    pub parameter: String,
    /// Its value.
    pub value: u32,
}

/// A segment of a run, as its process saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentPlace {
    /// Its number, from 1.
    pub number: u32,
    /// How many segments there are.
    pub of: u32,
    /// Name of the machine that made it.
    pub host: String,
    /// When the schedule was to start, UTC nanoseconds since the Unix epoch; `None` for as soon as it was ready.
    pub start_at: Option<i64>,
    /// When the schedule started; `None` where it was killed before, and in the manifest of the segment itself.
    pub started_at: Option<i64>,
    /// The state of the machine's clock before the start; `None` if unknown.
    pub clock: Option<ClockReading>,
}

/// The offset of a machine's clock, as reported by the daemon that sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// The daemon: `chrony`, `timedatectl`.
    pub source: String,
    /// Whether the clock follows a source of time.
    pub is_synchronised: bool,
    /// Offset, positive if the clock is ahead; `None` if unknown.
    pub offset_ns: Option<i64>,
    /// Bound of its error; `None` if unknown.
    pub error_ns: Option<i64>,
}

/// The program that made a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `workbench`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Commit that it was built from, where known.
    pub commit: Option<String>,
}

/// The machine that generated the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Host name.
    pub name: String,
    /// Operating system and kernel release.
    pub kernel: String,
    /// Processor model.
    pub cpu: String,
    /// Processors that may be used.
    pub cpus: u32,
    /// Physical memory in bytes.
    pub memory_bytes: u64,
}

/// The system under test, as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// `bookstore` or `urls`.
    pub kind: String,
    /// Base URL of each service; where there are several replicas, of each service of each: `catalog-1`, `catalog-2`.
    pub urls: BTreeMap<String, String>,
    /// What else is known: database, products, replicas where there are several…
    pub details: BTreeMap<String, String>,
    /// Requests that each service counted itself, all replicas together, calls between services aside; empty if
    /// unknown.
    pub requests_served: BTreeMap<String, u64>,
}

impl TargetRecord {
    /// Name of the detail of the commit that the target was built from.
    pub const COMMIT: &str = "commit";

    /// The commit that the target was built from, where the CI job that made the run said so.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        self.details.get(Self::COMMIT).map(String::as_str)
    }

    /// The detail of services whose certificates were not verified.
    #[must_use]
    pub fn unverified() -> (String, String) {
        ("certificates".to_owned(), "not verified".to_owned())
    }

    /// Whether the services' certificates were not verified.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        let (name, value) = Self::unverified();
        self.details.get(&name) == Some(&value)
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Running, or killed before the outcome was written.
    Running,
    /// The whole schedule was executed.
    Completed,
    /// Stopped on request before the end; the samples were kept.
    Interrupted,
    /// Stopped by a failure, which is given.
    Failed(String),
}

/// The validity of a run, and its checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validity {
    /// No check failed.
    pub valid: bool,
    /// Each check with its measured value.
    pub checks: Vec<Check>,
}

impl Validity {
    /// Whether every check could be made. That of an imported run could not.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let mut statuses = self.checks.iter().map(|check| check.status);
        !statuses.any(|status| status == CheckStatus::NotChecked)
    }
}

/// One check of a run's validity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked, as a short noun phrase.
    pub name: String,
    /// Its status.
    pub status: CheckStatus,
    /// The measured value and its limit, as text with units.
    pub finding: String,
}

/// The status of a check, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Within the limit.
    Passed,
    /// The data for the check are missing. Since version 6.
    NotChecked,
    /// A warning; the run stays valid.
    Warning,
    /// Above the limit: the run is invalid.
    Failed,
}

/// Arrivals of one second of the run (open model).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalsInSecond {
    /// Whole second since the start, from 0.
    pub second: u32,
    /// Planned arrivals in this second.
    pub planned: u64,
    /// Iterations that began in this second, whenever they were planned.
    pub started: u64,
    /// Of the planned ones, those that had to wait for a user to become free, or never began.
    pub waited: u64,
}

/// Users in one second of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsersInSecond {
    /// Whole second since the start, from 0.
    pub second: u32,
    /// Mean number of planned users in this second; `None` for an imported run, whose schedule is unknown.
    pub planned: Option<f64>,
    /// Mean number of users that were active in this second.
    pub achieved: f64,
}
