//! Runs that belong to a comparison and are not among those compared: failed ones, and those still to be made.

use std::path::{Path, PathBuf};

use workbench_samples::{Manifest, Outcome, Series, SeriesRun, SeriesRunState};

use crate::error::AnalysisError;

/// What is known of runs that are not among those compared.
///
/// Leaving them out silently would choose among runs by their results: a candidate that crashes would be judged by the
/// runs that it survived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absent {
    failed: Vec<Gone>,
    still_to_be_made: Vec<String>,
}

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Gone {
    /// Its folder; `None` where there is none.
    folder: Option<PathBuf>,
    finding: String,
}

impl Absent {
    /// What a series says of one of its experiments.
    pub(super) fn of_series(series: &Series, name: &str, results: &Path) -> Self {
        let mut absent = Self::default();
        for run in series.runs.iter().filter(|run| run.experiment == name) {
            let of = format!(
                "run {} of series {}, {name},",
                run.position, series.series_id
            );
            absent.earlier_attempts(run, &of, results);
            let to_be_made = match run.state {
                SeriesRunState::Done | SeriesRunState::Invalid if run.run.is_some() => continue,
                SeriesRunState::Done | SeriesRunState::Invalid => "has no folder",
                SeriesRunState::Failed => {
                    let reason = run.reason.as_deref().unwrap_or("nobody knows why");
                    absent.failed.push(Gone {
                        folder: run.run.as_ref().map(|run| results.join(run)),
                        finding: format!("{of} failed: {reason}"),
                    });
                    continue;
                }
                SeriesRunState::Planned => "is still to be made",
                SeriesRunState::Running => "has not ended, or was killed",
                SeriesRunState::Interrupted => "was interrupted",
            };
            absent.still_to_be_made.push(format!("{of} {to_be_made}"));
        }
        absent
    }

    /// An attempt that was interrupted says nothing of the system; one that failed does.
    fn earlier_attempts(&mut self, run: &SeriesRun, of: &str, results: &Path) {
        for attempt in &run.earlier_attempts {
            let folder = results.join(attempt);
            if let Ok(Manifest {
                outcome: Outcome::Failed(reason),
                ..
            }) = Manifest::read(&folder)
            {
                self.failed.push(Gone {
                    folder: Some(folder),
                    finding: format!("{of} failed in an earlier attempt: {reason}"),
                });
            }
        }
    }

    /// A run that ended before its first request.
    pub(super) fn without_samples(&mut self, run: &Path) -> Result<(), AnalysisError> {
        let outcome = match Manifest::read(run)?.outcome {
            Outcome::Failed(reason) => format!("it failed: {reason}"),
            Outcome::Interrupted => "it was interrupted".to_owned(),
            Outcome::Running => "it has not ended, or was killed".to_owned(),
            Outcome::Completed => "it came to its end without one".to_owned(),
        };
        self.failed.push(Gone {
            folder: Some(run.to_owned()),
            finding: format!("{} made no request: {outcome}", run.display()),
        });
        Ok(())
    }

    /// Leaves out runs that are compared after all, so that they are not told of twice.
    pub(super) fn leave_out(&mut self, runs: &[PathBuf]) {
        let known: Vec<PathBuf> = runs
            .iter()
            .filter_map(|it| it.canonicalize().ok())
            .collect();
        self.failed.retain(|gone| {
            let folder = gone.folder.as_ref().and_then(|it| it.canonicalize().ok());
            folder.is_none_or(|folder| !known.contains(&folder))
        });
    }

    /// Takes over what is known of others; each thing once.
    pub fn add(&mut self, other: Self) {
        for gone in other.failed {
            if !self.failed.contains(&gone) {
                self.failed.push(gone);
            }
        }
        for run in other.still_to_be_made {
            if !self.still_to_be_made.contains(&run) {
                self.still_to_be_made.push(run);
            }
        }
    }

    /// Runs that failed, in words; each speaks against judging the others without it.
    pub fn failed(&self) -> impl Iterator<Item = &str> {
        self.failed.iter().map(|gone| gone.finding.as_str())
    }

    /// Runs of a series that are still to be made, in words. Until they are, whoever judges may stop when they like what
    /// they see.
    pub(super) fn still_to_be_made(&self) -> &[String] {
        &self.still_to_be_made
    }
}
