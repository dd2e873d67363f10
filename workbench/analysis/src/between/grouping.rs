//! Groups runs that repeat the same experiment. Runs of the same name with different experiments are different groups.

use std::path::Path;

use workbench_plan::Parameter;

use crate::model::RunAnalysis;
use crate::read::experiment::EXPERIMENT_FILE;

/// Describes how two experiments differ, each given by a name and its text.
pub(crate) fn difference((first, before): (&str, &str), (other, after): (&str, &str)) -> String {
    format!(
        "{first} has {}, {other} has {}",
        only_in(before, after),
        only_in(after, before)
    )
}

/// The first lines of one text that the other does not have.
fn only_in(text: &str, other: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !other.lines().any(|it| it == *line))
        .map(str::trim)
        .collect();
    match lines.as_slice() {
        [] => "nothing more".to_owned(),
        few if few.len() <= 3 => format!("`{}`", few.join("`, `")),
        many => format!(
            "`{}` and {} lines more",
            many[..3].join("`, `"),
            many.len() - 3
        ),
    }
}

/// The experiment that a run repeats, as text. Runs with equal texts form a group. An unreadable text is used as it is.
fn repeated_by(run: &RunAnalysis) -> String {
    let plan = workbench_plan::parse(&run.experiment_file, Path::new(EXPERIMENT_FILE));
    plan.map_or_else(|_| run.experiment_file.clone(), |plan| plan.repeated())
}

/// The part of the experiment that all points of a sweep have in common, as text.
pub(crate) fn swept_by(run: &RunAnalysis) -> String {
    let plan = workbench_plan::parse(&run.experiment_file, Path::new(EXPERIMENT_FILE));
    let parameter = match run.point().map(|point| point.parameter.as_str()) {
        Some("users") => Parameter::Users,
        _ => Parameter::Replicas,
    };
    plan.map_or_else(|_| String::new(), |plan| plan.swept(parameter))
}

/// The names of groups.
pub(crate) struct GroupNames {
    /// Of each run, the name that its series gave it, or its experiment's; numbered where runs of one name do not
    /// repeat the same: `shop (experiment 1)`, `shop (experiment 2)`.
    pub(crate) names: Vec<String>,
    /// How the experiments of one name differ.
    pub(crate) differences: Vec<String>,
}

/// The group of each run.
pub(crate) fn group_names(runs: &[RunAnalysis]) -> GroupNames {
    // Each name with its experiments, each with its first run.
    let mut known: Vec<(&str, Vec<(String, &RunAnalysis)>)> = Vec::new();
    let mut places = Vec::with_capacity(runs.len());
    for run in runs {
        // `shop#1` and `shop#2` stay apart whatever stands beside them.
        let name = run.name_of_experiment();
        let index = match known.iter().position(|(other, _)| *other == name) {
            Some(index) => index,
            None => {
                known.push((name, Vec::new()));
                known.len() - 1
            }
        };
        let kinds = &mut known[index].1;
        let text = repeated_by(run);
        let kind = match kinds.iter().position(|(other, _)| *other == text) {
            Some(kind) => kind,
            None => {
                kinds.push((text, run));
                kinds.len() - 1
            }
        };
        places.push((index, kind));
    }
    let names = places.into_iter().map(|(index, kind)| {
        let (name, kinds) = &known[index];
        match kinds.len() {
            1 => (*name).to_owned(),
            _ => format!("{name} (experiment {})", kind + 1),
        }
    });
    let differences = known.iter().filter_map(|(name, kinds)| {
        let (before, after) = (kinds.first()?, kinds.get(1)?);
        Some(format!(
            "runs of {name} followed {} different experiments and are not taken together, but as {name} (experiment 1) to \
             {name} (experiment {}): {}",
            kinds.len(),
            kinds.len(),
            difference((&before.1.name(), &before.0), (&after.1.name(), &after.0))
        ))
    });
    GroupNames {
        names: names.collect(),
        differences: differences.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::between::between_runs;
    use crate::between::fixture::run;
    use crate::model::ComparisonRule;

    /// A run of shop that followed this experiment, with one thing changed.
    fn following(number: usize, (from, to): (&str, &str)) -> RunAnalysis {
        const EXPERIMENT: &str = "name: shop\nseed: 3\ntarget: { urls: { shop: \"http://127.0.0.1:8080\" } }\n\
        threads: [ { start: 2, hold: 60s } ]\n\
        scenarios: [ { name: reader, steps: [ request: GET shop/books ] } ]\nthresholds: [ p95 < 1s ]\n";
        assert!(EXPERIMENT.contains(from), "{from}");
        let mut run = run("shop", number, 10.0);
        run.experiment_file = EXPERIMENT.replace(from, to);
        run
    }

    #[test]
    fn runs_of_one_name_that_followed_different_experiments_are_different_groups() {
        const SAME: (&str, &str) = ("", "");
        for change in [
            ("hold: 60s", "hold: 30s"),
            ("GET shop/books", "GET shop/authors"),
            ("127.0.0.1:8080", "127.0.0.1:9090"),
        ] {
            let runs = [
                following(1, SAME),
                following(2, change),
                following(3, SAME),
                following(4, change),
            ];
            let found = between_runs(&runs, &ComparisonRule::default());
            let groups: Vec<_> = found
                .groups
                .iter()
                .map(|it| (it.name.as_str(), it.runs.len()))
                .collect();
            assert_eq!(
                groups,
                [("shop (experiment 1)", 2), ("shop (experiment 2)", 2)]
            );
            let differences = group_names(&runs).differences;
            assert_eq!(differences.len(), 1);
            assert!(
                differences[0].contains(change.0) && differences[0].contains(change.1),
                "{differences:?}"
            );
        }
    }

    #[test]
    fn runs_whose_experiments_differ_in_seed_title_or_thresholds_are_one_group() {
        let runs = [
            following(1, ("seed: 3", "seed: 4")),
            following(
                2,
                (
                    "name: shop",
                    "name: shop\ntitle: A shop\nquestion: How fast?",
                ),
            ),
            following(3, ("p95 < 1s", "p95 < 2s")),
        ];
        assert_eq!(
            between_runs(&runs, &ComparisonRule::default()).groups.len(),
            1
        );
        assert_eq!(group_names(&runs).differences, [] as [&str; 0]);
    }
}
