//! The folder that a run is kept in.

use std::path::{Path, PathBuf};

use crate::error::LoadError;

/// A new folder for one run.
#[derive(Debug)]
pub struct RunDirectory {
    pub(crate) path: PathBuf,
    /// Its name: UTC time and a short id.
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
        let run_id = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self { path, run_id })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes back the folder of a run that never began.
    pub(crate) fn remove(&self) {
        // Left behind, an empty run would only be in the way of the next analysis.
        let _ = std::fs::remove_dir_all(&self.path);
        if let Some(experiment) = self.path.parent() {
            // Stays where it holds other runs.
            let _ = std::fs::remove_dir(experiment);
        }
    }
}
