//! The folder of a run.

use std::path::{Path, PathBuf};

use workbench_plan::Segment;

use crate::error::LoadError;

/// A new folder for one run.
#[derive(Debug)]
pub struct RunDirectory {
    pub(crate) path: PathBuf,
    /// Its name: UTC time and a short id. That of a segment is the name of the folder that holds those of all.
    pub(crate) run_id: String,
}

impl RunDirectory {
    /// Creates `results/<experiment>/<UTC time>-<short id>`.
    ///
    /// # Errors
    /// [`LoadError::Results`] where the results folder cannot be written.
    pub fn create(results: &Path, experiment: &str) -> Result<Self, LoadError> {
        let parent = results.join(experiment);
        let path = workbench_samples::create_dated_folder(&parent).map_err(|source| {
            LoadError::Results {
                path: parent.clone(),
                source,
            }
        })?;
        Ok(Self::made(path))
    }

    /// Creates `results/<experiment>/<run id>/segment-<number>-of-<number>`.
    ///
    /// # Errors
    /// [`LoadError::SegmentExists`] where the segment was made already, [`LoadError::Results`] where the results folder
    /// cannot be written.
    pub fn create_segment(
        results: &Path,
        experiment: &str,
        run_id: &str,
        segment: Segment,
    ) -> Result<Self, LoadError> {
        let run = results.join(experiment).join(run_id);
        let path = run.join(workbench_samples::segment_folder(
            segment.number(),
            segment.of(),
        ));
        let created = std::fs::create_dir_all(&run).and_then(|()| std::fs::create_dir(&path));
        match created {
            Ok(()) => Ok(Self {
                path,
                run_id: run_id.to_owned(),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(LoadError::SegmentExists { path })
            }
            Err(source) => Err(LoadError::Results { path, source }),
        }
    }

    /// A folder that [`RunDirectory::create`] made in another process, for a run that has not begun.
    #[must_use]
    pub fn made(path: PathBuf) -> Self {
        let run_id = name(&path);
        Self { path, run_id }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder of a run that never began.
    pub(crate) fn remove(&self) {
        // An empty run would disturb the next analysis.
        let _ = std::fs::remove_dir_all(&self.path);
        // The folders of the run and of its experiment stay if they are not empty.
        let is_segment = name(&self.path) != self.run_id;
        for above in self
            .path
            .ancestors()
            .skip(1)
            .take(1 + usize::from(is_segment))
        {
            let _ = std::fs::remove_dir(above);
        }
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
