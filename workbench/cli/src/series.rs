//! A series: experiments, or the points of a sweep, repeated in blocks, recorded run by run, so that it can be resumed.

mod create;
mod folder;
mod make;
mod resume;
mod summary;

use std::path::{Path, PathBuf};

use workbench_plan::Plan;
use workbench_samples::{Manifest, Series, SeriesExperiment, SweepPoint};

pub(crate) use create::{Options, create};
pub(crate) use folder::find as find_series;
pub(crate) use folder::finished_runs;
pub(crate) use make::make;
pub(crate) use resume::reopen;

use folder::SeriesFolder;

/// A series in hand, which no other process works on.
pub(crate) struct OpenSeries {
    folder: SeriesFolder,
    record: Series,
    /// By position of the experiment in the record.
    plans: Vec<Plan>,
}

impl OpenSeries {
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

    /// What is still to be run, by its name within the series.
    pub(crate) fn missing(&self) -> impl Iterator<Item = (&str, &Plan)> {
        let experiments = self.record.experiments.iter().zip(&self.plans);
        experiments
            .filter(|(experiment, _)| {
                let mut runs = self.record.runs.iter();
                runs.any(|run| run.experiment == experiment.name && !run.state.is_over())
            })
            .map(|(experiment, plan)| (experiment.name.as_str(), plan))
    }

    /// Puts the record on disk as it is now.
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
