//! Imports of other tools' results and exports: what is read of each format, what is refused, and that every dropped
//! row is reported.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::support::Bench;

mod damage;
mod formats;
mod trips;
mod verdicts;

/// A file beside these tests.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/command/import")
        .join(name)
}

/// The command with these arguments, in the bench's folder.
fn workbench(bench: &Bench, arguments: &[&str]) -> Output {
    bench.workbench().args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Imports a file, which must succeed. Returns the run's folder.
fn import(bench: &Bench, file: &Path, options: &[&str]) -> PathBuf {
    let mut arguments = vec!["import", file.to_str().unwrap()];
    arguments.extend(options);
    let output = workbench(bench, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let stdout = String::from_utf8(output.stdout).unwrap();
    bench.path().join(stdout.trim())
}

/// Imports a text from a file of this name.
fn import_text(bench: &Bench, name: &str, text: &str, options: &[&str]) -> PathBuf {
    let file = bench.path().join(name);
    fs::write(&file, text).unwrap();
    import(bench, &file, options)
}

/// Imports a file, which must fail. Returns the exit code and the message.
fn refusal(bench: &Bench, file: &Path, options: &[&str]) -> (Option<i32>, String) {
    let mut arguments = vec!["import", file.to_str().unwrap()];
    arguments.extend(options);
    let output = workbench(bench, &arguments);
    (output.status.code(), stderr(&output))
}

fn manifest(run: &Path) -> Value {
    serde_json::from_slice(&fs::read(run.join("manifest.json")).unwrap()).unwrap()
}

/// A sample as in an export to CSV.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    start_ns: i64,
    elapsed_ns: u64,
    label: String,
    success: bool,
    status: String,
    error: String,
    latency_ns: u64,
    connect_ns: u64,
    received: u64,
    sent: u64,
    users: u32,
    phase: String,
}

/// The samples of a run in stored order. Labels must not contain commas.
fn rows(bench: &Bench, run: &Path) -> Vec<Row> {
    let output = workbench(
        bench,
        &[
            "export",
            run.to_str().unwrap(),
            "--format",
            "csv",
            "--output",
            "-",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let field: Vec<&str> = line.split(',').collect();
        Row {
            start_ns: field[1].parse().unwrap(),
            elapsed_ns: field[2].parse().unwrap(),
            latency_ns: field[3].parse().unwrap(),
            connect_ns: field[4].parse().unwrap(),
            sent: field[5].parse().unwrap(),
            received: field[6].parse().unwrap(),
            status: field[7].to_owned(),
            success: field[8] == "true",
            error: field[9].to_owned(),
            label: field[10].to_owned(),
            users: field[14].parse().unwrap(),
            phase: field[15].to_owned(),
        }
    });
    rows.collect()
}

/// The first time in the texts of these tests, in milliseconds since the Unix epoch.
const START_MS: i64 = 1_795_409_077_000;

const JTL_HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,\
     sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";

/// A row of a JTL file with this start and elapsed time in milliseconds.
fn jtl_row(start_ms: i64, elapsed_ms: i64, label: &str) -> String {
    format!(
        "{},{elapsed_ms},{label},200,OK,shop 1-1,text,true,,182,100,5,5,http://x/,{elapsed_ms},0,1",
        START_MS + start_ms
    )
}

/// A JTL file of this number of good rows, one every 10 ms, with these lines in the middle.
fn jtl_with(count: i64, lines: &[&str]) -> String {
    let mut text = format!("{JTL_HEADER}\n");
    for index in 0..count {
        if index == count / 2 {
            for line in lines {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.push_str(&jtl_row(index * 10, 20 + index % 7, "get"));
        text.push('\n');
    }
    text
}

#[test]
fn several_files_are_a_run_each_and_files_that_differ_in_a_number_are_repetitions() {
    let bench = Bench::new();
    for name in ["base1.jtl", "base2.jtl", "other.jtl"] {
        fs::write(bench.path().join(name), jtl_with(50, &[])).unwrap();
    }

    let output = workbench(&bench, &["import", "base1.jtl", "base2.jtl", "other.jtl"]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let runs = |name: &str| {
        fs::read_dir(bench.path().join("results").join(name))
            .unwrap()
            .count()
    };
    assert_eq!((runs("base"), runs("other")), (2, 1));
}

#[test]
fn merged_files_are_one_run() {
    let bench = Bench::new();
    for name in ["a.jtl", "b.jtl"] {
        fs::write(bench.path().join(name), jtl_with(50, &[])).unwrap();
    }

    let output = workbench(
        &bench,
        &["import", "a.jtl", "b.jtl", "--merge", "--name", "both"],
    );

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let run = bench
        .path()
        .join(String::from_utf8(output.stdout).unwrap().trim());
    assert_eq!(rows(&bench, &run).len(), 100);
    assert_eq!(manifest(&run)["experiment"], "both");
    assert_eq!(
        manifest(&run)["origin"]["files"].as_array().unwrap().len(),
        2
    );
}

#[test]
fn a_truncated_gzip_file_is_read_to_its_end_and_reported() {
    let bench = Bench::new();
    let gzip = std::process::Command::new("gzip")
        .arg("-c")
        .arg(fixture("jmeter.jtl"))
        .output()
        .unwrap();
    let half = &gzip.stdout[..gzip.stdout.len() / 2];
    fs::write(bench.path().join("cut.jtl.gz"), half).unwrap();
    // Its last row is cut off as well: more than 1 % of the rows.
    let arguments = ["import", "cut.jtl.gz", "--allow-bad-rows", "10%"];
    let output = workbench(&bench, &arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("the compressed data of cut.jtl.gz end early"),
        "{said}"
    );
}

#[test]
fn a_gzip_file_and_standard_input_are_read_like_the_file() {
    let bench = Bench::new();
    let text = jtl_with(50, &[]);
    let plain = rows(&bench, &import_text(&bench, "plain.jtl", &text, &[]));
    let packed = bench.path().join("packed.jtl.gz");
    let mut gzip = std::process::Command::new("gzip");
    fs::write(bench.path().join("unpacked"), &text).unwrap();
    let gzip = gzip
        .arg("-c")
        .arg(bench.path().join("unpacked"))
        .output()
        .unwrap();
    fs::write(&packed, gzip.stdout).unwrap();

    assert_eq!(rows(&bench, &import(&bench, &packed, &[])), plain);
    let input = fs::File::open(bench.path().join("plain.jtl")).unwrap();
    let output = bench
        .workbench()
        .args(["import", "-", "--name", "piped"])
        .stdin(Stdio::from(input))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let run = bench
        .path()
        .join(String::from_utf8(output.stdout).unwrap().trim());
    assert_eq!(rows(&bench, &run), plain);
}

#[test]
fn warm_up_and_cool_down_leave_the_edges_out_of_the_steady_part() {
    let bench = Bench::new();
    let text = jtl_with(100, &[]);

    let run = import_text(
        &bench,
        "edges.jtl",
        &text,
        &["--warm-up", "200ms", "--cool-down", "100ms"],
    );

    let rows = rows(&bench, &run);
    let count = |phase: &str| rows.iter().filter(|row| row.phase == phase).count();
    assert_eq!(
        (count("warm_up"), count("hold"), count("ramp_down")),
        (20, 70, 10)
    );
    let analysis: Value =
        serde_json::from_slice(&fs::read(run.join("analysis.json")).unwrap()).unwrap();
    assert_eq!(analysis["runs"][0]["steady"]["total"]["samples"], 70);
}

#[test]
fn the_report_of_an_imported_run_omits_unknown_values() {
    let bench = Bench::new();

    let run = import(&bench, &fixture("k6.csv"), &[]);

    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("not checked"));
    assert!(page.contains("k6 http_req_duration"));
    assert!(page.contains("nothing is known of when its load was held"));
    assert!(!page.contains("workbench run results/"));
    assert!(!page.contains("planned users"));
    assert!(!page.contains("imported.invalid"));
}

#[test]
fn a_run_is_never_overwritten() {
    let bench = Bench::new();
    let first = import(&bench, &fixture("jmeter.jtl"), &[]);
    let second = import(&bench, &fixture("jmeter.jtl"), &[]);
    assert_ne!(first, second);
    assert_eq!(rows(&bench, &first), rows(&bench, &second));
}
