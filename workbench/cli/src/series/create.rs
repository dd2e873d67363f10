//! Creates a series: names, order, and the recorded experiments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use sha2::{Digest, Sha256};
use workbench_plan::{Order, Plan, Point};
use workbench_samples::{
    SERIES_VERSION, Series, SeriesExperiment, SeriesOrder, SeriesRun, SeriesRunState, SweepPoint,
    UntilDecided,
};

use super::{OpenSeries, SeriesFolder, simultaneous};
use crate::run::tool;

/// Options of a series.
pub(crate) struct Options {
    pub(crate) repetitions: u32,
    pub(crate) order: SeriesOrder,
    pub(crate) pause: Duration,
    pub(crate) stop_on_invalid: bool,
    pub(crate) until_decided: Option<UntilDecided>,
}

/// An experiment that a series is made of.
pub(crate) struct Given {
    pub(crate) file: PathBuf,
    /// With the services at `urls`.
    pub(crate) plan: Plan,
    /// URLs of services that replace those of the file, by name.
    pub(crate) urls: BTreeMap<String, String>,
}

/// Plans a series and records it; nothing is run yet. Each point of a sweep is an experiment of the series.
pub(crate) fn create(
    results: &Path,
    given: &[Given],
    options: &Options,
) -> anyhow::Result<OpenSeries> {
    let (experiments, plans) = experiments(given)?;
    let names: Vec<&str> = experiments.iter().map(|it| it.name.as_str()).collect();
    if let SeriesOrder::Together { .. } = options.order {
        simultaneous::check(&names, &plans)?;
    }
    let folder = SeriesFolder::create(results)?;
    let record = Series {
        schema_version: SERIES_VERSION,
        series_id: folder.id(),
        order: options.order,
        repetitions: options.repetitions,
        pause_ns: u64::try_from(options.pause.as_nanos()).unwrap_or(u64::MAX),
        stop_on_invalid: options.stop_on_invalid,
        until_decided: options.until_decided.clone(),
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
        before_verdict: false,
    };
    series.save()?;
    Ok(series)
}

/// Every run, in order.
fn runs(names: &[&str], options: &Options) -> Vec<SeriesRun> {
    let order = match options.order {
        SeriesOrder::Abba => Order::Abba,
        SeriesOrder::Random { seed } | SeriesOrder::Together { seed } => Order::Random { seed },
    };
    let blocks = order.blocks(names.len(), options.repetitions);
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
            undecided_thresholds: Vec::new(),
            earlier_attempts: Vec::new(),
        })
        .collect()
}

/// The experiments of the series, and their plans.
fn experiments(given: &[Given]) -> anyhow::Result<(Vec<SeriesExperiment>, Vec<Plan>)> {
    let mut experiments = Vec::new();
    let mut points = Vec::new();
    let plans: Vec<&Plan> = given.iter().map(|it| &it.plan).collect();
    for (Given { file, plan, urls }, name) in given.iter().zip(names(&plans)) {
        // A series may be resumed from another folder.
        let file = std::path::absolute(file)
            .with_context(|| format!("cannot find out where {} is", file.display()))?;
        for (point, plan) in plan.points() {
            let resolved = plan.stored();
            experiments.push(SeriesExperiment {
                name: point.map_or_else(|| name.clone(), |point| format!("{name}@{point}")),
                experiment: plan.name.clone(),
                point: point.map(recorded),
                file: file.clone(),
                urls: urls.clone(),
                sha256: sha256(&resolved),
                resolved,
            });
            points.push(plan);
        }
    }
    Ok((experiments, points))
}

/// Converts a point for the record.
pub(super) fn recorded(point: Point) -> SweepPoint {
    SweepPoint {
        parameter: point.parameter.as_str().to_owned(),
        value: point.value,
    }
}

/// The experiments' names, numbered where several have the same: `smoke#1`, `smoke#2`. No name holds a `#` or an `@`.
fn names(plans: &[&Plan]) -> Vec<String> {
    let same =
        |plan: &Plan, among: &[&Plan]| among.iter().filter(|it| it.name == plan.name).count();
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
        plan_with(name, "")
    }

    fn plan_with(name: &str, more: &str) -> Plan {
        let text = format!(
            "name: {name}\ntarget: {{ bookstore: {{}} }}\nconcurrency: {{ target: 1, hold: 1s }}\n{more}\
             scenarios: [ {{ name: one, steps: [ {{ request: GET catalog/products }} ] }} ]\n"
        );
        workbench_plan::parse(&text, Path::new("x.yaml")).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn experiments_of_the_same_name_are_numbered() {
        let plans = ["a", "b", "a", "a-1"].map(plan);
        let plans: Vec<&Plan> = plans.iter().collect();
        assert_eq!(names(&plans), ["a#1", "b", "a#2", "a-1"]);
    }

    #[test]
    fn each_point_of_a_sweep_is_an_experiment_of_the_series() {
        let swept = plan_with("a", "sweep: { users: [20, 10] }\n");
        let given = [
            ("a.yaml", swept.clone()),
            ("b.yaml", plan("b")),
            ("a.yaml", swept),
        ]
        .map(|(file, plan)| Given {
            file: file.into(),
            plan,
            urls: BTreeMap::new(),
        });
        let (experiments, plans) = experiments(&given).unwrap();
        let names: Vec<_> = experiments.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "a#1@users=20",
                "a#1@users=10",
                "b",
                "a#2@users=20",
                "a#2@users=10"
            ]
        );
        let users: Vec<_> = plans
            .iter()
            .map(|plan| plan.schedule().peak_users())
            .collect();
        assert_eq!(users, [20, 10, 1, 20, 10]);
        assert_eq!(experiments[1].experiment, "a");
        assert_eq!(experiments[1].point.as_ref().unwrap().value, 10);
        assert!(!experiments[1].resolved.contains("sweep"));
        assert_eq!(experiments[2].point, None);
    }

    #[test]
    fn runs_are_numbered_through_and_by_block() {
        let options = Options {
            repetitions: 2,
            order: SeriesOrder::Abba,
            pause: Duration::ZERO,
            stop_on_invalid: false,
            until_decided: None,
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
