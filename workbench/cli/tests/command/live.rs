//! Progress of a run: the live page, the terminal view, and plain lines elsewhere. Long, because each of the three has its
//! stories.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use rustix::process::{Pid, Signal, kill_process};

use crate::stub::Stub;
use crate::support::{Bench, OVER};

/// Ends the command when the test ends, even by a panic.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A run with its live page: the command, and the page's host and port.
fn run_live(bench: &Bench, stub: &Stub, hold: &str) -> (Running, String) {
    let file = bench.file("watched", &stub.experiment("watched", "GET stub/", hold));
    let mut command = bench.workbench();
    command.arg("run").arg("--live").arg(file);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = Running(child.unwrap());
    let mut stderr = BufReader::new(child.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("live page: ") {
        line.clear();
        assert!(
            stderr.read_line(&mut line).unwrap() > 0,
            "no address was printed"
        );
    }
    // Reads on, so that the command never blocks on its output.
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    let address = line.trim_end().strip_prefix("live page: http://").unwrap();
    (child, address.trim_end_matches('/').to_owned())
}

fn ask(address: &str, request: &str) -> BufReader<TcpStream> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    BufReader::new(socket)
}

/// The whole response to a request with this Host header.
fn answer(address: &str, method: &str, path: &str, host: &str) -> String {
    let request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    ask(address, &request).read_to_string(&mut answer).unwrap();
    answer
}

/// The next event: its name, and its JSON.
fn event(events: &mut impl BufRead) -> Option<(String, serde_json::Value)> {
    let (mut name, mut data) = (None, None);
    loop {
        let mut line = String::new();
        if events.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        match line.trim_end().split_once(':') {
            Some(("event", text)) => name = Some(text.trim_start().to_owned()),
            Some(("data", text)) => data = Some(serde_json::from_str(text).unwrap()),
            _ => {}
        }
        if name.is_some() && data.is_some() {
            return name.zip(data);
        }
    }
}

#[test]
fn the_live_page_gets_every_second_and_finally_the_report() {
    let bench = Bench::new();
    let (mut child, address) = run_live(&bench, &Stub::start(), "2500ms");
    let page = answer(&address, "GET", "/", &address);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("EventSource(\"events\")") && page.contains("content-security-policy"));
    let request = format!("GET /events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut events = ask(&address, &request);
    let mut seconds = 0;
    let report = loop {
        let (name, data) = event(&mut events).expect("the end is told");
        match name.as_str() {
            "state" => {
                let shown = data["sides"][0]["seconds"].as_array();
                seconds = shown.map_or(0, Vec::len);
            }
            "second" => {
                seconds += 1;
                let second = &data["second"];
                assert!(second["total_requests"].as_u64().unwrap() > 0, "{second}");
                // The last event may tell of a second in which nothing ended.
                let measured = second["requests"].as_u64().unwrap() > 0;
                assert_eq!(
                    second["p95_ms"].as_f64().is_some_and(|it| it > 0.0),
                    measured,
                    "{second}"
                );
                assert_eq!(second["planned_users"].as_u64().unwrap() / 2, 0, "{second}");
            }
            "reports" => break data,
            other => panic!("{other}"),
        }
    };
    assert!(seconds >= 1);
    assert_eq!(report[0]["name"], "watched");
    let [run] = bench.runs("watched").try_into().unwrap();
    let path = report[0]["path"].as_str().unwrap();
    let canonical = |path: &std::path::Path| std::fs::canonicalize(path).unwrap();
    assert_eq!(
        canonical(path.as_ref()),
        canonical(&run.join("report.html"))
    );
    // Listeners to the events may fetch the report before the command ends.
    let fetched = answer(&address, "GET", "/reports/0", &address);
    assert!(fetched.contains("<!DOCTYPE html>") && fetched.contains("watched"));
    assert!(answer(&address, "GET", "/reports/1", &address).starts_with("HTTP/1.1 404"));
    assert_eq!(event(&mut events).unwrap().0, "end");
    drop(events);
    let status = child.0.wait().unwrap();
    assert!(OVER.contains(&status.code().unwrap()), "{status}");
}

