//! Combines the segments of a run into one run.
//!
//! The run's folder becomes an ordinary run folder, beside those of its segments: `record` merges the manifests,
//! `judge` makes the validity checks, `readings` merges the resource readings, and samples are hard links to the
//! segments' own. So all commands that read runs can read it.

mod judge;
mod readings;
mod record;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use workbench_samples::{
    Failures, Manifest, ResourceWriter, RunLock, SAMPLES_FOLDER, SampleBatch, SegmentPlace,
    sample_batches, sample_parts, segment_folders,
};

use crate::error::AnalysisError;
use crate::read::experiment::EXPERIMENT_FILE;
use judge::name;

/// A segment with its folder.
struct Part {
    folder: PathBuf,
    manifest: Manifest,
    place: SegmentPlace,
}

/// Combines the segments in a folder. It is repeated at each call, because there may be more segments. A folder without
/// segments is not changed.
///
/// # Errors
/// A segment that is still running, segments of different experiments, and I/O errors.
pub fn combine(run: &Path) -> Result<(), AnalysisError> {
    let folders = segment_folders(run).map_err(AnalysisError::reading(run))?;
    let mut parts = Vec::new();
    for folder in folders {
        if RunLock::is_held(&folder) {
            return Err(AnalysisError::SegmentRunning(folder));
        }
        // Without a manifest the segment counts as missing.
        if folder.join(workbench_samples::MANIFEST_FILE).is_file() {
            parts.push(read(run, folder)?);
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    parts.sort_by_key(|part| part.place.number);
    let experiment = experiment(run, &parts)?;
    let samples = link_samples(run, &parts)?;
    write_readings(run, &parts)?;
    write_failures(run, &parts)?;
    let path = run.join(EXPERIMENT_FILE);
    let schedule = workbench_plan::parse(&experiment, &path)?.schedule();
    fs::write(&path, experiment).map_err(AnalysisError::writing(&path))?;
    // Last: without it a folder is not a run.
    record::manifest(&parts, &schedule, samples).write(run)?;
    Ok(())
}

fn read(run: &Path, folder: PathBuf) -> Result<Part, AnalysisError> {
    let manifest = Manifest::read(&folder)?;
    let Some(place) = manifest.segment.clone() else {
        let what = format!("{} is a whole run", folder.display());
        return Err(AnalysisError::SegmentsDiffer(run.to_owned(), what));
    };
    let place = SegmentPlace {
        started_at: manifest.started_at,
        ..place
    };
    Ok(Part {
        folder,
        manifest,
        place,
    })
}

/// The experiment of all segments.
fn experiment(run: &Path, parts: &[Part]) -> Result<String, AnalysisError> {
    let differ = |what: String| AnalysisError::SegmentsDiffer(run.to_owned(), what);
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        let path = part.folder.join(EXPERIMENT_FILE);
        texts.push(fs::read_to_string(&path).map_err(AnalysisError::reading(&path))?);
    }
    let (first, text) = (&parts[0], &texts[0]);
    for (part, other) in parts.iter().zip(&texts).skip(1) {
        let both = format!("{} and {}", name(&first.place), name(&part.place));
        if part.place.of != first.place.of || part.place.number > part.place.of {
            return Err(differ(both));
        }
        if other != text || part.manifest.seed != first.manifest.seed {
            return Err(differ(format!("{both} are of different experiments")));
        }
        if part.manifest.run_id != first.manifest.run_id {
            let (one, other) = (&first.manifest.run_id, &part.manifest.run_id);
            return Err(differ(format!("of the runs {one} and {other}")));
        }
    }
    let mut numbers = parts.iter().map(|part| part.place.number);
    let mut last = 0;
    match numbers.find(|number| std::mem::replace(&mut last, *number) == *number) {
        Some(twice) => Err(differ(format!("segment {twice} is there twice"))),
        None => Ok(texts.swap_remove(0)),
    }
}

/// Links the segments' parts in the order in which they were written. Returns the number of samples.
fn link_samples(run: &Path, parts: &[Part]) -> Result<usize, AnalysisError> {
    let mut all: Vec<(usize, PathBuf)> = Vec::new();
    for part in parts {
        let of_segment = sample_parts(&part.folder.join(SAMPLES_FOLDER))?;
        all.extend(of_segment.into_iter().enumerate());
    }
    all.sort_by_key(|(position, _)| *position);
    let samples = run.join(SAMPLES_FOLDER);
    let unfinished = run.join(format!("{SAMPLES_FOLDER}.unfinished"));
    let linked = remove(&unfinished)
        .and_then(|()| fs::create_dir_all(&unfinished))
        .and_then(|()| {
            all.iter().enumerate().try_for_each(|(number, (_, part))| {
                let to = unfinished.join(format!("part-{number:05}.parquet"));
                // Some file systems have no links.
                fs::hard_link(part, &to).or_else(|_| fs::copy(part, &to).map(|_| ()))
            })
        })
        .and_then(|()| remove(&samples))
        .and_then(|()| fs::rename(&unfinished, &samples));
    linked.map_err(AnalysisError::writing(&samples))?;
    // The analysis reports missing samples.
    let batches = sample_batches(&samples).unwrap_or_default();
    Ok(batches.iter().map(SampleBatch::count).sum())
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_readings(run: &Path, parts: &[Part]) -> Result<(), AnalysisError> {
    let readings = readings::together(parts)?;
    if readings.is_empty() {
        return Ok(());
    }
    let mut writer = ResourceWriter::new(run);
    writer.write_part(&readings)?;
    writer.finish()?;
    Ok(())
}

fn write_failures(run: &Path, parts: &[Part]) -> Result<(), AnalysisError> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(Failures::read(&part.folder)?);
    }
    if !all.is_empty() {
        Failures::together(all).write(run)?;
    }
    Ok(())
}
