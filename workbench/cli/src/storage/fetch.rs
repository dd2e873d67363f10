//! Runs downloaded from object storage.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use workbench_samples::{MANIFEST_FILE, SAMPLES_FOLDER, replace_file};

use super::Stored;
use super::bucket::Bucket;
use crate::outcome;

/// Marks the folder of a downloaded run. Only such a folder is downloaded again.
pub(super) const FETCHED_FILE: &str = "fetched-from";

/// Whether a path is the URL of object storage.
pub(crate) fn is_url(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with("s3://"))
}

/// Downloads a run, or all runs of an experiment or a prefix, below `results`. Returns the folder that corresponds to
/// the URL.
///
/// Existing files are not downloaded again, and a run that was made here is not changed.
///
/// # Errors
/// No run at the URL, a folder that would be overwritten, and errors of the storage or the file system.
pub(crate) fn fetch(url: &str, results: &Path) -> anyhow::Result<PathBuf> {
    let url = super::url(url).map_err(anyhow::Error::msg)?;
    let bucket = Bucket::open(&url)?;
    let stored = bucket
        .list()
        .with_context(|| format!("cannot read {url}"))?;
    let runs = runs(&stored);
    let Some(depth) = runs.iter().map(|run| run.components().count()).max() else {
        bail!("there is no run in {url}");
    };
    let above = place(&url, depth).with_context(|| {
        format!("{url} is a run without an experiment: name it s3://BUCKET/…/EXPERIMENT/RUN")
    })?;
    let folder = results.join(above);
    for run in &runs {
        let local = folder.join(run);
        let marker = local.join(FETCHED_FILE);
        if local.exists() && !marker.exists() {
            bail!(
                "{} is there already, and was not downloaded: analyze it, or name another folder with --results",
                local.display()
            );
        }
        fs::create_dir_all(&local)
            .and_then(|()| fs::write(&marker, &url))
            .with_context(|| format!("cannot write {}", local.display()))?;
    }
    let mut fetched = 0;
    let of_runs = |(name, _): &&Stored| runs.iter().any(|run| name.starts_with(run));
    for (name, bytes) in stored.iter().filter(of_runs) {
        let file = folder.join(name);
        // Parts of samples never change.
        let is_part = name.parent().is_some_and(|it| it.ends_with(SAMPLES_FOLDER));
        let length = fs::metadata(&file).map(|metadata| metadata.len());
        if is_part && length.is_ok_and(|length| length == *bytes) {
            continue;
        }
        let content = bucket
            .get(name)
            .with_context(|| format!("cannot read {url}/{}", name.display()))?;
        fs::create_dir_all(file.parent().unwrap_or(&folder))
            .and_then(|()| replace_file(&file, &content))
            .with_context(|| format!("cannot write {}", file.display()))?;
        fetched += 1;
    }
    outcome::note(&format!(
        "downloaded {fetched} files to {}",
        folder.display()
    ));
    Ok(folder)
}

/// The folders of runs among objects; that of a run in segments is the one that holds these.
fn runs(stored: &[Stored]) -> BTreeSet<PathBuf> {
    let names = stored.iter().map(|(name, _)| name);
    let manifests = names.filter(|it| it.file_name().is_some_and(|it| it == MANIFEST_FILE));
    let folders = manifests.filter_map(|it| it.parent());
    let is_segment = |folder: &Path| {
        let name = folder.file_name().map(|it| it.to_string_lossy());
        name.is_some_and(|it| it.starts_with("segment-"))
    };
    let runs = folders.map(|folder| match folder.parent() {
        Some(run) if is_segment(folder) => run.to_owned(),
        _ => folder.to_owned(),
    });
    runs.collect()
}

/// The folder below the results folder for a URL whose runs are `depth` folders below it. A run is two folders below
/// the results, in that of its experiment.
fn place(url: &str, depth: usize) -> Option<PathBuf> {
    let path = url.strip_prefix("s3://")?;
    let names: Vec<&str> = path.split('/').skip(1).collect();
    let wanted = 2_usize.saturating_sub(depth);
    let from = names.len().checked_sub(wanted)?;
    Some(names[from..].iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Vec<String> {
        let stored = names.iter().map(|name| (name.into(), 1));
        let runs = runs(&stored.collect::<Vec<_>>());
        runs.iter().map(|it| it.display().to_string()).collect()
    }

    #[test]
    fn runs_are_found_at_a_url_below_it_and_in_segments() {
        assert_eq!(
            found(&["manifest.json", "samples/part-00000.parquet"]),
            [""]
        );
        assert_eq!(found(&["segment-1-of-2/manifest.json"]), [""]);
        assert_eq!(
            found(&[
                "shop/one/manifest.json",
                "shop/two/segment-1-of-2/manifest.json",
                "shop/two/segment-2-of-2/manifest.json",
                ".writable",
            ]),
            ["shop/one", "shop/two"]
        );
        assert!(found(&[".writable"]).is_empty());
    }

    #[test]
    fn a_run_is_placed_in_the_folder_of_its_experiment() {
        let place = |url: &str, depth| place(url, depth).map(|it| it.display().to_string());
        assert_eq!(
            place("s3://b/load/shop/one", 0).as_deref(),
            Some("shop/one")
        );
        assert_eq!(place("s3://b/load/shop", 1).as_deref(), Some("shop"));
        assert_eq!(place("s3://b/load", 2).as_deref(), Some(""));
        assert_eq!(place("s3://b", 2).as_deref(), Some(""));
        assert_eq!(place("s3://b/one", 0), None);
    }
}
