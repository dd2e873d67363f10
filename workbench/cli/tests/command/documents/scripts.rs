//! Every script of the guide runs, or is marked with the reason why no test runs it.
//!
//! A script runs in a folder of its own, where the files that it names are: experiments of a few hundred milliseconds
//! on two small services, and result files of other tools. `shop.yaml` is what `init` makes of the URL that the guide
//! names, with a shorter load ([`WRAPPER`]). [`INSTEAD`] replaces commands that take minutes.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use super::markdown::{Block, is_guide, pages, repository};
use crate::stub::Stub;
use crate::support::Bench;

/// Replacements of texts in scripts.
const INSTEAD: [(&str, &str); 7] = [
    ("compare shop.yaml", "compare --most 6 shop.yaml"),
    ("--until-decided", "--until-decided --most 6"),
    ("--repetitions 3", "--repetitions 1"),
    ("--repetitions 5", "--repetitions 1"),
    ("--repetitions 10", "--repetitions 1"),
    ("--pause 5s", "--pause 1ms"),
    ("seq 40", "seq 1"),
];

/// The exit codes 10, 11 and 14 are verdicts, not errors. The load that `init` writes takes minutes to compare.
const WRAPPER: &str = r#"#!/bin/sh
"$WORKBENCH" "$@"
code=$?
if [ "$1" = init ] && [ -e shop.yaml ]; then
    sed -i 's/start: 10, startup: 1s, hold: 10s/start: 1, hold: 200ms/; /think_time: 100ms/d' shop.yaml
fi
case $code in
    10 | 11 | 14) exit 0 ;;
    *) exit $code ;;
esac
"#;

/// A short experiment of one user against a service.
fn experiment(service: &Stub, name: &str, more: &str) -> String {
    format!(
        "name: {name}\ntarget: {{ urls: {{ shop: \"http://{}\" }} }}\n{more}\n\
         scenarios:\n  - name: reader\n    steps:\n      - request: GET shop/items\n",
        service.address()
    )
}

/// Writes the files that the scripts of the guide use.
fn lay_out(bench: &Bench, baseline: &Stub, candidate: &Stub) {
    let load = "threads: [ { start: 1, hold: 200ms } ]";
    for (name, service) in [
        ("a", baseline),
        ("b", candidate),
        ("smoke", baseline),
        ("baseline", baseline),
        ("candidate", candidate),
    ] {
        bench.file(name, &experiment(service, name, load));
    }
    let sweep = "concurrency: { target: 1, hold: 200ms }\nsweep: { users: [1, 2] }\nthresholds: [ \"p95 < 200ms\" ]";
    bench.file("capacity", &experiment(baseline, "capacity", sweep));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command/import");
    for (fixture, ending) in [("k6.csv", "csv"), ("jmeter.jtl", "jtl")] {
        let text = std::fs::read_to_string(fixtures.join(fixture)).unwrap();
        // With different times, because equal files would be one run.
        for (side, first) in [("base", 1), ("cand", 4)] {
            for number in 1..=3 {
                let text = text.replace("17954", &format!("1795{}", first + number));
                let path = bench.path().join(format!("{side}{number}.{ending}"));
                std::fs::write(path, text).unwrap();
            }
        }
    }
    let bin = bench.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let wrapper = bin.join("workbench");
    std::fs::write(&wrapper, WRAPPER).unwrap();
    std::fs::set_permissions(&wrapper, Permissions::from_mode(0o755)).unwrap();
    for folder in ["experiments", "workbench"] {
        symlink(repository().join(folder), bench.path().join(folder)).unwrap();
    }
}

/// How the guide makes the experiment that its pages go on with.
const INIT: &str = "workbench init --url http://127.0.0.1:8001/items -o shop.yaml";

/// Runs a script. Returns its output if it fails.
fn run(block: &Block<'_>) -> Option<String> {
    let bench = Bench::new();
    let (baseline, candidate) = (Stub::start(), Stub::start());
    lay_out(&bench, &baseline, &candidate);
    let [old, new] = [&baseline, &candidate].map(|service| service.address().to_string());
    let mut script = block.text.clone();
    if !script.contains(INIT) {
        script.insert_str(0, &format!("{INIT}\n"));
    }
    for (from, to) in [
        ("127.0.0.1:8001", old.as_str()),
        ("127.0.0.1:8002", new.as_str()),
        ("localhost:8080", old.as_str()),
    ]
    .into_iter()
    .chain(INSTEAD)
    {
        script = script.replace(from, to);
    }
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(bench.path())
        .env(
            "PATH",
            format!("{}:{path}", bench.path().join("bin").display()),
        )
        .env("WORKBENCH", bench.workbench().get_program())
        .env("NO_COLOR", "1")
        .env("OLD", format!("http://{old}"))
        .env("NEW", format!("http://{new}"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (!output.status.success()).then(|| {
        format!(
            "{}: {}\n{script}\n{}{}",
            block.place,
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn every_script_of_the_guide_runs_or_says_why_it_is_not_executed() {
    let pages = pages();
    let blocks = pages.iter().filter(|page| is_guide(page));
    let blocks: Vec<Block<'_>> = blocks.flat_map(|page| page.blocks()).collect();
    let scripts = blocks.iter().filter(|block| block.is_script());
    let (marked, executed): (Vec<_>, Vec<_>) =
        scripts.partition(|block| block.not_executed.is_some());
    let wrong: Vec<String> = executed.iter().filter_map(|block| run(block)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(
        executed.len() > marked.len(),
        "{} executed, {} marked",
        executed.len(),
        marked.len()
    );
}

#[test]
fn a_script_with_an_option_that_is_not_there_is_found() {
    let block = |text: &str| Block {
        place: "page:1".to_owned(),
        language: "sh",
        text: text.to_owned(),
        not_executed: None,
    };
    assert_eq!(run(&block("workbench validate shop.yaml")), None);
    let wrong = run(&block(
        "workbench validate shop.yaml --no-such-option\ntrue",
    ));
    assert!(wrong.unwrap().contains("--no-such-option"));
}
