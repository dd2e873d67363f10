//! The gate on stored runs: conclusions, refusals and outputs.

mod docs;
mod runs;
mod sessions;

use std::path::PathBuf;

use assert_cmd::assert::{Assert, OutputAssertExt};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::stored::{StoredRun, series};
use crate::support::{Bench, json};

fn results(bench: &Bench) -> PathBuf {
    bench.path().join("results")
}

/// A series of this number of pairs. `new` is slower by this factor.
fn pairs(bench: &Bench, blocks: usize, slower: f64) -> PathBuf {
    series(&results(bench), "s1", blocks, slower, |_, run| run)
}

fn gate(bench: &Bench, arguments: &[&str]) -> Assert {
    bench
        .workbench()
        .arg("gate")
        .args(arguments)
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_STEP_SUMMARY")
        .assert()
}

/// This number of single runs, in the folder of their experiment.
fn alone(bench: &Bench, experiment: &str, from: usize, count: usize, slower: f64) {
    for number in from..from + count {
        StoredRun::new(experiment, number, slower).write(&results(bench));
    }
}

#[test]
fn equal_versions_pass_with_0() {
    let bench = Bench::new();
    pairs(&bench, 8, 1.0);
    gate(&bench, &["--series", "results/series/s1", "--verbose"])
        .code(0)
        .stdout(
            contains("Gate: PASSED")
                .and(contains("Compared in pairs"))
                .and(contains("Detectable"))
                .and(contains("Runs needed"))
                .and(contains("within 5%")),
        );
    // The id is accepted as well.
    gate(&bench, &["--series", "s1"]).code(0);
}

#[test]
fn ten_per_cent_more_fail_with_10_and_two_per_cent_do_not() {
    let bench = Bench::new();
    pairs(&bench, 8, 1.1);
    gate(&bench, &["--series", "s1"])
        .code(10)
        .stdout(contains("Gate: FAILED").and(contains(
            "typical_time of TOTAL: worse by more than the margin",
        )));
    // With the sides exchanged, it is an improvement.
    gate(
        &bench,
        &["--series", "s1", "--baseline", "new", "--candidate", "old"],
    )
    .code(0);

    let bench = Bench::new();
    pairs(&bench, 8, 1.02);
    gate(&bench, &["--series", "s1"]).code(0);
}

#[test]
fn too_few_runs_are_inconclusive_with_11_and_never_a_pass() {
    let bench = Bench::new();
    pairs(&bench, 3, 1.0);
    gate(&bench, &["--series", "s1"]).code(11).stdout(
        contains("Gate: INCONCLUSIVE")
            .and(contains("Next steps"))
            .and(contains("it takes 5 or more of each")),
    );
    gate(
        &bench,
        &["--series", "s1", "--fail-on", "regressed,inconclusive"],
    )
    .code(10);
}

#[test]
fn an_invalid_run_ends_with_14_unless_forced_and_forcing_is_reported() {
    let bench = Bench::new();
    series(&results(&bench), "s1", 8, 1.0, |position, run| {
        if position == 3 { run.invalid() } else { run }
    });
    gate(&bench, &["--series", "s1"]).code(14).stdout(
        contains("Gate: INVALID")
            .and(contains("users achieved: 20 % below the plan"))
            .and(contains("--force")),
    );
    gate(&bench, &["--series", "s1", "--force"])
        .code(0)
        .stdout(contains("forced despite invalid run").and(contains("Forced despite")));
}

#[test]
fn runs_of_another_machine_are_refused_with_14() {
    let bench = Bench::new();
    series(&results(&bench), "s1", 8, 1.0, |position, mut run| {
        if position == 3 {
            run.manifest.host.kernel = "Linux 6.9".into();
        }
        run
    });
    gate(&bench, &["--series", "s1"]).code(14).stdout(contains(
        "different environments: kernel: “Linux 6.8” in 15 runs",
    ));
}

#[test]
fn another_tool_s_definition_of_elapsed_time_is_refused_with_14() {
    let bench = Bench::new();
    alone(&bench, "ours", 0, 5, 1.0);
    for number in 5..10 {
        let mut run = StoredRun::new("theirs", number, 1.0);
        run.manifest.elapsed = "without connecting".into();
        run.write(&results(&bench));
    }
    gate(
        &bench,
        &[
            "--baseline",
            "results/ours",
            "--candidate",
            "results/theirs",
        ],
    )
    .code(14)
    .stdout(contains("different definitions of elapsed time"));
}

