//! Crates depend on each other in one direction, and each heavy dependency is limited to named crates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

/// The allowed dependencies among the crates of the workspace, in one direction.
const FLOORS: [(&str, &[&str]); 8] = [
    ("bookstore", &[]),
    ("workbench-plan", &[]),
    ("workbench-samples", &[]),
    ("workbench-statistics", &[]),
    ("workbench-load", &["workbench-plan", "workbench-samples"]),
    (
        "workbench-analysis",
        &[
            "workbench-plan",
            "workbench-samples",
            "workbench-statistics",
        ],
    ),
    (
        "workbench-report",
        &["workbench-analysis", "workbench-samples"],
    ),
    (
        "workbench",
        &[
            "bookstore",
            "workbench-analysis",
            "workbench-load",
            "workbench-plan",
            "workbench-report",
            "workbench-samples",
            "workbench-statistics",
        ],
    ),
];

/// Dependencies, by their names on crates.io, and the crates that may use them.
const ROOMS: [(&str, &[&str]); 20] = [
    ("askama", &["bookstore", "workbench-report"]),
    ("axum", &["bookstore", "workbench"]),
    ("clap", &["bookstore", "workbench"]),
    ("goose", &["workbench-load"]),
    ("h2", &["workbench-load"]),
    ("hyper", &["bookstore", "workbench-load"]),
    ("jsonpath-rust", &["workbench-plan"]),
    ("object_store", &["workbench"]),
    ("plotters", &["workbench-report"]),
    ("polars-core", &["workbench-analysis", "workbench-samples"]),
    ("polars-io", &["workbench-samples"]),
    ("ratatui-core", &["workbench"]),
    ("rand", &["workbench-plan", "workbench-statistics"]),
    ("resvg", &["workbench-report"]),
    ("saphyr-parser", &["workbench-plan"]),
    ("scraper", &["workbench-plan"]),
    ("serde_yaml", &[]),
    ("sqlx", &["bookstore"]),
    ("statrs", &["workbench-statistics"]),
    ("yaml_serde", &["workbench", "workbench-plan"]),
];

/// Why a crate of the workspace may not depend on another crate; `None` if it may.
fn objection(package: &str, dependency: &str) -> Option<String> {
    if let Some((_, users)) = ROOMS.iter().find(|(name, _)| *name == dependency) {
        let allowed = users.contains(&package);
        return (!allowed)
            .then(|| format!("{package} uses {dependency}, which belongs to {users:?}"));
    }
    if !FLOORS.iter().any(|(name, _)| *name == dependency) {
        return None;
    }
    match FLOORS.iter().find(|(name, _)| *name == package) {
        None => Some(format!("{package} has no floor; give it one in this test")),
        Some((_, below)) if below.contains(&dependency) => None,
        Some((_, below)) => Some(format!(
            "{package} depends on {dependency}; below it are only {below:?}"
        )),
    }
}

/// Each crate of the workspace with each of its dependencies, those of tests aside.
fn dependencies() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut pairs = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"] != "dev" {
                let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
                pairs.push((name(package), name(dependency)));
            }
        }
    }
    pairs
}

#[test]
fn every_dependency_points_down_and_heavy_ones_are_used_by_one_crate() {
    let pairs = dependencies();
    for (package, _) in FLOORS {
        assert!(
            pairs.iter().any(|(name, _)| name == package),
            "{package} was not looked at"
        );
    }
    let objections: Vec<String> = pairs
        .iter()
        .filter_map(|(package, dependency)| objection(package, dependency))
        .collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

#[test]
fn no_two_crates_may_depend_on_each_other() {
    for (upper, below) in FLOORS {
        for lower in below {
            assert_eq!(objection(upper, lower), None);
            assert!(
                objection(lower, upper).is_some(),
                "{lower} and {upper} form a circle"
            );
        }
    }
}

#[test]
fn dependencies_that_point_up_or_sideways_are_refused() {
    for (package, dependency) in [
        ("workbench-statistics", "workbench-samples"),
        ("workbench-plan", "workbench-load"),
        ("workbench-load", "workbench-analysis"),
        ("workbench-load", "bookstore"),
        ("workbench-report", "workbench-load"),
        ("workbench-new", "workbench-plan"),
    ] {
        assert!(
            objection(package, dependency).is_some(),
            "{package} -> {dependency} was let through"
        );
    }
}

#[test]
fn heavy_dependencies_outside_of_their_crate_are_refused() {
    for (package, dependency) in [
        ("workbench", "goose"),
        ("workbench-analysis", "plotters"),
        ("workbench-report", "polars-core"),
        ("workbench-load", "sqlx"),
        ("workbench-samples", "yaml_serde"),
        ("workbench-plan", "serde_yaml"),
        ("workbench-report", "rand"),
    ] {
        assert!(
            objection(package, dependency).is_some(),
            "{package} -> {dependency} was let through"
        );
    }
}

#[test]
fn cargo_deny_has_the_same_owners_of_heavy_dependencies() {
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deny.toml");
    let rules = std::fs::read_to_string(rules).unwrap();
    let mut known = 0;
    for rule in rules.lines().filter(|line| line.contains("{ crate = ")) {
        let mut names = rule.split('"').skip(1).step_by(2);
        let dependency = names.next().unwrap();
        let Some((_, users)) = ROOMS.iter().find(|(name, _)| *name == dependency) else {
            continue;
        };
        let ours = |name: &&str| FLOORS.iter().any(|(package, _)| package == name);
        assert_eq!(
            names.filter(ours).collect::<Vec<_>>(),
            *users,
            "{dependency}"
        );
        known += 1;
    }
    assert!(known > 5, "{known} rooms in deny.toml");
}

#[test]
fn light_dependencies_may_be_used_anywhere() {
    assert_eq!(objection("workbench-statistics", "thiserror"), None);
    assert_eq!(objection("workbench", "anyhow"), None);
}
