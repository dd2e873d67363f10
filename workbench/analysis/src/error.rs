//! Errors of analyses.

use std::io;
use std::path::PathBuf;

use polars_core::error::PolarsError;
use workbench_plan::{PlanError, nearest};
use workbench_samples::SamplesError;

/// Why an analysis could not be made, written or read; completes “failed to …”.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// The looks or the policy that a series recorded are not valid.
    #[error("what series {series_id} recorded of its looks and its policy is damaged: {what}")]
    DamagedAgreement {
        /// The series.
        series_id: String,
        /// What is wrong.
        what: String,
    },
    /// The run's manifest or samples.
    #[error(transparent)]
    Samples(#[from] SamplesError),
    /// The run's own copy of its experiment file.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Samples whose content cannot be read, or whose columns are not those of the format.
    #[error("cannot compute with the samples in {path}", path = path.display())]
    Query {
        /// Folder of the samples.
        path: PathBuf,
        /// The cause.
        source: PolarsError,
    },
    /// The threads that an analysis needs.
    #[error("cannot start threads for the analysis")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// A file or folder could not be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// An `analysis.json` that is not valid JSON of its version.
    #[error("{path} is not a valid analysis", path = path.display())]
    InvalidAnalysis {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// An `analysis.json` of a version that this build does not know.
    #[error(
        "{path} has schema version {found}, this workbench reads version {known}: analyse the run again",
        path = path.display()
    )]
    UnknownSchemaVersion {
        /// The file.
        path: PathBuf,
        /// The version it says it has.
        found: u32,
        /// The version that can be read.
        known: u32,
    },
    /// A single segment, whose load is only a part of its experiment's.
    #[error("{path} is segment {segment} of a run: analyse all of them together, `workbench analyze {run}`", path = path.display(), run = run.display())]
    Segment {
        /// The segment's folder.
        path: PathBuf,
        /// Its number, and how many there are.
        segment: String,
        /// The folder of its run.
        run: PathBuf,
    },
    /// A run of which a segment is still running.
    #[error("{path} has not ended: the run is analysed when all of its segments have", path = path.display())]
    SegmentRunning {
        /// The segment's folder.
        path: PathBuf,
    },
    /// Segments that are not of one run.
    #[error("the segments in {run} are not of one run: {what}", run = run.display())]
    SegmentsDiffer {
        /// The folder of the run.
        run: PathBuf,
        /// How they differ.
        what: String,
    },
    /// No run was given.
    #[error("no runs to analyse")]
    NoRuns,
    /// No folder of results holds a run.
    #[error("{results} holds no runs; make one with `workbench run FILE`", results = results.display())]
    NoResults {
        /// Where they were looked for.
        results: PathBuf,
    },
    /// A run cannot be compared with itself.
    #[error("{path} is given twice", path = path.display())]
    RunGivenTwice {
        /// The run's folder, as given the second time.
        path: PathBuf,
    },
    /// A run, or a copy of it, that would count twice or stand on both sides.
    #[error(
        "{run} is given twice; a run, and every copy of it, counts once and stands on one side"
    )]
    RunRepeated {
        /// Its experiment and its id.
        run: String,
    },
    /// A file that was imported as two runs.
    #[error(
        "{} and {} are one run that is given twice: both were imported from {file}; name one of them",
        runs[0],
        runs[1]
    )]
    FileImportedTwice {
        /// Its path, or both paths of files with the same content.
        file: String,
        /// The runs' experiments and ids.
        runs: [String; 2],
    },
    /// A path at which there are no runs.
    #[error(
        "there are no runs in {path}: {instead}. What can be read: the folder of a run (results/EXPERIMENT/RUN), a folder of \
         runs (results/EXPERIMENT), a series (results/series/ID), and a result file of another tool (`workbench import --help`)",
        path = path.display()
    )]
    NoRunsIn {
        /// As given.
        path: PathBuf,
        /// What is there instead, and what to do about it.
        instead: String,
    },
    /// A series without a finished run of an experiment.
    #[error(
        "series {series_id} has no finished run of {name}: {why}go on with it, `workbench run --resume {series_id}`",
        why = failed.as_ref().map_or_else(String::new, |why| format!("{why}; "))
    )]
    NoFinishedRun {
        /// The experiment's name in the series.
        name: String,
        /// Why one of its runs failed, if one did.
        failed: Option<String>,
        /// The series.
        series_id: String,
    },
    /// A series of which an experiment has to be named.
    #[error(
        "{series} holds {}: name one, as in {series}:{}",
        names.join(", "),
        names.first().map_or("NAME", String::as_str),
        series = series.display()
    )]
    SeveralExperiments {
        /// The series' folder.
        series: PathBuf,
        /// Its experiments' names.
        names: Vec<String>,
    },
    /// A gated label that no run has.
    #[error(
        "no run has a request labelled \"{label}\"{}; there are {}",
        nearest(label, labels.iter().map(String::as_str))
            .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?")),
        labels.join(", ")
    )]
    NoSuchLabel {
        /// The label.
        label: String,
        /// Those that there are.
        labels: Vec<String>,
    },
    /// A metric that does not exist.
    #[error(
        "there is no metric \"{metric}\"{}; there are {}",
        nearest(metric, metrics.iter().map(String::as_str))
            .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?")),
        metrics.join(", ")
    )]
    NoSuchMetric {
        /// As given.
        metric: String,
        /// Those that there are.
        metrics: Vec<String>,
    },
    /// A history of which every run is invalid.
    #[error("every run in {path} is invalid; the newest: {reasons}", path = path.display())]
    NoValidRuns {
        /// Its folder.
        path: PathBuf,
        /// Why the newest one is invalid.
        reasons: String,
    },
    /// A CSV file that is no history.
    #[error("{path} is not a history: {reason}", path = path.display())]
    InvalidHistory {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// Values for which a statistic is not defined.
    #[error("the values cannot be computed with")]
    Statistics(#[source] workbench_statistics::StatisticsError),
    /// A series that has no experiment of a name.
    #[error("{series} holds no experiment {name}, but {}", names.join(", "), series = series.display())]
    NoSuchExperiment {
        /// The series' folder.
        series: PathBuf,
        /// The name.
        name: String,
        /// Its experiments' names.
        names: Vec<String>,
    },
    /// An empty history.
    #[error(
        "{history} holds no runs yet: begin it with one that is known to be good, `mkdir -p {history} && cp -r {run} \
         {history}/`, and gate the next one",
        history = history.display(),
        run = run.display()
    )]
    EmptyHistory {
        /// Its folder.
        history: PathBuf,
        /// The candidate.
        run: PathBuf,
    },
    /// A run that the history has already.
    #[error("the run is in the history already, as {path}", path = path.display())]
    KeptAlready {
        /// Its folder there.
        path: PathBuf,
    },
}