#[test]
fn folders_of_runs_runs_and_experiments_of_series_can_be_named() {
    let bench = Bench::new();
    pairs(&bench, 8, 1.0);
    for (baseline, candidate, how) in [
        ("results/old", "results/new", "in pairs"),
        ("results/series/s1:old", "results/series/s1:new", "in pairs"),
        ("results/old", "results/series/s1:new", "in pairs"),
    ] {
        gate(&bench, &["--baseline", baseline, "--candidate", candidate])
            .code(0)
            .stdout(contains(format!("Compared {how}")));
    }
    let runs = bench.runs("old");
    let names: Vec<&str> = runs.iter().map(|run| run.to_str().unwrap()).collect();
    let arguments = [
        &["--baseline"],
        &names[..4],
        &["--candidate", "results/new"],
    ]
    .concat();
    gate(&bench, &arguments)
        .code(11)
        .stdout(contains("old (4 runs)"));
}

#[test]
fn an_ambiguous_side_is_reported_with_the_right_form() {
    let bench = Bench::new();
    pairs(&bench, 3, 1.0);
    gate(
        &bench,
        &[
            "--baseline",
            "results/series/s1",
            "--candidate",
            "results/new",
        ],
    )
    .code(1)
    .stderr(contains(
        "results/series/s1 holds old, new: name one, as in results/series/s1:old",
    ));
    gate(
        &bench,
        &[
            "--baseline",
            "results/series/s1:mew",
            "--candidate",
            "results/new",
        ],
    )
    .code(1)
    .stderr(contains("holds no experiment mew, but old, new"));
    gate(
        &bench,
        &["--baseline", "nowhere", "--candidate", "results/new"],
    )
    .code(1)
    .stderr(contains("there are no runs in nowhere: it does not exist"));
    gate(
        &bench,
        &["--baseline", "results/old", "--candidate", "results/old"],
    )
    .code(1)
    .stderr(contains("is given twice"));
    gate(&bench, &["--series", "s1", "--baseline", "old"])
        .code(2)
        .stderr(contains("name both --baseline and --candidate"));
    gate(&bench, &["--candidate", "results/new"]).code(2);
}

#[test]
fn a_policy_is_read_from_a_file_and_flags_come_before_it() {
    let bench = Bench::new();
    pairs(&bench, 8, 1.1);
    bench.file("gate", "margin: 20%\nmetrics: [p50, p95]\nlabels: all\n");
    gate(&bench, &["--series", "s1", "--policy", "gate.yaml"])
        .code(0)
        .stdout(contains(
            "p50, p95, error_rate of every request, in the steady part of each run. Margin",
        ));
    gate(
        &bench,
        &["--series", "s1", "--policy", "gate.yaml", "--margin", "5%"],
    )
    .code(10);
}

#[test]
fn a_wrong_policy_is_12_with_its_place() {
    let bench = Bench::new();
    pairs(&bench, 3, 1.0);
    bench.file("gate", "margin: 5%\nmetrics: [mean, p59]\n");
    gate(&bench, &["--series", "s1", "--policy", "gate.yaml"])
        .code(12)
        .stderr(contains(
            "gate.yaml:2:17: unknown word \"p59\"; did you mean \"p50\"?",
        ));
    gate(&bench, &["--series", "s1", "--margin", "5"])
        .code(2)
        .stderr(contains("write 5% or 0.05"));
}

#[test]
fn every_output_says_the_same() {
    let bench = Bench::new();
    pairs(&bench, 8, 1.1);
    let files = [
        "--json",
        "gate.json",
        "--markdown",
        "gate.md",
        "--junit",
        "gate.xml",
    ];
    gate(&bench, &[&["--series", "s1"], &files[..]].concat()).code(10);
    let report = json(&bench.path().join("gate.json"));
    assert_eq!(report["conclusion"], "failed");
    assert_eq!(report["rows"][0]["comparison"]["metric"], "typical_time");
    assert_eq!(report["rows"][0]["outcome"], "failed");
    assert!(report["rows"][0]["comparison"]["minimum_detectable_change"].is_f64());
    let read = |name: &str| std::fs::read_to_string(bench.path().join(name)).unwrap();
    assert!(read("gate.md").starts_with("## ❌ Gate: FAILED"));
    let xml = read("gate.xml");
    assert!(
        // The conclusion is no third failure.
        xml.contains("tests=\"5\" failures=\"2\" errors=\"0\" skipped=\"1\""),
        "{xml}"
    );

    let printed = gate(&bench, &["--series", "s1", "--format", "json"]).code(10);
    let printed: serde_json::Value = serde_json::from_slice(&printed.get_output().stdout).unwrap();
    assert_eq!(printed, report);
}

