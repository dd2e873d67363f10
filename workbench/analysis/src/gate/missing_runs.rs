//! Missing runs of a comparison: failed ones, and those still to be made.

use std::path::{Path, PathBuf};

use workbench_samples::{Manifest, Outcome, Series, SeriesRun, SeriesRunState};
use workbench_statistics::Looks;

use crate::error::AnalysisError;
use crate::model::Policy;
use crate::occurrence::unique;

/// Runs that belong to a comparison and are not compared.
///
/// Ignoring them would select runs by their results: a candidate that crashes would be judged only by the runs that it
/// survived.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MissingRuns {
    failed: Vec<Gone>,
    still_to_be_made: Vec<String>,
    agreed: Option<Box<Agreed>>,
}

/// Settings fixed before the first run of a series that ends as soon as it is decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    /// When it is judged, and the level of each look.
    pub looks: Looks,
    /// The policy.
    pub policy: Policy,
}

impl Agreed {
    fn of(series: &Series) -> Result<Option<Self>, AnalysisError> {
        let Some(recorded) = &series.until_decided else {
            return Ok(None);
        };
        let damaged =
            |what: String| AnalysisError::DamagedAgreement(series.series_id.clone(), what);
        let policy: Policy = serde_json::from_value(recorded.policy.clone())
            .map_err(|error| damaged(error.to_string()))?;
        let looks = policy.looks(&recorded.looks);
        let looks = looks.map_err(|error| damaged(error.to_string()))?;
        Ok(Some(Self { looks, policy }))
    }
}

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Gone {
    /// Its folder, if any.
    folder: Option<PathBuf>,
    finding: String,
}

impl MissingRuns {
    /// The missing runs of an experiment, by the record of its series.
    ///
    /// # Errors
    /// The record's looks or policy are not valid.
    pub(super) fn of_series(
        series: &Series,
        name: &str,
        results: &Path,
    ) -> Result<Self, AnalysisError> {
        let mut absent = Self {
            agreed: Agreed::of(series)?.map(Box::new),
            ..Self::default()
        };
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
                    let reason = run.reason.as_deref().unwrap_or("the reason is not known");
                    absent.failed.push(Gone {
                        folder: run.run.as_ref().map(|run| results.join(run)),
                        finding: format!("{of} failed: {reason}"),
                    });
                    continue;
                }
                SeriesRunState::NotNeeded => continue,
                SeriesRunState::Planned => "is still to be made",
                SeriesRunState::Running => "has not ended, or was killed",
                SeriesRunState::Interrupted => "was interrupted",
            };
            absent.still_to_be_made.push(format!("{of} {to_be_made}"));
        }
        Ok(absent)
    }

    /// Adds earlier attempts that failed. Interrupted ones are ignored, because they show nothing about the system.
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

    /// Removes runs that are compared after all.
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

    #[cfg(test)]
    pub(super) fn with_agreement(agreed: Agreed) -> Self {
        Self {
            agreed: Some(Box::new(agreed)),
            ..Self::default()
        }
    }

    /// The settings fixed before the first run, for a series that ends as soon as it is decided.
    #[must_use]
    pub fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_deref()
    }

    /// Adds the missing runs of another selection, each once.
    pub fn add(&mut self, other: Self) {
        self.agreed = self.agreed.take().or(other.agreed);
        self.failed = unique(self.failed.drain(..).chain(other.failed));
        let to_be_made = self.still_to_be_made.drain(..);
        self.still_to_be_made = unique(to_be_made.chain(other.still_to_be_made));
    }

    /// Descriptions of failed runs. Each is an objection to the comparison.
    pub fn failed(&self) -> impl Iterator<Item = &str> {
        self.failed.iter().map(|gone| gone.finding.as_str())
    }

    /// Descriptions of runs of a series that are still to be made. Until then rows stay open.
    pub(super) fn still_to_be_made(&self) -> &[String] {
        &self.still_to_be_made
    }
}
