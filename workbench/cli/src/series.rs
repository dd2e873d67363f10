//! A series: experiments, or the points of a sweep, repeated in blocks, recorded run by run, so that it can be resumed.

mod create;
mod decide;
mod folder;
mod make;
mod resume;
mod simultaneous;
mod summary;

use std::path::{Path, PathBuf};

use workbench_plan::Plan;
use workbench_samples::{Manifest, Series, SeriesExperiment, SeriesOrder, SweepPoint};

pub(crate) use create::{Given, Options, create};
pub(crate) use decide::{check_that_it_can_pass, looks, until_decided};
pub(crate) use folder::find as find_series;
pub(crate) use folder::finished_runs;
pub(crate) use make::make;
pub(crate) use resume::reopen;

use crate::outcome;
use folder::SeriesFolder;

/// An open series, locked against other processes.
pub(crate) struct OpenSeries {
    folder: SeriesFolder,
    record: Series,
    /// By position of the experiment in the record.
    plans: Vec<Plan>,
    /// Whether a verdict follows on stdout. Texts on runs then go to stderr.
    before_verdict: bool,
}

impl OpenSeries {
    /// Keeps stdout for the verdict that follows.
    pub(crate) fn before_verdict(mut self) -> Self {
        self.before_verdict = true;
        self
    }

    fn say(&self, text: &str) -> anyhow::Result<()> {
        if self.before_verdict {
            outcome::note(text.trim_end());
            return Ok(());
        }
        outcome::print(text)
    }

    /// The folder of its record.
    pub(crate) fn directory(&self) -> &Path {
        self.folder.path()
    }

    /// The plan of a run, which is named by its position in the record.
    fn plan(&self, run: usize) -> &Plan {
        self.experiment(run).1
    }

    /// The point of its sweep that a run is made at.
    fn point(&self, run: usize) -> Option<&SweepPoint> {
        self.experiment(run).0.point.as_ref()
    }

    fn experiment(&self, run: usize) -> (&SeriesExperiment, &Plan) {
        let name = &self.record.runs[run].experiment;
        let experiments = self.record.experiments.iter();
        experiments
            .zip(&self.plans)
            .find(|(it, _)| it.name == *name)
            .expect("a record's runs are those of its experiments")
    }

    /// The experiments with runs still to be made, by name within the series.
    pub(crate) fn missing(&self) -> impl Iterator<Item = (&str, &Plan)> {
        let experiments = self.record.experiments.iter().zip(&self.plans);
        experiments
            .filter(|(experiment, _)| {
                let mut runs = self.record.runs.iter();
                runs.any(|run| run.experiment == experiment.name && run.state.is_missing())
            })
            .map(|(experiment, plan)| (experiment.name.as_str(), plan))
    }

    /// The check of [`create`] for simultaneous runs, for a resumed series.
    pub(crate) fn check_together(&self) -> anyhow::Result<()> {
        if let SeriesOrder::Together { .. } = self.record.order
            && !self.record.is_over()
        {
            let names = self.record.experiments.iter().map(|it| it.name.as_str());
            simultaneous::check(&names.collect::<Vec<_>>(), &self.plans)?;
        }
        Ok(())
    }

    /// Writes the record.
    fn save(&self) -> anyhow::Result<()> {
        Ok(self.record.write(self.folder.path())?)
    }

    /// The manifest that a run left, if it got that far.
    fn manifest(&self, results: &Path, run: usize) -> Option<(PathBuf, Manifest)> {
        let directory = results.join(self.record.runs[run].run.as_ref()?);
        let manifest = Manifest::read(&directory).ok()?;
        Some((directory, manifest))
    }
}