#[test]
fn a_series_keeps_its_verdict_as_a_page_to_which_the_index_leads() {
    let bench = Bench::new();
    let series = pairs(&bench, 8, 1.1);
    let judged = gate(&bench, &["--series", "--margin", "3%"]).code(10);
    judged.stderr(contains("verdict: results/series/s1/verdict.html"));
    let page = std::fs::read_to_string(series.join("verdict.html")).unwrap();
    // The series that was the newest is named.
    assert!(
        page.contains("workbench gate --series results/series/s1 --margin 3%"),
        "{page}"
    );
    assert!(page.contains(">FAILED</span>"), "{page}");
    assert_eq!(json(&series.join("verdict.json"))["conclusion"], "failed");
    let mut open = bench.workbench();
    open.arg("open").env_remove("DISPLAY");
    open.env_remove("WAYLAND_DISPLAY").assert().code(0);
    let index = std::fs::read_to_string(results(&bench).join("index.html")).unwrap();
    assert!(
        index.contains("<a href=\"series/s1/verdict.html\">median per request of TOTAL: +"),
        "{index}"
    );

    // The page of other runs is written where it is asked for, and nowhere else.
    let sides = ["--baseline", "results/old", "--candidate", "results/new"];
    let other = gate(&bench, &[&sides[..], &["--html", "gate.html"]].concat()).code(10);
    other.stderr(contains("verdict.html").not());
    let page = std::fs::read_to_string(bench.path().join("gate.html")).unwrap();
    assert!(page.contains("--html gate.html"), "{page}");
}

#[test]
fn a_series_that_cannot_be_written_has_its_verdict_all_the_same() {
    let bench = Bench::new();
    let series = pairs(&bench, 8, 1.0);
    std::fs::create_dir(series.join("verdict.html")).unwrap();
    gate(&bench, &["--series", "s1"])
        .code(0)
        .stdout(contains("Gate: PASSED"))
        .stderr(contains("the verdict is not kept: cannot write"));
}

#[test]
fn a_comment_has_the_marker_of_its_name_and_a_link() {
    let bench = Bench::new();
    pairs(&bench, 8, 1.1);
    let comment = |more: &[&str]| {
        let arguments = [&["--series", "s1", "--comment", "comment.md"], more].concat();
        gate(&bench, &arguments).code(10);
        std::fs::read_to_string(bench.path().join("comment.md")).unwrap()
    };
    let first = "<!-- workbench-gate:gate -->\n### ❌ Gate: FAILED\n";
    let plain = comment(&[]);
    assert!(plain.starts_with(first), "{plain}");
    let link = "https://forge.test/a b>c";
    let named = comment(&["--comment-name", "check.out-2", "--link", link]);
    assert!(named.starts_with("<!-- workbench-gate:check.out-2 -->\n"));
    assert!(
        named.ends_with("](<https://forge.test/a%20b%3Ec>)\n"),
        "{named}"
    );
}

#[test]
fn a_comment_s_name_cannot_end_its_marker() {
    let bench = Bench::new();
    for name in ["a --> b", "", "two\nlines"] {
        let arguments = ["--series", "--comment", "c.md", "--comment-name", name];
        gate(&bench, &arguments)
            .code(2)
            .stderr(contains("letters, digits"));
    }
    gate(
        &bench,
        &["--series", "--comment", "c.md", "--link", "runs/7"],
    )
    .code(2)
    .stderr(contains("relative URL without a base"));
    gate(&bench, &["--series", "--link", "https://forge.test"])
        .code(2)
        .stderr(contains("--comment"));
}

#[test]
fn on_github_there_are_annotations_and_a_summary() {
    let bench = Bench::new();
    pairs(&bench, 8, 1.1);
    std::fs::write(bench.path().join("summary.md"), "# Earlier\n").unwrap();
    bench
        .workbench()
        .args(["gate", "--series", "s1"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", bench.path().join("summary.md"))
        .assert()
        .code(10)
        .stdout(contains(
            "\n::error title=Gate%3A typical_time of TOTAL::worse by more than the margin",
        ));
    let summary = std::fs::read_to_string(bench.path().join("summary.md")).unwrap();
    assert!(
        summary.starts_with("# Earlier\n## ❌ Gate: FAILED"),
        "{summary}"
    );
}
