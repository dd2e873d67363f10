//! Copies folders to object storage while they grow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use workbench_samples::{SAMPLES_FOLDER, segment_folders};

use super::bucket::Bucket;
use super::fetch::FETCHED_FILE;
use crate::exit::Exit;
use crate::outcome;

/// Interval of searching folders for new files: that of writing samples.
const INTERVAL: Duration = Duration::from_secs(2);

/// Object that is written first, so that unwritable storage is reported before any run.
const WRITABLE: &str = ".writable";

/// Copies folders of runs to object storage, or does nothing.
pub(crate) struct Upload(Option<Running>);

/// The folders that are copied. Can be shared by several runs.
#[derive(Clone, Default)]
pub(crate) struct Folders(Option<Arc<Shared>>);

struct Running {
    url: String,
    shared: Arc<Shared>,
    thread: JoinHandle<anyhow::Result<usize>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    folders: Vec<PathBuf>,
    is_over: bool,
}

impl Upload {
    /// Copies nothing.
    pub(crate) fn nothing() -> Self {
        Self(None)
    }

    /// Begins to copy to `s3://BUCKET/PREFIX`: `results/EXPERIMENT/RUN` becomes `PREFIX/EXPERIMENT/RUN`.
    ///
    /// # Errors
    /// Storage that cannot be written, and a build without storage.
    pub(crate) fn begin(url: &str, results: &Path) -> anyhow::Result<Self> {
        let bucket = Bucket::open(url)?;
        bucket
            .put(Path::new(WRITABLE), Vec::new())
            .with_context(|| format!("cannot write to {url}"))?;
        let shared = Arc::new(Shared::default());
        let mut copying = Copying {
            bucket,
            url: url.to_owned(),
            results: std::path::absolute(results)?,
            copied: BTreeMap::new(),
            is_failing: false,
        };
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("upload".to_owned())
            .spawn(move || copying.until_over(&of_thread))
            .context("cannot start a thread")?;
        Ok(Self(Some(Running {
            url: url.to_owned(),
            shared,
            thread,
        })))
    }

    /// The handle to add folders.
    pub(crate) fn folders(&self) -> Folders {
        Folders(self.0.as_ref().map(|running| Arc::clone(&running.shared)))
    }

