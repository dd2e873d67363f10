//! `workbench run` from the experiment file to the report.

use crate::stub::Stub;
use crate::support::{Bench, OVER, json};
use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

#[test]
fn a_run_leaves_samples_analysis_figures_and_a_report() {
    let bench = Bench::new();
    let file = bench.shopping("shop", 3, "1s", r#""error_rate < 1%""#);
    let ended = bench.workbench().arg("run").arg(&file).assert();
    let [run] = bench.runs("shop").try_into().unwrap();
    let analysis = json(&run.join("analysis.json"));
    let valid = &analysis["runs"][0]["validity"]["valid"];
    ended
        .code(if valid.as_bool().unwrap() { 0 } else { 14 })
        .stdout(contains("POST orders/orders/${user}").and(contains("report.html")));
    for file in [
        "experiment.yaml",
        "manifest.json",
        "analysis.json",
        "report.html",
    ] {
        assert!(run.join(file).is_file(), "{file}");
    }
    assert!(run.join("samples/part-00000.parquet").is_file());
    assert!(std::fs::read_dir(run.join("figures")).unwrap().count() >= 5);

    let manifest = json(&run.join("manifest.json"));
    assert_eq!(manifest["outcome"], "completed");
    let total = &analysis["runs"][0]["total"];
    assert_eq!(total["errors"], 0);
    // The services counted exactly as many requests as there are samples.
    let served = manifest["target"]["requests_served"].as_object().unwrap();
    let served: u64 = served.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(total["samples"].as_u64().unwrap(), served);
}

#[cfg(target_os = "linux")]
#[test]
fn resources_of_the_bookstore_are_stored_analysed_and_drawn() {
    let bench = Bench::new();
    let file = bench.shopping("watched", 3, "4s", "");
    let ended = bench.workbench().arg("run").arg(&file).assert();
    ended.code(OVER);
    let [run] = bench.runs("watched").try_into().unwrap();
    let readings = workbench_samples::read_resources(&run).unwrap();
    let of = |source: &str, metric: &str| -> Vec<f64> {
        let of = readings.iter();
        let of = of.filter(|it| it.source == source && it.metric == metric);
        of.map(|it| it.value).collect()
    };
    let online = std::thread::available_parallelism().unwrap().get() as f64;
    let processors = of("target/bookstore", "processors");
    assert!(processors.len() >= 2 && processors.iter().sum::<f64>() > 0.0);
    // CPU time is counted in ticks of 10 ms.
    assert!(
        processors.iter().all(|used| *used <= online * 1.1),
        "{processors:?}"
    );
    let memory = of("target/bookstore", "resident_bytes");
    assert!(
        memory.iter().all(|bytes| (1e6..1e10).contains(bytes)),
        "{memory:?}"
    );
    assert!(
        of("target/bookstore", "open_files")
            .iter()
            .all(|files| *files >= 3.0)
    );
    let analysis = json(&run.join("analysis.json"));
    let analysed = &analysis["runs"][0];
    let total = &analysed["total"];
    let received = total["received_kib_per_s"].as_f64().unwrap() * 1_024.0;
    let received = received * analysed["duration_s"].as_f64().unwrap();
    // There is one reading per second. Bytes sent after the last reading are missing. Bytes that services send each
    // other are included.
    let sent: f64 = of("target/bookstore", "bytes_out_per_s").iter().sum();
    assert!(
        (0.25..20.0).contains(&(sent / received)),
        "{sent} of {received}"
    );
    assert!(readings.iter().all(|it| !it.source.starts_with("database")));
    assert!(!run.join("resources").exists());

    let resources = &analysed["resources"];
    assert_eq!(resources["embedded_database"], true);
    assert_eq!(resources["processors"][0]["source"], "application");
    assert_eq!(resources["bytes_out_per_s"][0]["source"], "application");
    for figure in ["cpu", "bytes-out"] {
        assert!(run.join(format!("figures/{figure}.png")).is_file());
    }
    let report = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("CPU over time") && report.contains("Bytes out over time"));
}

