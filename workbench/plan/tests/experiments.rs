//! The shipped experiments and the committed schema of the file format.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use workbench_plan::{Load, Plan, json_schema, parse, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

fn shipped() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    assert!(paths.len() >= 6, "experiments are missing: {paths:?}");
    paths
}

fn plan(name: &str) -> Plan {
    read(&folder().join(name)).unwrap()
}

fn what_users_do(plan: &Plan) -> String {
    format!("{:?}", plan.scenarios)
}

fn validate(text: &str) {
    let value: serde_json::Value = serde_yaml::from_str(text).unwrap();
    if let Err(error) = jsonschema::validate(&json_schema(), &value) {
        panic!("at {}: {error}\n{text}", error.instance_path());
    }
}

#[test]
fn every_shipped_experiment_is_a_plan_named_after_its_file_with_a_question() {
    for path in shipped() {
        let plan = read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Some(plan.name.as_str()), path.file_stem().unwrap().to_str());
        assert!(
            plan.question.ends_with(['?', '.']),
            "{} asks nothing",
            path.display()
        );
        assert!(!plan.thresholds.is_empty());
    }
}

#[test]
fn every_shipped_experiment_satisfies_the_schema_that_it_names() {
    for path in shipped() {
        let text = fs::read_to_string(&path).unwrap();
        let line = "# yaml-language-server: $schema=experiment.schema.json\n";
        assert!(text.starts_with(line), "{} names no schema", path.display());
        validate(&text);
    }
}

#[test]
fn every_example_satisfies_the_schema_that_it_names_below_its_first_line() {
    for entry in fs::read_dir(folder().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            let line = "# yaml-language-server: $schema=../experiment.schema.json";
            assert_eq!(text.lines().nth(1), Some(line), "{}", path.display());
            validate(&text);
        }
    }
}

#[test]
fn a_plan_written_back_is_the_same_plan_and_satisfies_the_schema() {
    for path in shipped() {
        let plan = read(&path).unwrap();
        let text = plan.to_yaml();
        validate(&text);
        assert_eq!(
            parse(&text, Path::new("resolved.yaml")).unwrap(),
            plan,
            "{text}"
        );
    }
}

#[test]
fn the_committed_schema_is_the_one_that_the_parser_has() {
    let path = folder().join("experiment.schema.json");
    let current = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    // `UPDATE_SCHEMA=1 cargo test --workspace committed_schema` writes it again.
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), current);
}

#[test]
fn the_scenarios_have_the_numbers_of_the_published_study() {
    for (name, users) in [
        ("scenario1.yaml", 10),
        ("scenario2.yaml", 50),
        ("scenario3.yaml", 100),
    ] {
        let plan = plan(name);
        let Some(Load::Threads(rows)) = &plan.load else {
            panic!("{name} has no rows of threads")
        };
        let [row] = rows.as_slice() else {
            panic!("{name} has more than one row")
        };
        let seconds =
            [row.initial_delay, row.startup, row.hold, row.shutdown].map(|time| time.as_secs());
        assert_eq!((row.users, seconds), (users, [0, 10, 60, 10]));
        assert_eq!(plan.scenarios[0].think_time, None);
    }
}

#[test]
fn the_ramp_up_studies_differ_only_in_their_steps() {
    for (name, steps) in [("rampup-50-steps.yaml", 50), ("rampup-5-steps.yaml", 5)] {
        let plan = plan(name);
        let Some(Load::Concurrency(load)) = plan.load else {
            panic!("{name} has no concurrency")
        };
        let seconds = [load.ramp_up, load.hold].map(|time| time.as_secs());
        assert_eq!(
            (load.target, load.steps, seconds),
            (100, Some(steps), [100, 0])
        );
        assert_eq!(
            what_users_do(&plan),
            what_users_do(&self::plan("scenario3.yaml"))
        );
    }
}

#[test]
fn the_smoke_test_is_over_in_about_five_seconds() {
    assert_eq!(plan("smoke.yaml").schedule().end().as_secs(), 5);
}

#[test]
fn the_sweep_has_eight_points_in_less_than_two_minutes_of_load() {
    let points = plan("scalability.yaml").points();
    let users: Vec<u32> = points
        .iter()
        .map(|(point, _)| point.unwrap().value)
        .collect();
    assert_eq!(users, [1, 2, 4, 8, 16, 32, 64, 128]);
    let seconds: u64 = points
        .iter()
        .map(|(_, plan)| plan.schedule().end().as_secs())
        .sum();
    assert_eq!(seconds, 96);
    assert_eq!(
        what_users_do(&points[0].1),
        what_users_do(&self::plan("scenario3.yaml"))
    );
}

#[test]
fn every_example_of_the_documents_is_a_plan() {
    let mut pages = vec![folder().join("README.md"), folder().join("../README.md")];
    let guide = fs::read_dir(folder().join("../docs")).unwrap();
    let guide = guide.map(|entry| entry.unwrap().path());
    pages.extend(guide.filter(|page| page.is_file()));
    let mut checked = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let blocks = text.split("```yaml\n").skip(1);
        let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
        // CI workflows and gate policies have no experiment schema.
        for block in blocks.filter(|block| block.contains("scenarios:")) {
            let plan = parse(block, Path::new("example.yaml"))
                .unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            validate(block);
            assert_eq!(
                parse(&plan.to_yaml(), Path::new("resolved.yaml")).unwrap(),
                plan
            );
            checked += 1;
        }
    }
    assert!(checked > 25, "{checked} examples");
}
