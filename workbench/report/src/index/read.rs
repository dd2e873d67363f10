//! What is in a results folder.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rayon::prelude::*;
use workbench_analysis::{Analysis, RunAnalysis};
use workbench_samples::{
    MANIFEST_FILE, Manifest, Outcome, RunLock, SAMPLES_FOLDER, SERIES_FOLDER, Series,
    SeriesRunState, Validity, segment_folders,
};

use crate::document::{Finding, Level};
use crate::judgement::Judgement;
use crate::runs::{KeyEstimates, most_users};
use crate::section;
use crate::write::{COMPARISONS_FOLDER, REPORT_FILE};
use crate::{document, format, gate};

/// Everything that is kept in a results folder, the newest first.
pub(super) struct Index {
    pub(super) experiments: Vec<Experiment>,
    pub(super) series: Vec<StoredSeries>,
    pub(super) comparisons: Vec<Comparison>,
}

impl Index {
    pub(super) fn runs(&self) -> usize {
        self.experiments.iter().map(|it| it.runs.len()).sum()
    }
}

pub(super) struct Experiment {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) runs: Vec<Run>,
}

/// A run, or a folder that should hold one.
pub(super) struct Run {
    /// Relative to the results folder.
    pub(super) folder: PathBuf,
    /// UTC; empty where it is not known.
    pub(super) started: String,
    pub(super) conclusion: Finding,
    /// Its place in a series, and that it consists of segments.
    pub(super) beside: String,
    pub(super) has_report: bool,
    /// Absent where there is no analysis, or none with samples.
    pub(super) figures: Option<Figures>,
    title: String,
    /// By which runs are ordered.
    started_at: i64,
}

pub(super) struct Figures {
    pub(super) of_run: KeyEstimates,
    pub(super) users: Option<f64>,
    /// Whether a trend may rest on them.
    pub(super) is_valid: bool,
}

pub(super) struct StoredSeries {
    pub(super) folder: PathBuf,
    pub(super) experiments: String,
    pub(super) progress: Finding,
    /// The gate's last verdict on it, where that is of all of its runs.
    pub(super) verdict: Option<Finding>,
}

pub(super) struct Comparison {
    pub(super) folder: PathBuf,
    pub(super) title: String,
    pub(super) conclusion: Option<Finding>,
    pub(super) has_report: bool,
}

/// What a folder in the results folder is.
///
/// # Errors
/// Only where the results folder itself cannot be listed.
pub(super) fn index(results: &Path) -> io::Result<Index> {
    let names = folders(results)?;
    let is_experiment = |name: &&PathBuf| {
        let name = name.as_os_str();
        name != SERIES_FOLDER && name != COMPARISONS_FOLDER
    };
    let experiments = names.par_iter().filter(is_experiment);
    let experiments = experiments.filter_map(|name| experiment(results, name));
    let mut experiments: Vec<Experiment> = experiments.collect();
    experiments.sort_by_key(|it| Reverse(it.runs.first().map(|run| run.started_at)));
    let within = |folder: &str| {
        let mut names = folders(&results.join(folder)).unwrap_or_default();
        names.sort_by(|a, b| b.cmp(a));
        names
            .into_iter()
            .map(|name| Path::new(folder).join(name))
            .collect::<Vec<_>>()
    };
    Ok(Index {
        experiments,
        series: within(SERIES_FOLDER)
            .into_par_iter()
            .map(|folder| series(results, folder))
            .collect(),
        comparisons: within(COMPARISONS_FOLDER)
            .into_par_iter()
            .map(|folder| comparison(results, folder))
            .collect(),
    })
}

/// Names of the folders in a folder; those that begin with a point are none of ours.
fn folders(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(parent)?.filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| PathBuf::from(entry.file_name()));
    Ok(names
        .filter(|name| !name.to_string_lossy().starts_with('.'))
        .collect())
}

/// `None` where there is no run in it.
fn experiment(results: &Path, name: &Path) -> Option<Experiment> {
    let names = folders(&results.join(name)).unwrap_or_default();
    let runs = names.par_iter();
    let mut runs: Vec<Run> = runs
        .filter_map(|run| self::run(results, name.join(run)))
        .collect();
    runs.sort_by(|a, b| (b.started_at, &b.folder).cmp(&(a.started_at, &a.folder)));
    let title = runs.iter().map(|run| &run.title).find(|it| !it.is_empty());
    Some(Experiment {
        name: name.to_string_lossy().into_owned(),
        title: title.cloned().unwrap_or_default(),
        runs: (!runs.is_empty()).then_some(runs)?,
    })
}

fn run(results: &Path, folder: PathBuf) -> Option<Run> {
    let directory = results.join(&folder);
    if !directory.join(MANIFEST_FILE).is_file() {
        return without_manifest(&directory, folder);
    }
    let mut run = Run::new(folder);
    run.has_report = directory.join(REPORT_FILE).is_file();
    let analysed = Analysis::read(&directory);
    match Manifest::read(&directory) {
        Ok(manifest) => run.take(&manifest, &directory),
        Err(error) => run.conclusion = unreadable(&error),
    }
    if let Ok(mut analysis) = analysed
        && let Some(analysis) = analysis.runs.pop()
    {
        run.conclusion = section::run::conclusion(&analysis);
        run.figures = Figures::of(&analysis);
        run.title = analysis.title;
    }
    Some(run)
}

