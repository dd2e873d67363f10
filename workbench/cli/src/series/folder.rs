//! The folders of series: `results/series/<id>/`, each locked by one process at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use workbench_samples::{SERIES_FILE, SERIES_FOLDER, Series, SeriesRun, SeriesRunState};

use crate::outcome;

/// The folder of one series, locked for as long as this lives, or until the process is killed.
pub(super) struct SeriesFolder {
    path: PathBuf,
    _lock: File,
}

impl SeriesFolder {
    pub(super) fn create(results: &Path) -> anyhow::Result<Self> {
        let parent = results.join(SERIES_FOLDER);
        let path = workbench_samples::create_dated_folder(&parent)
            .with_context(|| format!("cannot write results to {}", parent.display()))?;
        Self::lock(path)
    }

    /// The series of this id, or the newest.
    pub(super) fn open(results: &Path, id: Option<&str>) -> anyhow::Result<Self> {
        Self::lock(find(results, id)?)
    }

    fn lock(path: PathBuf) -> anyhow::Result<Self> {
        let cannot = || format!("cannot lock {}", path.display());
        let lock = File::open(&path).with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("series {} is being run by another process", name(&path))
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn id(&self) -> String {
        name(&self.path)
    }
}

/// The folder of the series of this id, which may be the path of that folder, or of the newest.
pub(crate) fn find(results: &Path, id: Option<&str>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = id
        .map(Path::new)
        .filter(|it| it.join(SERIES_FILE).is_file())
    {
        return in_results(results, folder);
    }
    let all = all(results)?;
    let Some(newest) = all.last() else {
        bail!(
            "{} holds no series; make one with `workbench run FILE… --repetitions N`",
            results.display()
        );
    };
    let Some(id) = id else {
        return Ok(newest.clone());
    };
    match all.iter().find(|path| name(path) == id) {
        Some(path) => Ok(path.clone()),
        None => bail!(
            "{} holds no series {id}; the newest is {}",
            results.display(),
            name(newest)
        ),
    }
}

/// The folder of a series as one of these results.
fn in_results(results: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    // A path may be `.`, whose parents cannot be read off it.
    let folder = folder.canonicalize()?;
    let here = results.join(SERIES_FOLDER).join(name(&folder));
    if here.canonicalize().is_ok_and(|here| here == folder) {
        return Ok(here);
    }
    let of = folder.ancestors().nth(2).unwrap_or(&folder);
    bail!(
        "series {} is not in {}: add --results {}",
        name(&folder),
        results.display(),
        of.display()
    )
}

/// Every series, oldest first: they are named by their time.
fn all(results: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let parent = results.join(SERIES_FOLDER);
    let entries = match std::fs::read_dir(&parent) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read {}", parent.display()))?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join(SERIES_FILE).is_file() {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The completed runs of the series in a folder, in the order of its experiments; `None` if it holds no series. Invalid
/// runs are included, because leaving them out would select runs by their results.
pub(crate) fn finished_runs(folder: &Path) -> anyhow::Result<Option<Vec<PathBuf>>> {
    if !folder.join(SERIES_FILE).is_file() {
        return Ok(None);
    }
    let series = Series::read(folder)?;
    // `folder` may be `.`, which has no parents as written.
    let folder = std::path::absolute(folder)?;
    let results = folder.ancestors().nth(2).unwrap_or(&folder);
    let place = |run: &SeriesRun| {
        let mut experiments = series.experiments.iter();
        experiments.position(|it| it.name == run.experiment)
    };
    let mut in_order = series.runs.clone();
    in_order.sort_by_key(place);
    let (mut runs, mut not_made) = (Vec::new(), 0);
    for run in in_order {
        match (run.state, run.run) {
            (SeriesRunState::Done | SeriesRunState::Invalid, Some(directory)) => {
                runs.push(results.join(directory));
            }
            (SeriesRunState::NotNeeded, _) => {}
            (SeriesRunState::Planned, _) => not_made += 1,
            _ => outcome::note(&format!(
                "passed over: run {} of series {}, {}",
                run.position, series.series_id, run.experiment
            )),
        }
    }
    if not_made > 0 {
        outcome::note(&format!(
            "runs of series {} that are not made yet: {not_made}",
            series.series_id
        ));
    }
    if runs.is_empty() {
        bail!("series {} has no run to be analysed", series.series_id);
    }
    if !series.is_over() {
        outcome::note(&format!(
            "series {id} has not ended: go on with it, `workbench run --resume {id}`",
            id = series.series_id
        ));
    }
    Ok(Some(runs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_a_series_come_in_the_order_of_its_experiments() {
        let published = Path::new("../samples/tests/published/series-version-2");
        let mut series = Series::read(published).unwrap();
        let done = series.runs.iter().position(|run| run.run.is_some());
        let done = series.runs[done.unwrap()].clone();
        // As drawn: the second experiment first.
        series.runs = [(1, 1), (2, 0), (3, 0), (4, 1)]
            .map(|(position, experiment)| SeriesRun {
                position,
                experiment: series.experiments[experiment].name.clone(),
                run: Some(PathBuf::from(format!("smoke/{position}"))),
                ..done.clone()
            })
            .into();
        let results = tempfile::tempdir().unwrap();
        let folder = results.path().join("series/first");
        std::fs::create_dir_all(&folder).unwrap();
        series.write(&folder).unwrap();

        let runs = finished_runs(&folder).unwrap().unwrap();

        let positions = ["2", "3", "1", "4"].map(|it| results.path().join("smoke").join(it));
        assert_eq!(runs, positions);
    }
}
