//! Shell completions and man pages.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::support::Bench;

#[test]
fn every_shell_has_completions_of_the_verbs_that_are_shown() {
    let bench = Bench::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        bench
            .workbench()
            .args(["completions", shell])
            .assert()
            .success()
            .stdout(contains("compare").and(contains("until-decided")));
    }
    bench
        .workbench()
        .args(["completions", "bash"])
        .assert()
        .stdout(contains("workbench__subcmd__compare"));
}

#[test]
fn man_has_a_page_for_each_verb() {
    let bench = Bench::new();
    bench
        .workbench()
        .arg("man")
        .assert()
        .success()
        .stdout(contains(".TH workbench 1"));
    let pages = bench.path().join("pages");
    bench
        .workbench()
        .args(["man", "--output"])
        .arg(&pages)
        .assert()
        .success();
    for page in [
        "workbench.1",
        "workbench-run.1",
        "workbench-bookstore-all.1",
    ] {
        assert!(pages.join(page).is_file(), "{page}");
    }
    assert!(!pages.join("workbench-side.1").exists());
    let file = bench.path().join("file");
    std::fs::write(&file, "").unwrap();
    bench
        .workbench()
        .args(["man", "--output"])
        .arg(&file)
        .assert()
        .code(1)
        .stderr(contains("cannot write manual pages to "));
}
