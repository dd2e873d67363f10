//! Interrupted runs and failing targets: no measured sample is lost, and the outcome is reported.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::stored::StoredRun;
use crate::stub::Stub;
use crate::support::{Bench, OVER, json};
use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_signal_ends_a_run_whose_samples_are_kept_and_reported() {
    for asked in [Signal::INT, Signal::TERM, Signal::HUP] {
        let bench = Bench::new();
        let file = bench.shopping("long", 2, "1h", "");
        let mut child = start(&bench, &file);
        wait_for_progress(&mut child);
        signal(&child, asked);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let [run] = bench.runs("long").try_into().unwrap();
        assert_eq!(json(&run.join("manifest.json"))["outcome"], "interrupted");
        assert!(samples(&run) > 0);
        assert!(run.join("report.html").is_file());
    }
}

/// `timeout` sends its signal to the process and, right after, to its group.
#[test]
fn two_signals_at_the_same_moment_are_one() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("timeout", &stub.experiment("timeout", "GET stub/", "1h"));
    let mut child = start(&bench, &file);
    let run = wait_for_part(&bench, "timeout", 0);
    // The second one waits while the process is stopped, and is there when the first is.
    signal(&child, Signal::STOP);
    signal(&child, Signal::INT);
    signal(&child, Signal::TERM);
    signal(&child, Signal::CONT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(json(&run.join("manifest.json"))["outcome"], "interrupted");
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_what_was_written_is_kept() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = stub.experiment("twice", "GET stub/", "1h");
    let text = text.replace("start: 1,", "start: 2,")
        + "  - name: two\n    steps:\n      - request: GET stub/hang\n";
    let mut child = start(&bench, &bench.file("twice", &text));
    let run = wait_for_part(&bench, "twice", 0);
    signal(&child, Signal::INT);
    let mut told = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut told, "stopping");
    // One request is still in flight. Two signals within a tenth of a second are one.
    std::thread::sleep(std::time::Duration::from_millis(150));
    signal(&child, Signal::INT);
    read_until(&mut told, "stopped at once");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let analysed = bench.workbench().arg("analyze").arg(&run).assert();
    analysed.code(14).stdout(contains("killed before its end"));
    assert!(samples(&run) > 0);
}

#[test]
fn a_killed_run_loses_less_than_two_parts_whatever_its_rate() {
    for think in ["0s", "200ms"] {
        let bench = Bench::new();
        let stub = Stub::start();
        let text = stub.experiment("killed", "GET stub/", "1h");
        let text = text.replace(
            "    steps:",
            &format!("    think_time: {think}\n    steps:"),
        );
        let mut child = start(&bench, &bench.file("killed", &text));
        let run = wait_for_part(&bench, "killed", 0);
        let asked = stub.requests() as u64;
        let goes_on = bench.workbench().arg("analyze").arg(&run).assert();
        goes_on.code(14).stdout(contains("has not ended"));
        wait_for_part(&bench, "killed", 1);
        signal(&child, Signal::KILL);
        child.wait().unwrap();
        let killed = bench.workbench().arg("analyze").arg(&run).assert();
        killed
            .code(14)
            .stdout(contains("killed before its end").and(contains("has not ended").not()));
        // All responses from before the first part are in the second part at the latest. The reset is not a sample, and
        // one request may have been in flight.
        assert!(samples(&run) + 2 >= asked, "{} of {asked}", samples(&run));
    }
}

#[test]
fn a_killed_run_can_be_analysed_and_ends_the_bookstore() {
    let bench = Bench::new();
    let file = bench.shopping("killed", 2, "1h", "");
    let mut child = start(&bench, &file);
    let run = wait_for_part(&bench, "killed", 0);
    wait_for(&run.join("resources/part-00000.parquet"));
    let urls = json(&run.join("manifest.json"))["target"]["urls"].clone();
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    bench.workbench().arg("analyze").arg(&run).assert().code(14);
    assert!(samples(&run) > 0);
    let resources = &json(&run.join("analysis.json"))["runs"][0]["resources"];
    assert_eq!(resources["processors"][0]["source"], "application");
    let catalog = urls["catalog"]
        .as_str()
        .unwrap()
        .trim_start_matches("http://")
        .to_owned();
    // It ends on its own when its standard input is closed.
    let deadline = Instant::now() + Duration::from_secs(60);
    while std::net::TcpStream::connect(&catalog).is_ok() {
        assert!(Instant::now() < deadline, "the bookstore outlived its run");
        std::thread::yield_now();
    }
}