#[test]
fn the_live_page_accepts_only_read_requests_to_its_own_address() {
    let bench = Bench::new();
    let (child, address) = run_live(&bench, &Stub::start(), "1h");
    let port = address.rsplit_once(':').unwrap().1;
    let status = |answer: String| answer.split(' ').nth(1).unwrap().to_owned();
    for path in ["/", "/events", "/reports/0"] {
        let evil = answer(&address, "GET", path, &format!("evil.example:{port}"));
        assert_eq!(status(evil), "421", "{path}");
        assert_eq!(
            status(answer(&address, "POST", path, &address)),
            "405",
            "{path}"
        );
    }
    let local = answer(&address, "GET", "/", &format!("localhost:{port}"));
    assert_eq!(status(local), "200");
    assert_eq!(
        status(answer(&address, "GET", "/../manifest.json", &address)),
        "404"
    );
    let request = format!(
        "GET /events HTTP/1.1\r\nhost: {address}\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: cors\r\n\r\n"
    );
    let mut first = String::new();
    ask(&address, &request).read_line(&mut first).unwrap();
    assert!(first.contains(" 403 "), "{first}");
    drop(child);
}

#[test]
fn a_connected_browser_does_not_delay_the_end_of_the_command() {
    let bench = Bench::new();
    let (mut child, address) = run_live(&bench, &Stub::start(), "300ms");
    let request = format!("GET /events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let _events = ask(&address, &request);
    let status = child.0.wait().unwrap();
    assert!(OVER.contains(&status.code().unwrap()), "{status}");
}

#[test]
fn a_used_or_wrong_address_is_reported_before_any_request() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("taken", &stub.experiment("taken", "GET stub/", "1h"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = |arguments: &[&str]| {
        let mut command = bench.workbench();
        command.arg("run").arg(&file).args(arguments).assert()
    };
    run(&[&format!("--live={address}")])
        .code(1)
        .stderr(contains(&address).and(contains("in use")));
    run(&["--live=nothing at all"]).code(2);
    run(&["--live", &address])
        .code(2)
        .stderr(contains(format!("--live={address}")));
    assert_eq!(stub.requests(), 0);
}

/// Both ends of a terminal of this number of rows and columns.
fn terminal(rows: u16, columns: u16) -> (OwnedFd, OwnedFd) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let slave = File::options().read(true).write(true).open(name).unwrap();
    let slave = OwnedFd::from(slave);
    let (rows, columns) = (rows.to_string(), columns.to_string());
    stty(&slave, &["rows", &rows, "cols", &columns]);
    (master, slave)
}

/// Runs `stty` on a terminal.
fn stty(terminal: &OwnedFd, arguments: &[&str]) -> String {
    let mut command = Command::new("stty");
    command.args(arguments).stdin(terminal.try_clone().unwrap());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The output of a command on a terminal, and its exit code. `look` is called with the output so far whenever there is
/// more.
fn on_terminal(
    mut command: Command,
    (rows, columns): (u16, u16),
    mut look: impl FnMut(&str, &Child),
) -> (String, Option<i32>) {
    let (master, slave) = terminal(rows, columns);
    let before = stty(&slave, &["-g"]);
    command.stdout(slave.try_clone().unwrap());
    command.stderr(slave.try_clone().unwrap());
    let mut child = Running(command.spawn().unwrap());
    drop(command);
    let kept = slave.try_clone().unwrap();
    drop(slave);
    let (chunks, read) = std::sync::mpsc::channel();
    let mut reader = File::from(master);
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(length) = reader.read(&mut chunk) {
            if length == 0 || chunks.send(chunk[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut bytes = Vec::new();
    let status = loop {
        match read.recv_timeout(std::time::Duration::from_millis(50)) {
            Ok(chunk) => {
                bytes.extend(chunk);
                look(&String::from_utf8_lossy(&bytes), &child.0);
            }
            Err(_) => {
                if let Some(status) = child.0.try_wait().unwrap() {
                    break status;
                }
            }
        }
    };
    // The terminal has its former settings.
    assert_eq!(stty(&kept, &["-g"]), before);
    // Reading ends when the other end of the terminal is closed.
    drop(kept);
    bytes.extend(read.iter().flatten());
    (String::from_utf8_lossy(&bytes).into_owned(), status.code())
}

fn run_on(bench: &Bench, file: &std::path::Path) -> Command {
    let mut command = bench.workbench();
    command
        .arg("run")
        .arg(file)
        .env_remove("NO_COLOR")
        .env("TERM", "xterm-256color");
    command
}

fn interrupt(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
}

/// A run that receives a signal once one second of it has been shown.
fn signalled(signal: Signal) -> (String, Option<i32>) {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("stopped", &stub.experiment("stopped", "GET stub/", "1h"));
    let mut is_sent = false;
    on_terminal(run_on(&bench, &file), (24, 80), |text, child| {
        if !is_sent && text.contains('█') {
            is_sent = true;
            interrupt(child, signal);
        }
    })
}

#[test]
fn a_terminal_shows_the_last_minute_and_is_left_as_it_was_by_ctrl_c() {
    let (text, code) = signalled(Signal::INT);
    assert_eq!(code, Some(130), "{text}");
    for shown in [
        "users", "requests", "p50", "p95", "p99", "errors", "validity", "━",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    // No alternate screen, hidden cursor, terminal query or mouse report is requested.
    for sequence in ["\u{1b}[?", "\u{1b}[6n", "\u{1b}7"] {
        assert!(!text.contains(sequence), "{sequence:?}: {text:?}");
    }
    assert!(text.contains("stopping: requests in flight"), "{text}");
    // The view is cleared before the report.
    let (_, after) = text.rsplit_once("\u{1b}[J").unwrap();
    assert!(
        after.contains("report: ") && !after.contains('━'),
        "{after}"
    );
}

#[test]
fn a_terminal_is_left_as_it_was_where_the_command_is_killed() {
    let (text, code) = signalled(Signal::KILL);
    assert_eq!(code, None, "{text}");
    assert!(!text.contains("\u{1b}[?"), "{text:?}");
}

#[test]
fn a_terminal_is_left_as_it_was_by_a_target_that_dies() {
    let bench = Bench::new();
    let stub = Stub::start_for(200);
    let file = bench.file("mortal", &stub.experiment("mortal", "GET stub/", "2s"));
    let (text, code) = on_terminal(run_on(&bench, &file), (24, 80), |_, _| {});
    assert_eq!(code, Some(14), "{text}");
    let after = text
        .rsplit_once("\u{1b}[J")
        .map_or(text.as_str(), |it| it.1);
    assert!(after.contains("INVALID") && !after.contains('━'), "{after}");
}

#[test]
fn a_small_terminal_has_one_line() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("small", &stub.experiment("small", "GET stub/", "1h"));
    let mut is_sent = false;
    let (text, code) = on_terminal(run_on(&bench, &file), (6, 60), |text, child| {
        if !is_sent && text.contains("1/1 users  ") {
            is_sent = true;
            interrupt(child, Signal::INT);
        }
    });
    assert_eq!(code, Some(130), "{text}");
    assert!(!text.contains('━'), "{text}");
}

#[test]
fn dumb_terminals_and_those_without_colour_get_plain_text() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("plain", &stub.experiment("plain", "GET stub/", "1h"));
    for (name, value) in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let mut command = run_on(&bench, &file);
        command.env(name, value);
        let mut is_sent = false;
        let (text, code) = on_terminal(command, (24, 80), |text, child| {
            // A line every few seconds.
            if !is_sent && text.contains(" s: 1/1 users  ") {
                is_sent = true;
                interrupt(child, Signal::INT);
            }
        });
        assert_eq!(code, Some(130), "{name}: {text}");
        assert!(!text.contains('\u{1b}'), "{name}: {text:?}");
    }
}

#[test]
fn the_report_fits_terminals_of_60_80_and_120_columns_and_pipes() {
    let bench = Bench::new();
    let file = bench.shopping("shop", 2, "1s", "");
    bench.workbench().arg("run").arg(&file).assert().code(OVER);
    let [run] = bench.runs("shop").try_into().unwrap();
    let analyze = |name: &str, value: &str| {
        let mut command = bench.workbench();
        command.arg("analyze").arg(&run).env(name, value);
        command
    };
    let check = |text: &str, columns: u16| {
        // The last line contains a path of any length.
        let (report, _) = text.rsplit_once("report: ").unwrap();
        for line in report.lines() {
            let line = console::strip_ansi_codes(line);
            let width = console::measure_text_width(line.trim_end());
            assert!(width <= columns.into(), "{columns}: {line:?}");
        }
        for shown in ["p95", "rror", "TOTAL"] {
            assert!(report.contains(shown), "{columns}: no {shown} in {report}");
        }
    };
    for columns in [60, 80, 120] {
        let terminal = (50, columns);
        let mut coloured = analyze("TERM", "xterm-256color");
        coloured.env_remove("NO_COLOR");
        let (text, _) = on_terminal(coloured, terminal, |_, _| {});
        assert!(text.contains("\u{1b}["), "{text:?}");
        check(&text, columns);
        for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let mut command = analyze(name, value);
            if name != "NO_COLOR" {
                command.env_remove("NO_COLOR");
            }
            let (text, _) = on_terminal(command, terminal, |_, _| {});
            assert!(!text.contains('\u{1b}'), "{name}: {text:?}");
            check(&text, columns);
        }
        let mut piped = analyze("COLUMNS", &columns.to_string());
        let piped = piped.env_remove("NO_COLOR").output().unwrap();
        let text = String::from_utf8(piped.stdout).unwrap();
        assert!(!text.contains('\u{1b}'), "{text:?}");
        check(&text, columns);
    }
}