#[test]
fn a_missed_threshold_is_exit_code_10_and_named() {
    let bench = Bench::new();
    let file = bench.shopping("slow", 1, "300ms", r#""p95 < 1us", "error_rate < 1%""#);
    let ended = bench.workbench().arg("run").arg(&file).assert();
    let [run] = bench.runs("slow").try_into().unwrap();
    let valid = &json(&run.join("analysis.json"))["runs"][0]["validity"]["valid"];
    ended
        .code(if valid.as_bool().unwrap() { 10 } else { 14 })
        .stdout(contains("p95 < 1us"));
}

#[cfg(unix)]
#[test]
fn a_machine_that_may_not_open_enough_files_is_named_before_the_run() {
    let bench = Bench::new();
    let file = bench.shopping("crowd", 100, "300ms", "");
    bench
        .workbench_with_files(64)
        .arg("run")
        .arg(&file)
        .assert()
        .code(14)
        .stderr(contains("a process may open 64 here").and(contains("ulimit -n")));
    assert!(bench.runs("crowd").is_empty());
}

#[cfg(unix)]
#[test]
fn limits_are_checked_for_every_experiment_before_the_first_one_runs() {
    let bench = Bench::new();
    let stub = Stub::start();
    let first = bench.file("small", &stub.experiment("small", "GET stub/", "300ms"));
    let crowd = bench.shopping("crowd", 200, "300ms", "");
    bench
        .workbench_with_files(128)
        .arg("run")
        .args([first, crowd])
        .assert()
        .code(14)
        .stderr(contains("cannot run crowd: ").and(contains("a process may open 128 here")));
    assert!(!bench.path().join("results").exists());
}

#[test]
fn a_target_that_dies_during_the_run_makes_it_invalid() {
    let bench = Bench::new();
    let stub = Stub::start_for(200);
    let text = stub.experiment("mortal", "GET stub/one", "2s");
    let file = bench.file("mortal", &(text + "thresholds: [ \"p95 < 10s\" ]\n"));
    let ended = bench.workbench().arg("run").arg(&file).assert();
    ended.code(14).stdout(contains("stub gave no answer after"));
}

#[test]
fn analyze_compares_the_newest_run_of_every_experiment() {
    let bench = Bench::new();
    let one = bench.shopping("one", 1, "400ms", "");
    let two = bench.shopping("two", 4, "400ms", "");
    bench
        .workbench()
        .arg("run")
        .arg(&one)
        .arg(&two)
        .assert()
        .code(OVER);
    bench
        .workbench()
        .arg("analyze")
        .assert()
        .code(OVER)
        .stdout(contains("not valid for inference"));
    let comparisons = bench.runs("comparisons");
    // One from the run of two files, one from the analysis.
    assert_eq!(comparisons.len(), 2);
    let analysis = json(&comparisons[1].join("analysis.json"));
    assert_eq!(analysis["runs"].as_array().unwrap().len(), 2);
    assert_eq!(analysis["comparison"]["tests"].as_array().unwrap().len(), 1);
    assert!(comparisons[1].join("report.html").is_file());
}

#[test]
fn analyze_without_any_run_says_how_to_make_one() {
    let bench = Bench::new();
    bench
        .workbench()
        .arg("analyze")
        .assert()
        .code(1)
        .stderr(contains("workbench run"));
}

#[test]
fn a_login_on_start_stands_beneath_the_requests_of_the_steady_part() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = format!(
        "name: login
target: {{ urls: {{ s: \"http://{}\" }} }}
threads: [ {{ start: 2, hold: 1s }} ]
scenarios:
  - name: buyer
    think_time: 20ms
    on_start: [ {{ request: POST s/login }} ]
    steps: [ {{ request: GET s/items }} ]
",
        stub.address()
    );
    let ended = bench
        .workbench()
        .arg("run")
        .arg(bench.file("login", &text))
        .assert();
    ended
        .code(OVER)
        .stdout(contains("Not in TOTAL (on_start,").and(contains("POST s/login")));
    let [run] = bench.runs("login").try_into().unwrap();
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    let outside = page.find("Requests outside of the steady part").unwrap();
    assert!(page[outside..].contains("POST s/login"));
}
