//! A new series: names, order, and what every later run has to agree with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use sha2::{Digest, Sha256};
use workbench_plan::{Order, Plan};
use workbench_samples::{
    SERIES_VERSION, Series, SeriesExperiment, SeriesOrder, SeriesRun, SeriesRunState,
};

use super::{OpenSeries, SeriesFolder};
use crate::run::tool;

/// How a series is to be made.
pub(crate) struct Options {
    pub(crate) repetitions: u32,
    pub(crate) order: Order,
    pub(crate) pause: Duration,
    pub(crate) stop_on_invalid: bool,
}

/// Plans a series and records it; nothing is run yet.
pub(crate) fn create(
    results: &Path,
    files: &[PathBuf],
    plans: Vec<Plan>,
    options: &Options,
) -> anyhow::Result<OpenSeries> {
    let folder = SeriesFolder::create(results)?;
    let experiments = experiments(files, &plans)?;
    let names: Vec<&str> = experiments.iter().map(|it| it.name.as_str()).collect();
    let record = Series {
        schema_version: SERIES_VERSION,
        series_id: folder.id(),
        order: match options.order {
            Order::Abba => SeriesOrder::Abba,
            Order::Random { seed } => SeriesOrder::Random { seed },
        },
        repetitions: options.repetitions,
        pause_ns: u64::try_from(options.pause.as_nanos()).unwrap_or(u64::MAX),
        stop_on_invalid: options.stop_on_invalid,
        tool: tool(),
        host: workbench_load::describe_host(),
        runs: runs(&names, options),
        experiments,
        changes: Vec::new(),
    };
    let series = OpenSeries {
        folder,
        record,
        plans,
    };
    series.save()?;
    Ok(series)
}

/// Every run, in order.
fn runs(names: &[&str], options: &Options) -> Vec<SeriesRun> {
    let blocks = options.order.blocks(names.len(), options.repetitions);
    let runs = (1..)
        .zip(blocks)
        .flat_map(|(block, experiments)| experiments.into_iter().map(move |it| (block, it)));
    (1..)
        .zip(runs)
        .map(|(position, (block, experiment))| SeriesRun {
            position,
            block,
            experiment: names[experiment].to_owned(),
            state: SeriesRunState::Planned,
            run: None,
            reason: None,
            missed_thresholds: Vec::new(),
            earlier_attempts: Vec::new(),
        })
        .collect()
}

fn experiments(files: &[PathBuf], plans: &[Plan]) -> anyhow::Result<Vec<SeriesExperiment>> {
    let experiments = files.iter().zip(plans).zip(names(plans));
    experiments
        .map(|((file, plan), name)| {
            let resolved = plan.without_password().to_yaml();
            Ok(SeriesExperiment {
                name,
                experiment: plan.name.clone(),
                // A series may be resumed from another folder.
                file: std::path::absolute(file)
                    .with_context(|| format!("cannot find out where {} is", file.display()))?,
                sha256: sha256(&resolved),
                resolved,
            })
        })
        .collect()
}

/// The experiments' names, numbered where several have the same: `smoke#1`, `smoke#2`. No name holds a `#`.
fn names(plans: &[Plan]) -> Vec<String> {
    let same = |plan: &Plan, among: &[Plan]| among.iter().filter(|it| it.name == plan.name).count();
    (1..)
        .zip(plans)
        .map(|(position, plan)| match same(plan, plans) {
            1 => plan.name.clone(),
            _ => format!("{}#{}", plan.name, same(plan, &plans[..position])),
        })
        .collect()
}

/// In hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str) -> Plan {
        let text = format!(
            "name: {name}\ntarget: {{ bookstore: {{}} }}\nconcurrency: {{ target: 1, hold: 1s }}\n\
             scenarios: [ {{ name: one, steps: [ {{ request: GET catalog/products }} ] }} ]\n"
        );
        workbench_plan::parse(&text, Path::new("x.yaml")).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn experiments_of_the_same_name_are_told_apart() {
        let plans = ["a", "b", "a", "a-1"].map(plan);
        assert_eq!(names(&plans), ["a#1", "b", "a#2", "a-1"]);
    }

    #[test]
    fn runs_are_numbered_through_and_by_block() {
        let options = Options {
            repetitions: 2,
            order: Order::Abba,
            pause: Duration::ZERO,
            stop_on_invalid: false,
        };
        let runs = runs(&["a", "b"], &options);
        let places: Vec<_> = runs
            .iter()
            .map(|run| (run.position, run.block, run.experiment.as_str()))
            .collect();
        assert_eq!(places, [(1, 1, "a"), (2, 1, "b"), (3, 2, "b"), (4, 2, "a")]);
    }

    /// The value is that of FIPS 180-2, appendix B.1.
    #[test]
    fn a_hash_is_written_in_hexadecimal_digits() {
        assert_eq!(
            sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
