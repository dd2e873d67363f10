//! Resumes a series, if its further runs are comparable with the earlier ones.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use workbench_plan::Plan;
use workbench_samples::{Host, RunLock, Series, SeriesChange, SeriesExperiment, SweepPoint, Tool};

use super::create::{recorded, sha256};
use super::{OpenSeries, SeriesFolder};
use crate::outcome;
use crate::run::tool;

/// How long a child process may take to end after its parent was killed. Requests in flight have 3 s. Our choice.
const SIDES_END: Duration = Duration::from_secs(15);

/// Opens the series of this id, or the newest, for its missing runs.
///
/// Changes since it was planned are an error or, with `force`, are recorded.
pub(crate) fn reopen(results: &Path, id: Option<&str>, force: bool) -> anyhow::Result<OpenSeries> {
    let folder = SeriesFolder::open(results, id)?;
    let mut record = Series::read(folder.path())?;
    wait_for_sides(&record, results)?;
    let files = read_files(&record)?;
    let plans = plans(&record, &files)?;
    let missing = record.runs.iter().find(|run| run.state.is_missing());
    if let Some(missing) = missing {
        let mut differences =
            differences(&record, &plans, &tool(), &workbench_load::describe_host());
        differences.extend(new_points(&record, &files));
        if !differences.is_empty() && !force {
            bail!(
                "series {} cannot continue as it began:\n  {}\n\
                 undo this, or begin a new series; --force continues nevertheless and records it",
                record.series_id,
                differences.join("\n  ")
            );
        }
        if !differences.is_empty() {
            let change = SeriesChange {
                from_position: missing.position,
                differences,
            };
            record.changes.push(change);
        }
    }
    let series = OpenSeries {
        folder,
        record,
        plans,
        before_verdict: false,
    };
    series.save()?;
    Ok(series)
}

/// Simultaneous runs can outlive a killed command for a short time.
fn wait_for_sides(record: &Series, results: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + SIDES_END;
    for run in record.runs.iter().filter_map(|run| run.run.as_ref()) {
        while RunLock::is_held(&results.join(run)) {
            if Instant::now() >= deadline {
                bail!("{} is still being made by another process", run.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}

/// Each file of the series once, with its current plan.
fn read_files(record: &Series) -> anyhow::Result<Vec<(PathBuf, Plan)>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for experiment in &record.experiments {
        if !files.contains(&experiment.file) {
            files.push(experiment.file.clone());
        }
    }
    let plans = outcome::read_plans(&files)?;
    Ok(files.into_iter().zip(plans).collect())
}

/// The plan of each experiment of the record, at its point.
fn plans(record: &Series, files: &[(PathBuf, Plan)]) -> anyhow::Result<Vec<Plan>> {
    let plan = |experiment: &SeriesExperiment| {
        let of_file = files.iter().filter(|(file, _)| *file == experiment.file);
        let mut points = of_file.flat_map(|(_, plan)| plan.points());
        let found = points.find(|(point, _)| point.map(recorded) == experiment.point);
        let found = found.map(|(_, plan)| plan).with_context(|| {
            let file = experiment.file.display();
            let changed = match &experiment.point {
                Some(SweepPoint { parameter, value }) => {
                    format!("{file} is no longer swept at {parameter}={value}")
                }
                None => format!("{file} has become a sweep"),
            };
            let id = &record.series_id;
            format!("series {id} cannot go on: {changed}; undo this, or begin a new series")
        })?;
        let moved = found.with_urls(&experiment.urls);
        moved.map_err(|why| {
            let (id, file) = (&record.series_id, experiment.file.display());
            anyhow::anyhow!("series {id} cannot go on: {file}: {why}")
        })
    };
    record.experiments.iter().map(plan).collect()
}

/// Descriptions of points that were added to a sweep since the series was planned; they are not run.
fn new_points(record: &Series, files: &[(PathBuf, Plan)]) -> Vec<String> {
    let mut new = Vec::new();
    for (file, plan) in files {
        for point in plan.points().into_iter().filter_map(|(point, _)| point) {
            let is_known =
                |it: &SeriesExperiment| it.file == *file && it.point == Some(recorded(point));
            if !record.experiments.iter().any(is_known) {
                new.push(format!("{} is swept at {point} too now", file.display()));
            }
        }
    }
    new
}

/// Descriptions of changes since the series was planned.
fn differences(record: &Series, plans: &[Plan], tool: &Tool, host: &Host) -> Vec<String> {
    let mut differences = Vec::new();
    for (experiment, plan) in record.experiments.iter().zip(plans) {
        // Comments and the order of keys do not matter.
        if sha256(&plan.stored()) != experiment.sha256 {
            differences.push(format!("{} has changed", experiment.file.display()));
        }
    }
    let mut compare = |what: &str, was: &dyn ToString, is: &dyn ToString| {
        let (was, is) = (was.to_string(), is.to_string());
        if was != is {
            differences.push(format!("{what} was {was} and is {is}"));
        }
    };
    let commit = |tool: &Tool| tool.commit.clone().unwrap_or_else(|| "unknown".to_owned());
    compare("the program's version", &record.tool.version, &tool.version);
    compare("the program's commit", &commit(&record.tool), &commit(tool));
    let was = &record.host;
    compare("the machine", &was.name, &host.name);
    compare("the kernel", &was.kernel, &host.kernel);
    compare("the processor", &was.cpu, &host.cpu);
    compare("the number of processors", &was.cpus, &host.cpus);
    compare("the memory in bytes", &was.memory_bytes, &host.memory_bytes);
    differences
}
