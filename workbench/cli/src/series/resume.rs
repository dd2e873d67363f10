//! Taking up a series that was left, provided that its other runs can be compared with the first ones.

use std::path::{Path, PathBuf};

use anyhow::bail;
use workbench_plan::Plan;
use workbench_samples::{Host, Series, SeriesChange, Tool};

use super::create::sha256;
use super::{OpenSeries, SeriesFolder};
use crate::outcome;
use crate::run::tool;

/// Opens the series of this id, or the newest, for what is missing of it.
///
/// What has changed since it was planned makes this an error, or, with `force`, an entry in its record.
pub(crate) fn reopen(results: &Path, id: Option<&str>, force: bool) -> anyhow::Result<OpenSeries> {
    let folder = SeriesFolder::open(results, id)?;
    let mut record = Series::read(folder.path())?;
    let files: Vec<PathBuf> = record
        .experiments
        .iter()
        .map(|it| it.file.clone())
        .collect();
    let plans = outcome::read_plans(&files)?;
    let missing = record.runs.iter().find(|run| !run.state.is_over());
    if let Some(missing) = missing {
        let differences = differences(&record, &plans, &tool(), &workbench_load::describe_host());
        if !differences.is_empty() && !force {
            bail!(
                "series {} cannot go on as it began:\n  {}\n\
                 undo this, or begin a new series; --force goes on all the same and records it",
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
    };
    series.save()?;
    Ok(series)
}

/// What is not as it was when the series was planned, in words.
fn differences(record: &Series, plans: &[Plan], tool: &Tool, host: &Host) -> Vec<String> {
    let mut differences = Vec::new();
    for (experiment, plan) in record.experiments.iter().zip(plans) {
        // Comments and the order of keys are no part of what is run.
        if sha256(&plan.without_password().to_yaml()) != experiment.sha256 {
            differences.push(format!(
                "{} is not the experiment that it was",
                experiment.file.display()
            ));
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