#[test]
fn a_blocked_terminal_delays_neither_the_run_nor_its_end() {
    let full = || {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let size = rustix::pipe::fcntl_getpipe_size(&writer).unwrap();
        rustix::io::write(&writer, &vec![b'.'; size]).unwrap();
        (reader, writer)
    };
    let stopped = || {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        // Ctrl-S.
        rustix::io::write(&master, &[0x13]).unwrap();
        (master, slave.into())
    };
    for terminal in [&full as &dyn Fn() -> (OwnedFd, OwnedFd), &stopped] {
        let bench = Bench::new();
        let stub = Stub::start();
        let start = |name: &str, hold: &str| {
            // The pipe stays open and is never read.
            let (held, stderr) = terminal();
            let file = bench.file(name, &stub.experiment(name, "GET stub/", hold));
            let mut command = bench.workbench();
            command.arg("run").arg(file).env_remove("NO_COLOR");
            let child = command.stdout(Stdio::piped()).stderr(stderr).spawn();
            (held, child.unwrap())
        };
        let (_held, child) = start("whole", "1500ms");
        let output = child.wait_with_output().unwrap();
        assert!(OVER.contains(&output.status.code().unwrap()), "{output:?}");
        let [run] = bench.runs("whole").try_into().unwrap();
        assert_eq!(json(&run.join("manifest.json"))["outcome"], "completed");
        assert!(run.join("report.html").is_file());

        let (_held, child) = start("stopped", "1h");
        let run = wait_for_part(&bench, "stopped", 0);
        signal(&child, Signal::INT);
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
        assert_eq!(json(&run.join("manifest.json"))["outcome"], "interrupted");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_printed_all_the_same() {
    let bench = Bench::new();
    let results = bench.path().join("results");
    let run = StoredRun::new("shop", 0, 1.0).write(&results);
    let mut command = limited(&bench, 0);
    let ended = command.arg("analyze").arg(&run).assert();
    ended
        .code(1)
        .stdout(contains("browse").and(contains("report:").not()))
        .stderr(contains("File too large").and(contains(
            "once it can be written, `workbench analyze` makes it",
        )));
}

#[test]
fn a_run_without_samples_is_invalid_and_says_why() {
    let bench = Bench::new();
    let results = bench.path().join("results");
    let run = StoredRun::new("shop", 0, 1.0).write(&results);
    for part in std::fs::read_dir(run.join("samples")).unwrap() {
        std::fs::remove_file(part.unwrap().path()).unwrap();
    }
    let mut command = bench.workbench();
    let ended = command.arg("analyze").arg(&run).assert();
    ended
        .code(14)
        .stderr(contains("ended before its first ones were stored"));
}

#[test]
fn a_full_disk_ends_the_run_and_the_path_of_its_samples_is_printed() {
    // During the run, and at its end.
    for hold in ["1h", "300ms"] {
        let bench = Bench::new();
        let stub = Stub::start();
        let file = bench.file("full", &stub.experiment("full", "GET stub/", hold));
        let ended = limited(&bench, 8).arg("run").arg(&file).assert();
        ended.code(1).stderr(contains("part-00000.parquet").and(
            contains("File too large").and(contains("no samples were written; results/full/")),
        ));
        let [run] = bench.runs("full").try_into().unwrap();
        let outcome = json(&run.join("manifest.json"))["outcome"].clone();
        let why = outcome["failed"].as_str().unwrap();
        assert!(why.contains("File too large"), "{why}");
    }
    // Where no file can be written, no run begins.
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("full", &stub.experiment("full", "GET stub/", "1h"));
    let ended = limited(&bench, 0).arg("run").arg(&file).assert();
    ended.code(1).stderr(contains("File too large"));
    assert!(bench.runs("full").is_empty());
    assert_eq!(stub.requests(), 0);
}

#[test]
fn a_run_that_cannot_write_keeps_its_earlier_samples() {
    let bench = Bench::new();
    let stub = Stub::start();
    let child = start(
        &bench,
        &bench.file("half", &stub.experiment("half", "GET stub/", "1h")),
    );
    let run = wait_for_part(&bench, "half", 0);
    // Every part is first written under such a name.
    for part in 1..100 {
        let name = format!("samples/part-{part:05}.parquet.tmp");
        let _ = std::fs::create_dir(run.join(name));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("Is a directory"), "{told}");
    assert!(
        told.contains("what was written before is in results/half/"),
        "{told}"
    );
    let analysed = bench.workbench().arg("analyze").arg(&run).assert();
    analysed.code(14).stdout(contains("Is a directory"));
    assert!(samples(&run) > 0);
}

/// The command with a limit on file sizes, in blocks of 512 bytes.
fn limited(bench: &Bench, blocks: u32) -> Command {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ && ulimit -f {blocks} && exec \"$@\"");
    command
        .args(["-c", &script, "sh"])
        .arg(bench.workbench().get_program())
        .current_dir(bench.path())
        .env("NO_COLOR", "1");
    command
}

#[test]
fn removing_the_results_of_a_run_ends_it_with_a_message() {
    let bench = Bench::new();
    let stub = Stub::start();
    let mut child = start(
        &bench,
        &bench.file("gone", &stub.experiment("gone", "GET stub/", "1h")),
    );
    wait_for_progress(&mut child);
    std::fs::remove_dir_all(bench.path().join("results")).unwrap();
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(told.contains("No such file or directory"), "{told}");
    assert!(
        told.contains("nothing is left of the run: its folder"),
        "{told}"
    );
}

#[test]
fn an_unresolvable_host_name_is_reported_before_the_run() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = stub.experiment("lost", "GET stub/", "1h");
    let text = text.replace(&stub.address().to_string(), "nowhere.invalid:80");
    let ended = bench
        .workbench()
        .arg("run")
        .arg(bench.file("lost", &text))
        .assert();
    ended.code(13).stderr(contains(
        "nothing answers at http://nowhere.invalid:80 (service \"stub\")",
    ));
    assert!(bench.runs("lost").is_empty());
}

