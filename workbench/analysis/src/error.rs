//! Errors of analyses.

use std::io;
use std::path::{Path, PathBuf};

use polars_core::error::PolarsError;
use workbench_plan::{PlanError, nearest};
use workbench_samples::SamplesError;

/// Why an analysis could not be made, written or read; completes “failed to …”.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// The looks or the policy that a series recorded are not valid: the series, and what is wrong.
    #[error("what series {0} recorded of its looks and its policy is damaged: {1}")]
    DamagedAgreement(String, String),
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
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// A file could not be written.
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// An `analysis.json` that is not valid JSON of its version.
    #[error("{} is not a valid analysis", .0.display())]
    InvalidAnalysis(PathBuf, #[source] serde_json::Error),
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
    /// A single segment, whose load is only a part of its experiment's: its folder, its number, and its run's folder.
    #[error(
        "{} is segment {} of a run: analyse all of them together, `workbench analyze {}`", .0.display(), .1, .2.display()
    )]
    Segment(PathBuf, String, PathBuf),
    /// The folder of a segment that is still running.
    #[error("{} has not ended: the run is analysed when all of its segments have", .0.display())]
    SegmentRunning(PathBuf),
    /// The folder of a run whose segments are not of one run, and how they differ.
    #[error("the segments in {} are not of one run: {}", .0.display(), .1)]
    SegmentsDiffer(PathBuf, String),
    /// No run was given.
    #[error("no runs to analyse")]
    NoRuns,
    /// A folder of results that holds no run.
    #[error("{} holds no runs; make one with `workbench run FILE`", .0.display())]
    NoResults(PathBuf),
    /// A run cannot be compared with itself.
    #[error("{path} is given twice", path = path.display())]
    RunGivenTwice {
        /// The run's folder, as given the second time.
        path: PathBuf,
    },
    /// A run, or a copy of it, that would count twice or stand on both sides.
    #[error("{0} is given twice; a run, and every copy of it, counts once and stands on one side")]
    RunRepeated(String),
    /// A file (or files with the same content) that was imported as these two runs.
    #[error("{} and {} are one run that is given twice: both were imported from {}; name one of them", .1[0], .1[1], .0)]
    FileImportedTwice(String, [String; 2]),
    /// A path at which there are no runs; what is there instead, and what to do about it.
    #[error(
        "there are no runs in {}: {}. What can be read: the folder of a run (results/EXPERIMENT/RUN), a folder of \
         runs (results/EXPERIMENT), a series (results/series/ID), and a result file of another tool (`workbench import --help`)",
        .0.display(), .1
    )]
    NoRunsIn(PathBuf, String),
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
    /// The folder of a series of which one of these experiments has to be named.
    #[error(
        "{} holds {}: name one, as in {}:{}",
        .0.display(), .1.join(", "), .0.display(), .1.first().map_or("NAME", String::as_str)
    )]
    SeveralExperiments(PathBuf, Vec<String>),
    /// A gated label that no run has, and those that there are.
    #[error("no run has a request labelled \"{}\"{}; there are {}", .0, suggested(.0, .1), .1.join(", "))]
    NoSuchLabel(String, Vec<String>),
    /// A metric that does not exist, and those that do.
    #[error("there is no metric \"{}\"{}; there are {}", .0, suggested(.0, .1), .1.join(", "))]
    NoSuchMetric(String, Vec<String>),
    /// The folder of a history of which every run is invalid, and why the newest one is.
    #[error("every run in {} is invalid; the newest: {}", .0.display(), .1)]
    NoValidRuns(PathBuf, String),
    /// A CSV file that is no history; where and why.
    #[error("{} is not a history: {}", .0.display(), .1)]
    InvalidHistory(PathBuf, String),
    /// Values for which a statistic is not defined.
    #[error("the values cannot be computed with")]
    Statistics(#[source] workbench_statistics::StatisticsError),
    /// The folder of a series that has no experiment of this name, but these.
    #[error("{} holds no experiment {}, but {}", .0.display(), .1, .2.join(", "))]
    NoSuchExperiment(PathBuf, String, Vec<String>),
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

impl AnalysisError {
    pub(crate) fn reading(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Read(path.to_owned(), source)
    }

    pub(crate) fn writing(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Write(path.to_owned(), source)
    }

    pub(crate) fn querying(path: &Path) -> impl Fn(PolarsError) -> Self {
        move |source| Self::Query {
            path: path.to_owned(),
            source,
        }
    }
}

fn suggested(word: &str, words: &[String]) -> String {
    nearest(word, words.iter().map(String::as_str))
        .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"))
}
