//! A series: experiments repeated in blocks, recorded run by run, so that it can be resumed.

mod create;
mod folder;
mod make;
mod resume;
mod summary;

use std::path::{Path, PathBuf};

use workbench_plan::Plan;
use workbench_samples::{Manifest, Series};

pub(crate) use create::{Options, create};
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
        let name = &self.record.runs[run].experiment;
        let experiments = self.record.experiments.iter();
        let experiment = experiments
            .zip(&self.plans)
            .find(|(it, _)| it.name == *name);
        experiment
            .expect("a record's runs are those of its experiments")
            .1
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