#[test]
fn a_target_that_is_restarted_is_loaded_again_and_its_idle_time_is_not_blamed() {
    let bench = Bench::new();
    let stub = Stub::start_for(300);
    let address = stub.address();
    let text = stub.experiment("restarted", "GET stub/", "1h");
    let child = start(&bench, &bench.file("restarted", &text));
    let deadline = Instant::now() + Duration::from_secs(120);
    // The server has ended only once nothing listens there.
    while std::net::TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline, "the target lives on");
        std::thread::yield_now();
    }
    let again = Stub::start_at(address, usize::MAX);
    while again.requests() < 300 {
        assert!(Instant::now() < deadline, "the target was not loaded again");
        std::thread::yield_now();
    }
    signal(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let [run] = bench.runs("restarted").try_into().unwrap();
    let manifest = std::fs::read_to_string(run.join("manifest.json")).unwrap();
    assert!(!manifest.contains("keeps idle connections"), "{manifest}");
    let total = &json(&run.join("analysis.json"))["runs"][0]["total"];
    let errors = total["errors"].as_u64().unwrap();
    // A request may or may not fall into the time without a target.
    assert!(samples(&run) >= errors + 590, "{total}");
}

fn start(bench: &Bench, file: &Path) -> Child {
    bench
        .workbench()
        .arg("run")
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the next progress line.
fn wait_for_progress(child: &mut Child) {
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap());
    let mut line = String::new();
    while !line.contains("req/s") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the run ended early"
        );
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Waits until the only run has a part of its samples. Returns the run's folder.
fn wait_for_part(bench: &Bench, experiment: &str, part: u32) -> PathBuf {
    let name = format!("samples/part-{part:05}.parquet");
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(run) = bench
            .runs(experiment)
            .into_iter()
            .find(|run| run.join(&name).is_file())
        {
            return run;
        }
        assert!(Instant::now() < deadline, "no {name} came");
        std::thread::yield_now();
    }
}

fn wait_for(file: &Path) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !file.is_file() {
        assert!(Instant::now() < deadline, "no {} came", file.display());
        std::thread::yield_now();
    }
}

fn read_until(lines: &mut impl BufRead, text: &str) {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "nothing said {text}"
        );
    }
}

/// The number of samples in the analysis of a run.
fn samples(run: &Path) -> u64 {
    let analysis = json(&run.join("analysis.json"));
    analysis["runs"][0]["total"]["samples"].as_u64().unwrap()
}
