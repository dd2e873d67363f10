//! The index of results, from runs to the page that a browser opens.

use std::os::unix::fs::PermissionsExt;

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::stub::Stub;
use crate::support::{Bench, OVER};

#[test]
fn the_index_lists_runs_and_is_opened_in_the_browser() {
    let bench = Bench::new();
    let stub = Stub::start();
    for name in ["one", "two"] {
        let file = bench.file(name, &stub.experiment(name, "GET stub/", "300ms"));
        bench.workbench().arg("run").arg(file).assert().code(OVER);
    }
    let browser = bench.path().join("xdg-open");
    std::fs::write(&browser, "#!/bin/sh\necho \"$1\" > \"$0.asked\"\n").unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths([bench.path().to_owned(), "/usr/bin".into(), "/bin".into()]);
    let opened = bench
        .workbench()
        .arg("open")
        .env("DISPLAY", ":0")
        .env("PATH", path.unwrap())
        .assert();
    opened
        .code(0)
        .stdout("2 runs: results/index.html\n")
        .stderr("");
    let page = bench.path().join("results/index.html");
    if cfg!(target_os = "linux") {
        let asked = std::fs::read_to_string(bench.path().join("xdg-open.asked")).unwrap();
        assert_eq!(
            std::fs::canonicalize(asked.trim_end()).unwrap(),
            std::fs::canonicalize(&page).unwrap()
        );
    }
    let page = std::fs::read_to_string(page).unwrap();
    for name in ["one", "two"] {
        let [run] = bench.runs(name).try_into().unwrap();
        let run = run.file_name().unwrap().to_str().unwrap();
        assert!(
            page.contains(&format!("href=\"{name}/{run}/report.html\"")),
            "{page}"
        );
        assert!(
            page.contains(&format!("data-run=\"results/{name}/{run}\"")),
            "{page}"
        );
    }
    // The command on the page works.
    let runs = [bench.runs("one"), bench.runs("two")].concat();
    bench
        .workbench()
        .arg("analyze")
        .args(runs)
        .assert()
        .code(OVER);
    bench
        .workbench()
        .arg("open")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .assert()
        .code(0);
    let page = std::fs::read_to_string(bench.path().join("results/index.html")).unwrap();
    assert!(page.contains("href=\"comparisons/"), "{page}");
}

#[test]
fn without_a_browser_the_path_is_printed_and_a_missing_folder_is_an_error() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path().join("kept")).unwrap();
    let mut command = bench.workbench();
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let opened = command.args(["open", "kept"]).assert();
    let opened = opened.code(0).stdout("0 runs: kept/index.html\n");
    if cfg!(target_os = "linux") {
        opened.stderr(contains("there is no display"));
    }
    bench
        .workbench()
        .args(["open", "nowhere"])
        .assert()
        .code(1)
        .stderr(contains("nowhere").and(contains("No such file")));
}
