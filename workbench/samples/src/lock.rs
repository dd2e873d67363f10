//! Locks that show whether the process of a run is still running.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file in the run's folder that is locked while the run is made.
const LOCK_FILE: &str = "running.lock";

/// A lock on a run's folder, which the system releases when the process ends.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    /// Locked as long as it is open.
    _file: File,
}

impl RunLock {
    /// Locks a run's folder until this is dropped.
    ///
    /// # Errors
    /// An I/O error; some know no locks.
    pub fn hold(run_directory: &Path) -> io::Result<Self> {
        let path = run_directory.join(LOCK_FILE);
        let file = File::create(&path)?;
        file.try_lock()?;
        Ok(Self { path, _file: file })
    }

    /// Writes a text into the lock file of a held folder, for other processes.
    ///
    /// # Errors
    /// An I/O error.
    pub fn note(run_directory: &Path, text: &str) -> io::Result<()> {
        std::fs::write(run_directory.join(LOCK_FILE), text)
    }

    /// The text in the lock file of a folder; `None` if the folder is not held.
    #[must_use]
    pub fn noted(run_directory: &Path) -> Option<String> {
        let is_held = Self::is_held(run_directory);
        let noted = is_held.then(|| std::fs::read_to_string(run_directory.join(LOCK_FILE)));
        noted.and_then(Result::ok)
    }

    /// Whether a process of this machine is making the run in a folder.
    #[must_use]
    pub fn is_held(run_directory: &Path) -> bool {
        let file = File::open(run_directory.join(LOCK_FILE));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A remaining file is harmless, since it is not locked.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_as_long_as_its_run_is_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!RunLock::is_held(folder.path()));
        let lock = RunLock::hold(folder.path()).unwrap();
        assert!(RunLock::is_held(folder.path()));
        drop(lock);
        assert!(!RunLock::is_held(folder.path()));
        // As a process that is killed leaves it.
        std::fs::write(folder.path().join(LOCK_FILE), "").unwrap();
        assert!(!RunLock::is_held(folder.path()));
    }
}