    /// Copies the rest, whatever the outcome of the command.
    ///
    /// # Errors
    /// The command's own error, else that of copying. All files are on this machine.
    pub(crate) fn finish_after(self, done: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
        match (done, self.finish()) {
            (done, Ok(())) => done,
            (Ok(exit), Err(error)) => {
                outcome::note(&format!("error: {error:#}"));
                Ok(exit.and(Exit::Failure))
            }
            (Err(first), Err(error)) => {
                outcome::note(&format!("error: {error:#}"));
                Err(first)
            }
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        let Some(running) = self.0 else {
            return Ok(());
        };
        running.shared.lock().is_over = true;
        running.shared.changed.notify_all();
        let url = running.url;
        let copied = running.thread.join();
        let copied = copied.unwrap_or_else(|_| Err(anyhow::anyhow!("its thread has ended")));
        let files = copied.with_context(|| {
            format!(
                "not everything is in {url}; nothing is lost: `workbench analyze RUN --store {url}` copies what is missing"
            )
        })?;
        outcome::note(&format!("copied {files} files to {url}"));
        Ok(())
    }
}

impl Folders {
    /// Copies a folder from now on.
    pub(crate) fn add(&self, folder: &Path) {
        if let Some(shared) = &self.0 {
            // An empty path has no absolute form.
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            shared.lock().folders.push(folder);
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of the thread.
struct Copying {
    bucket: Bucket,
    url: String,
    results: PathBuf,
    /// By name of the object.
    copied: BTreeMap<PathBuf, Version>,
    is_failing: bool,
}

/// The version of a file, by which changes are detected.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Copying {
    /// Copies until the end. Returns the number of files.
    fn until_over(&mut self, shared: &Shared) -> anyhow::Result<usize> {
        loop {
            let state = shared.lock();
            let waited = shared
                .changed
                .wait_timeout_while(state, INTERVAL, |state| !state.is_over);
            let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let (folders, is_over) = (state.folders.clone(), state.is_over);
            drop(state);
            let copied = self.copy(&folders);
            if is_over {
                copied?;
                self.remove_what_has_gone(&folders)?;
                return Ok(self.copied.len());
            }
            match copied {
                Ok(()) => self.is_failing = false,
                // Reported once until copying succeeds again.
                Err(error) if !self.is_failing => {
                    self.is_failing = true;
                    let url = &self.url;
                    outcome::note(&format!(
                        "warning: cannot copy to {url}, goes on trying: {error:#}"
                    ));
                }
                Err(_) => {}
            }
        }
    }

    /// Copies every new or changed file.
    fn copy(&mut self, folders: &[PathBuf]) -> anyhow::Result<()> {
        for folder in folders {
            for (file, version) in files_of_run(folder)? {
                let name = self.name(folder, &file);
                if self.copied.get(&name) == Some(&version) {
                    continue;
                }
                let content = match fs::read(&file) {
                    Ok(content) => content,
                    // A part of readings that was merged meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error).with_context(|| file.display().to_string()),
                };
                let put = self.bucket.put(&name, content);
                put.with_context(|| format!("cannot copy {}", file.display()))?;
                self.copied.insert(name, version);
            }
        }
        Ok(())
    }

    /// Removes objects of parts that were merged.
    fn remove_what_has_gone(&mut self, folders: &[PathBuf]) -> anyhow::Result<()> {
        let mut there = BTreeSet::new();
        for folder in folders {
            let files = files_of_run(folder)?.into_keys();
            there.extend(files.map(|file| self.name(folder, &file)));
        }
        let gone: Vec<PathBuf> = self.copied.keys().cloned().collect();
        for name in gone.into_iter().filter(|name| !there.contains(name)) {
            self.bucket.delete(&name)?;
            self.copied.remove(&name);
        }
        Ok(())
    }

    /// The name of a file's object. A run outside of the results folder is named as if it were inside.
    fn name(&self, folder: &Path, file: &Path) -> PathBuf {
        let above = if folder.starts_with(&self.results) {
            &self.results
        } else {
            folder.ancestors().nth(2).unwrap_or(folder)
        };
        file.strip_prefix(above).unwrap_or(file).to_owned()
    }
}

/// The files of a run's folder that are complete. The samples of a run in segments are those of its segments.
fn files_of_run(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, Version>> {
    let failed = || format!("cannot read {}", folder.display());
    let mut files = BTreeMap::new();
    add_files(folder, &mut files).with_context(failed)?;
    if !segment_folders(folder).with_context(failed)?.is_empty() {
        let links = folder.join(SAMPLES_FOLDER);
        files.retain(|file, _| !file.starts_with(&links));
    }
    Ok(files)
}

fn add_files(folder: &Path, files: &mut BTreeMap<PathBuf, Version>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        // Removed: its run never began.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let metadata = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_unfinished = name.ends_with(".tmp") || name.ends_with(".unfinished");
        if is_unfinished || name == "running.lock" || name == FETCHED_FILE {
            continue;
        }
        if metadata.is_dir() {
            add_files(&path, files)?;
        } else {
            let version = Version {
                bytes: metadata.len(),
                modified: metadata.modified().ok(),
            };
            files.insert(path, version);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_files_are_copied_and_those_of_segments_once() {
        let results = tempfile::tempdir().unwrap();
        let run = results.path().join("shop/one");
        for name in [
            "manifest.json",
            "running.lock",
            "samples/part-00000.parquet",
            "samples/part-00001.parquet.tmp",
            "figures/throughput.svg",
        ] {
            let path = run.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let names = || -> Vec<String> {
            let files = files_of_run(&run).unwrap().into_keys();
            let below = files.map(|it| it.strip_prefix(&run).unwrap().display().to_string());
            below.collect()
        };
        assert_eq!(
            names(),
            [
                "figures/throughput.svg",
                "manifest.json",
                "samples/part-00000.parquet"
            ]
        );
        fs::create_dir_all(run.join("segment-1-of-1/samples")).unwrap();
        fs::write(run.join("segment-1-of-1/samples/part-00000.parquet"), "").unwrap();
        assert_eq!(
            names(),
            [
                "figures/throughput.svg",
                "manifest.json",
                "segment-1-of-1/samples/part-00000.parquet"
            ]
        );
        fs::remove_dir_all(&run).unwrap();
        assert!(files_of_run(&run).unwrap().is_empty());
    }
}
