//! `workbench analyze` on stored runs: grouping, output, and folders that are not runs.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::stored::StoredRun;
use crate::support::{Bench, json};

#[test]
fn a_folder_of_runs_is_analysed_and_programs_get_the_analysis_and_nothing_else() {
    let bench = Bench::new();
    let results = bench.path().join("results");
    for number in 0..2 {
        StoredRun::new("shop", number, 1.0).write(&results);
    }
    let analysed = |path: &str| -> serde_json::Value {
        let mut command = bench.workbench();
        let output = command
            .args(["analyze", path, "--format", "json"])
            .output()
            .unwrap();
        assert!(output.status.success());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let together = analysed("results/shop");
    let groups = together["between_runs"]["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0]["runs"].as_array().unwrap().len(), 2);
    let alone = analysed("results/shop/20261118T110600Z-0000");
    assert_eq!(alone["runs"], serde_json::json!([together["runs"][0]]));
}

#[test]
fn runs_of_one_name_whose_experiments_differ_are_never_pooled() {
    let bench = Bench::new();
    let results = bench.path().join("results");
    for number in 0..3 {
        let run = StoredRun::new("shop", number, 1.0);
        let run = if number < 2 {
            run
        } else {
            run.with("GET shop/books", "GET shop/authors")
        };
        run.write(&results);
    }
    bench
        .workbench()
        .args(["analyze", "results/shop"])
        .env("COLUMNS", "1000")
        .assert()
        .code(0)
        .stdout(contains("followed 2 different experiments").and(contains("GET shop/authors")));
    let [comparison] = bench.runs("comparisons").try_into().unwrap();
    let groups = json(&comparison.join("analysis.json"))["between_runs"]["groups"].clone();
    let groups: Vec<_> = groups.as_array().unwrap().iter().collect();
    assert_eq!(groups.len(), 2);
    for (group, (name, runs)) in groups
        .iter()
        .zip([("shop (experiment 1)", 2), ("shop (experiment 2)", 1)])
    {
        assert_eq!(group["name"], name);
        assert_eq!(group["runs"].as_array().unwrap().len(), runs);
    }
}

#[test]
fn files_of_other_tools_that_hold_no_requests_are_refused_as_by_import() {
    let bench = Bench::new();
    for (name, text, what) in [
        (
            "a.csv",
            "metric_name,timestamp,metric_value,check\nhttp_reqs,1795409077,1.0,\n",
            "without an elapsed time (a.csv:2)",
        ),
        (
            "b.json",
            "{\"type\":\"Metric\",\"data\":{},\"metric\":\"http_reqs\"}\n",
            "b.json holds no requests",
        ),
        ("c.json", "{\n  \"root_group\": {} }\n", "a k6 summary"),
        (
            "d.jtl",
            "timeStamp,elapsed,label,responseCode\n1,2,a,200\n",
            "with a bad time (d.jtl:2)",
        ),
        (
            "e.csv",
            "Type,Name,Request Count,Failure Count\n",
            "Locust's statistics",
        ),
    ] {
        std::fs::write(bench.path().join(name), text).unwrap();
        bench
            .workbench()
            .args(["analyze", name])
            .assert()
            .code(12)
            .stderr(contains(what));
    }
}

#[test]
fn a_path_without_a_run_is_an_error_with_the_readable_formats() {
    let bench = Bench::new();
    let run = StoredRun::new("shop", 0, 1.0).write(&bench.path().join("results"));
    std::fs::create_dir(bench.path().join("empty")).unwrap();
    for (name, text, what) in [
        (
            "f.csv",
            "request-start,DNS,DNS+dialup\n",
            "oha's CSV output",
        ),
        ("g.csv", "a,b\n1,2\n", "the first line is “a,b”"),
        ("h.json", "{}", "a JSON file"),
        (
            "i.yaml",
            "name: x\ntarget: {}\nscenarios: []\n",
            "`workbench run i.yaml`",
        ),
        ("j", "", "an empty file"),
        ("k.txt", "hello", "a run is a folder"),
    ] {
        std::fs::write(bench.path().join(name), text).unwrap();
        bench
            .workbench()
            .args(["analyze", name])
            .assert()
            .code(1)
            .stderr(
                contains(format!("there are no runs in {name}: it is"))
                    .and(contains(what))
                    .and(contains("results/EXPERIMENT/RUN")),
            );
    }
    for (path, what) in [
        (
            "results/shopp",
            "it does not exist (did you mean results/shop?)",
        ),
        (
            "results",
            "several experiments; name one of them (results/shop)",
        ),
        ("empty", "an empty folder"),
        (run.join("report.html").to_str().unwrap(), "does not exist"),
        (
            run.join("samples/part-00000.parquet").to_str().unwrap(),
            "a part of a run",
        ),
        (
            run.join("manifest.json").to_str().unwrap(),
            "a part of a run",
        ),
    ] {
        let said = bench.workbench().args(["analyze", path]).assert().code(1);
        said.stderr(contains(what));
    }
    // The gate finds runs in the same way, with the same message.
    bench
        .workbench()
        .args(["gate", "--baseline", "f.csv", "--candidate", "results/shop"])
        .assert()
        .code(1)
        .stderr(contains("oha's CSV output"));
}

#[test]
fn a_wrong_path_does_not_hide_the_runs_beside_it() {
    let bench = Bench::new();
    StoredRun::new("shop", 0, 1.0).write(&bench.path().join("results"));
    bench
        .workbench()
        .args(["analyze", "nowhere", "results/shop"])
        .assert()
        .code(1)
        .stderr(contains("there are no runs in nowhere"))
        .stdout(contains("report.html"));
}

#[test]
fn a_threshold_that_the_samples_cannot_support_is_undecided_and_11() {
    let bench = Bench::new();
    let results = bench.path().join("results");
    // 400 requests of some 5 to 15 ms: enough for a p99, not for a p99.9.
    let runs = [
        "seed: 3\nthresholds: [ p99 < 1s ]\n",
        "seed: 3\nthresholds: [ p99.9 < 1s ]\n",
        "seed: 3\nthresholds: [ p99.9 < 6ms ]\n",
    ];
    let runs = [0, 1, 2].map(|number| {
        let run = StoredRun::new("shop", number, 1.0).with("seed: 3\n", runs[number]);
        run.write(&results)
    });
    let analyze = || {
        let mut command = bench.workbench();
        command.arg("analyze");
        command
    };
    let undecided = analyze().arg(&runs[1]).assert().code(11);
    undecided.stdout(contains("undecided  p99.9 < 1s"));
    let page = std::fs::read_to_string(runs[1].join("report.html")).unwrap();
    assert!(page.contains("400 requests are too few, this quantile takes 2995"));
    // Far beyond the limit, the threshold is missed even with few requests.
    let missed = analyze().arg(&runs[2]).assert().code(10);
    missed.stdout(contains("MISSED  p99.9 < 6ms"));
    // Together with a run that passes, it is no pass either.
    let both = analyze().args(&runs[..2]).assert().code(11);
    both.stdout(contains("undecided p99.9 < 1s"));
    let page = std::fs::read_to_string(runs[0].join("report.html")).unwrap();
    assert!(page.contains("<span class=\"badge good\">passed</span> p99 &#60; 1s ("));
}

#[test]
fn many_errors_are_in_the_headline_everywhere() {
    let bench = Bench::new();
    let results = bench.path().join("results");
    let run = StoredRun::new("shop", 0, 1.0).failing().write(&results);
    let headline = "50.00% of the requests failed (200 of 400)";
    let printed = |format: &str| {
        let mut command = bench.workbench();
        command.arg("analyze").arg(&run).args(["--format", format]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let text = printed("text");
    assert!(text.find(headline).unwrap() < text.find("Requests in the steady part").unwrap());
    assert!(printed("markdown").contains(&format!("**MANY ERRORS**: {headline}")));
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    let body = &page[page.find("<body>").unwrap()..];
    assert!(body.find(headline).unwrap() < body.find("<table").unwrap());
}

#[test]
fn a_scenario_without_users_is_named_by_the_run_and_in_its_record() {
    let bench = Bench::new();
    let unplayed = "scenarios:\n  - name: rare\n    steps: [ request: GET shop/rare ]\n  - name: shopper\n    weight: 9\n";
    let run = StoredRun::new("shop", 0, 1.0)
        .with("scenarios:\n  - name: shopper\n", unplayed)
        .write(&bench.path().join("results"));
    bench
        .workbench()
        .arg("analyze")
        .arg(&run)
        .env("COLUMNS", "1000")
        .assert()
        .code(0)
        .stdout(contains("none played rare"));
    let warnings = json(&run.join("analysis.json"))["warnings"].to_string();
    assert!(warnings.contains("none played rare"), "{warnings}");
    // A scenario without users has no samples; there is no second message about that.
    assert!(!warnings.contains("no samples of"), "{warnings}");
    // The message comes before the run begins, which fails here: nothing listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let text = std::fs::read_to_string(run.join("experiment.yaml")).unwrap();
    let experiment = bench.file("shop", &text.replace("127.0.0.1:8080", &address));
    bench
        .workbench()
        .arg("run")
        .arg(experiment)
        .assert()
        .code(13)
        .stderr(
            contains("warning: shop: there are too few users").and(contains("none plays rare")),
        );
}

#[test]
fn three_thousand_labels_make_no_figure_higher_than_a_page() {
    let bench = Bench::new();
    let run = StoredRun::new("shop", 0, 1.0)
        .of_labels(3_000)
        .write(&bench.path().join("results"));
    let output = bench.workbench().arg("analyze").arg(&run).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().count() <= 40, "{text}");
    assert!(text.contains(" slowest of 3,000 named requests"), "{text}");
    let mut figures = 0;
    for entry in std::fs::read_dir(run.join("figures")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        if bytes.starts_with(b"\x89PNG") {
            // IHDR: width and height stand after the signature and the chunk's length and type.
            let height = u32::from_be_bytes(bytes[20..24].try_into().unwrap());
            assert!(height <= 2 * 1_357, "{height}");
            figures += 1;
        }
    }
    assert_eq!(figures, 5);
    let page = std::fs::metadata(run.join("report.html")).unwrap().len();
    assert!(page < 2_000_000, "{page} bytes");
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("Drawn are the 20 slowest of 3,000 named requests"));
    // Every label lacks its quantiles. There is one message for all.
    assert!(page.matches("independent requests").count() < 20);
}