/// The segments of a run that nobody has made one of yet, or what is left of a run; `None` for folders of something else.
fn without_manifest(directory: &Path, folder: PathBuf) -> Option<Run> {
    let segments = segment_folders(directory).unwrap_or_default();
    let mut run = Run::new(folder);
    if !segments.is_empty() {
        let there = format::counted(segments.len() as u64, "segment");
        run.conclusion = Finding::new(
            Level::Open,
            "not combined",
            &format!("{there} of a run; workbench analyze makes one run of them."),
        );
        let manifests = segments.iter().filter_map(|it| Manifest::read(it).ok());
        run.started_at = manifests
            .filter_map(|it| it.started_at)
            .min()
            .unwrap_or_default();
        run.started = time(run.started_at);
        return Some(run);
    }
    directory.join(SAMPLES_FOLDER).is_dir().then(|| {
        run.conclusion = Finding::new(Level::Bad, "UNREADABLE", "There is no manifest.json.");
        run
    })
}

fn unreadable(error: &dyn std::error::Error) -> Finding {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    Finding::new(Level::Bad, "UNREADABLE", &text)
}

impl Run {
    fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            started: String::new(),
            conclusion: Finding::new(Level::Open, "not judged", ""),
            beside: String::new(),
            has_report: false,
            figures: None,
            title: String::new(),
            started_at: 0,
        }
    }

    /// What the manifest says, for runs without an analysis that can be read.
    fn take(&mut self, manifest: &Manifest, directory: &Path) {
        self.started_at = manifest.started_at.unwrap_or_default();
        self.started = manifest.started_at.map_or_else(String::new, time);
        let mut beside = Vec::new();
        if let Some(series) = &manifest.series {
            beside.push(format!(
                "run {} of series {}",
                series.position, series.series_id
            ));
        }
        if !manifest.segments.is_empty() {
            let segments = manifest.segments.len() as u64;
            beside.push(format::counted(segments, "segment"));
        }
        self.beside = beside.join(", ");
        self.conclusion = match (&manifest.outcome, &manifest.validity) {
            (Outcome::Running, _) if RunLock::is_held(directory) => {
                Finding::new(Level::Open, "under way", "")
            }
            (Outcome::Running, _) => Finding::new(
                Level::Open,
                "killed",
                "The run did not end by itself; workbench analyze reports on what there is.",
            ),
            (Outcome::Failed(why), _) => Finding::new(Level::Bad, "failed", why),
            (_, Some(Validity { valid: false, .. })) => {
                Finding::new(Level::Bad, "INVALID", NOT_ANALYSED)
            }
            _ => Finding::new(Level::Open, "not analysed", NOT_ANALYSED),
        };
    }
}

/// Said of a run whose analysis is missing, or of another version.
const NOT_ANALYSED: &str = "There is no analysis of this version; workbench analyze makes one.";

impl Figures {
    fn of(run: &RunAnalysis) -> Option<Self> {
        Some(Self {
            of_run: KeyEstimates::of(run)?,
            users: most_users(run),
            is_valid: matches!(Judgement::of(run), Judgement::Valid | Judgement::Failing),
        })
    }
}

fn series(results: &Path, folder: PathBuf) -> StoredSeries {
    let directory = results.join(&folder);
    let (experiments, progress, verdict) = match Series::read(&directory) {
        Ok(series) => (
            named(&series),
            progress(&series),
            gate::stored_verdict(&series, &directory),
        ),
        Err(error) => (String::new(), unreadable(&error), None),
    };
    StoredSeries {
        folder,
        experiments,
        progress,
        verdict,
    }
}

fn named(series: &Series) -> String {
    let names: Vec<&str> = series
        .experiments
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    match names.as_slice() {
        [first, .., last] if names.len() > 4 => format!("{first} … {last} ({})", names.len()),
        _ => names.join(", "),
    }
}

fn progress(series: &Series) -> Finding {
    let of = |state| series.runs.iter().filter(|run| run.state == state).count();
    let over = series.runs.iter().filter(|run| run.state.is_over()).count();
    let needed = series.runs.len() - of(SeriesRunState::NotNeeded);
    let invalid = match of(SeriesRunState::Invalid) {
        0 => String::new(),
        invalid => format!(", {invalid} of them invalid"),
    };
    let text = format!(
        "{over} of {}{invalid}",
        format::counted(needed as u64, "run")
    );
    if series.is_over() {
        let level = if invalid.is_empty() {
            Level::Good
        } else {
            Level::Bad
        };
        Finding::new(level, "complete", &text)
    } else {
        Finding::new(Level::Open, "incomplete", &text)
    }
}

fn comparison(results: &Path, folder: PathBuf) -> Comparison {
    let directory = results.join(&folder);
    let has_report = directory.join(REPORT_FILE).is_file();
    let (title, conclusion) = match Analysis::read(&directory) {
        Ok(analysis) => {
            let document = document(&analysis, &directory);
            (document.title, document.conclusion)
        }
        Err(error) => (String::new(), Some(unreadable(&error))),
    };
    Comparison {
        folder,
        title,
        conclusion,
        has_report,
    }
}

/// To the second, UTC.
fn time(utc_ns: i64) -> String {
    let time = Timestamp::from_nanosecond(utc_ns.into());
    time.map_or_else(
        |_| String::new(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
