//! Whole runs against a scripted server. Longer than other files, because linking another test program with Polars
//! takes long.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arrivals;
mod journeys;
mod support;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use support::{
    Stub, check, experiment, finding, numbers, one_run_at_a_time, run, run_observed, samples, texts,
};
use workbench_load::{FinishedRun, LoadError, StopReason, StopSignal};
use workbench_plan::{Plan, Times};
use workbench_samples::{CheckStatus, Manifest, Outcome, Resource, read_resources};

const SHORT: &str = "threads:\n  - { start: 3, startup: 100ms, hold: 300ms, shutdown: 100ms }";

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_a_sample_and_every_byte_is_counted() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let steps = "      - { request: GET stub/one }\n\
                 \x20     - { request: POST stub/two, json: { user: \"${user}\", text: \"a b\" } }";
    let plan = experiment(stub.address, SHORT, steps);
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    assert_eq!(finished.outcome, Outcome::Completed);
    assert!(samples.height() > 10);
    let traffic = &stub.traffic;
    assert_eq!(
        samples.height() as u64,
        traffic.requests.load(Ordering::SeqCst)
    );
    let sum = |column| numbers(&samples, column).iter().sum::<u64>();
    assert_eq!(sum("bytes_sent"), traffic.read.load(Ordering::SeqCst));
    assert_eq!(
        sum("bytes_received"),
        traffic.written.load(Ordering::SeqCst)
    );
    assert!(texts(&samples, "error").iter().all(|error| error == "-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_connects_once_and_its_first_request_includes_the_connect_time() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let plan = experiment(stub.address, SHORT, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    // One connection per user, and one of the availability check.
    assert_eq!(stub.traffic.connections.load(Ordering::SeqCst), 4);
    let samples = samples(&finished);
    let connects = numbers(&samples, "connect_ns");
    assert_eq!(connects.iter().filter(|connect| **connect > 0).count(), 3);
    let latencies = numbers(&samples, "latency_ns");
    assert!(
        connects
            .iter()
            .zip(&latencies)
            .all(|(connect, latency)| connect < latency)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_connection_is_opened_after_the_server_closed_the_last() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let plan = experiment(stub.address, SHORT, "      - { request: GET stub/close }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    assert!(samples.height() > 3);
    let errors = texts(&samples, "error");
    assert!(errors.iter().all(|error| error == "-"), "{errors:?}");
    assert!(
        numbers(&samples, "connect_ns")
            .iter()
            .all(|connect| *connect > 0)
    );
    let told = finding(&finished, "connections");
    let all = format!(
        "{0} connections for {0} requests (up to 3 expected)",
        samples.height()
    );
    assert!(told.contains(&all), "{told}");
    assert!(
        told.contains("closes the connection after every answer"),
        "{told}"
    );
}

/// Gives users a think time longer than the delivery of a close of an idle connection.
fn let_connections_idle(plan: &mut Plan) {
    plan.scenarios[0].think_time = Some(Times::Constant(Duration::from_millis(60)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_idle_connections_is_reported() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let mut plan = experiment(stub.address, SHORT, "      - { request: GET stub/idle }");
    let_connections_idle(&mut plan);
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    assert_eq!(check(&finished, "connections"), Some(CheckStatus::Warning));
    let told = finding(&finished, "connections");
    // Closed together with some responses, with every response (on a busy machine), or later.
    let all = format!(
        "{0} connections for {0} requests (up to 3 expected); ",
        samples.height()
    );
    assert!(
        told.contains(&format!("{all}the target close")) || told.contains(&format!("{all}for ")),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_crosses_a_request_is_not_an_error_of_the_target() {
    let _turn = one_run_at_a_time().await;
    let outcomes = async |step: &str| {
        let folder = tempfile::tempdir().unwrap();
        let stub = Stub::start().await;
        let step = format!("      - {{ request: {step} }}");
        let mut plan = experiment(stub.address, SHORT, &step);
        let_connections_idle(&mut plan);
        let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
        let samples = samples(&finished);
        assert!(samples.height() >= 6 || step.contains("crash"), "{step}");
        if step.contains("crossed") {
            let warned = check(&finished, "stale connections");
            assert_eq!(warned, Some(CheckStatus::Warning), "{step}");
        }
        texts(&samples, "error")
    };
    // Sent again on a new connection.
    let again = outcomes("GET stub/crossed").await;
    // On an overloaded machine, a close may be noticed too late to count as crossing the request.
    let fine = again.iter().filter(|error| *error == "-").count();
    assert!(fine >= again.len() * 9 / 10, "{again:?}");
    // It is unknown whether these requests were processed. The first one on each connection is answered.
    let once = outcomes("POST stub/crossed").await;
    let stale = once.iter().filter(|error| *error == "stale").count();
    assert!(stale >= once.len() / 3, "{once:?}");
    // The server closed some time after it received the request: a failure of the server.
    let crashed = outcomes("GET stub/crash").await;
    assert!(crashed.iter().any(|error| error == "reset"), "{crashed:?}");
    // Closed with an unsolicited response while the connection was idle.
    let idle = outcomes("GET stub/idle").await;
    assert!(idle.iter().all(|error| error == "-"), "{idle:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_during_a_request_is_a_failure_of_the_target() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    // Without think time no connection is idle. The server holds every second request for 30 ms.
    let plan = experiment(stub.address, SHORT, "      - { request: GET stub/break }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let errors = texts(&samples(&finished), "error");
    let reset = errors.iter().filter(|error| *error == "reset").count();
    // The last request of a user may be an answered one.
    assert!(reset * 2 + 3 >= errors.len() && reset > 3, "{errors:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_of_all_shapes_are_read_to_their_last_byte() {
    let _turn = one_run_at_a_time().await;
    for (step, bytes) in [("GET stub/interim", 37 + 38), ("GET stub/long", 6_588_564)] {
        let folder = tempfile::tempdir().unwrap();
        let stub = Stub::start().await;
        let step = format!("      - {{ request: {step} }}");
        let mut plan = experiment(stub.address, SHORT, &step);
        plan.request_timeout = Duration::from_secs(30);
        let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
        let samples = samples(&finished);
        assert!(samples.height() > 0, "{step}");
        let given = texts(&samples, "status");
        assert!(given.iter().all(|status| status == "200"));
        let received = numbers(&samples, "bytes_received");
        assert!(
            received.iter().all(|it| *it == bytes),
            "{step}: {received:?}"
        );
        if step.contains("interim") {
            // Latency ends with the first byte of the response.
            let latencies = numbers(&samples, "latency_ns");
            assert!(latencies.iter().all(|latency| *latency > 98_000_000));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn latency_ends_with_the_first_byte_and_elapsed_with_the_last() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let plan = experiment(stub.address, SHORT, "      - { request: GET stub/trickle }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    let elapsed = numbers(&samples, "elapsed_ns");
    let latency = numbers(&samples, "latency_ns");
    // The server waits 100 ms between the two; a timer may be a millisecond early.
    assert!(
        elapsed
            .iter()
            .zip(&latency)
            .all(|(elapsed, latency)| elapsed - latency > 98_000_000)
    );
    assert!(latency.iter().all(|latency| *latency > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_failure_has_its_error_kind() {
    let _turn = one_run_at_a_time().await;
    for (step, error, status) in [
        ("GET stub/fail", "status", "500"),
        // For example to a login page: the requested resource did not come.
        ("GET stub/redirect", "status", "302"),
        ("GET stub/drop", "reset", "-"),
        ("GET stub/garbage", "protocol", "-"),
        ("GET stub/hang", "timeout", "-"),
        // The body never ends.
        ("GET stub/endless", "timeout", "-"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let stub = Stub::start().await;
        let plan = experiment(
            stub.address,
            SHORT,
            &format!("      - {{ request: {step} }}"),
        );
        let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
        let samples = samples(&finished);
        assert!(samples.height() >= 3, "{step}");
        assert!(
            texts(&samples, "error").iter().all(|word| word == error),
            "{step}"
        );
        assert!(
            texts(&samples, "status").iter().all(|word| word == status),
            "{step}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expected_status_is_a_success_whatever_its_number() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let steps = "      - { request: GET stub/fail, expect: { status: 500 } }\n\
                 \x20     - { request: GET stub/redirect, expect: { status: 302 } }\n\
                 \x20     - { request: GET stub/unchanged }\n\
                 \x20     - { request: GET stub/one, expect: { status: 201 } }";
    let plan = experiment(stub.address, SHORT, steps);
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    for (request, error) in texts(&samples, "request")
        .iter()
        .zip(texts(&samples, "error"))
    {
        let wanted = if request == "GET stub/one" {
            "status"
        } else {
            "-"
        };
        assert_eq!(error, wanted, "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_starts_early_and_nobody_sends_after_its_stop() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "threads:\n  - { start: 4, startup: 400ms, hold: 200ms, shutdown: 200ms }";
    let plan = experiment(stub.address, load, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let manifest = Manifest::read(&finished.directory).unwrap();
    let start = u64::try_from(manifest.started_at.unwrap()).unwrap();
    let samples = samples(&finished);
    let started = samples
        .column("started_at")
        .unwrap()
        .cast(&polars_core::prelude::DataType::Int64)
        .unwrap();
    let spans = plan.schedule();
    for (user, at) in numbers(&samples, "user")
        .iter()
        .zip(started.i64().unwrap().iter())
    {
        let span = spans.users()[usize::try_from(*user).unwrap() - 1];
        let at = Duration::from_nanos(u64::try_from(at.unwrap()).unwrap() - start);
        assert!(
            at >= span.start,
            "user {user} sent at {at:?}, before {:?}",
            span.start
        );
        // Some time passes between reading the clock and the start of the request.
        let latest = span.stop + Duration::from_millis(20);
        assert!(
            at < latest,
            "user {user} sent at {at:?}, after {:?}",
            span.stop
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_keeps_its_samples_and_its_outcome_says_so() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "threads:\n  - { start: 2, startup: 0s, hold: 1h, shutdown: 0s }";
    let plan = experiment(stub.address, load, "      - { request: GET stub/one }");
    let stop = stub.stop_after(100);
    let finished = run(&plan, folder.path(), &stop).await.unwrap();
    assert_eq!(finished.outcome, Outcome::Interrupted);
    assert!(!finished.validity.valid);
    assert_eq!(check(&finished, "schedule"), Some(CheckStatus::Failed));
    let samples = samples(&finished);
    assert_eq!(
        samples.height() as u64,
        stub.traffic.requests.load(Ordering::SeqCst)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_at_the_end_of_the_run_is_censored_not_lost() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "threads:\n  - { start: 2, startup: 0s, hold: 1h, shutdown: 0s }";
    let mut plan = experiment(stub.address, load, "      - { request: GET stub/half }");
    plan.request_timeout = Duration::from_secs(3_600);
    let stop = StopSignal::new();
    let traffic = std::sync::Arc::clone(&stub.traffic);
    let stopper = stop.clone();
    tokio::spawn(async move {
        while traffic.written.load(Ordering::SeqCst) < 2 * 42 {
            tokio::task::yield_now().await;
        }
        stopper.stop(StopReason::Interrupted);
    });
    let finished = run(&plan, folder.path(), &stop).await.unwrap();
    let samples = samples(&finished);
    assert_eq!(texts(&samples, "error"), ["censored", "censored"]);
    // Their known values are kept.
    for column in ["elapsed_ns", "latency_ns", "connect_ns"] {
        assert!(
            numbers(&samples, column).iter().all(|it| *it > 0),
            "{column}"
        );
    }
    assert_eq!(numbers(&samples, "bytes_received"), [42, 42]);
    let sent: u64 = numbers(&samples, "bytes_sent").iter().sum();
    assert_eq!(sent, stub.traffic.read.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_target_leaves_no_run_folder() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plan = experiment(
        stub.local_addr().unwrap(),
        SHORT,
        "      - { request: GET stub/one }",
    );
    drop(stub);
    let error = run(&plan, folder.path(), &StopSignal::new())
        .await
        .unwrap_err();
    assert!(error.is_target(), "{error}");
    assert!(!folder.path().join("stubbed").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_runs_the_scenario_that_it_was_allotted() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let mut plan = experiment(stub.address, SHORT, "      - { request: GET stub/one }");
    let mut other = plan.scenarios[0].clone();
    other.name = "other".into();
    other.weight = 2;
    plan.scenarios.push(other);
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    let schedule = plan.schedule();
    let mut seen = [None, None, None];
    for (user, scenario) in numbers(&samples, "user")
        .iter()
        .zip(texts(&samples, "scenario"))
    {
        let index = usize::try_from(*user).unwrap() - 1;
        assert_eq!(
            scenario,
            plan.scenarios[schedule.users()[index].scenario].name,
            "user {user}"
        );
        seen[index] = Some(scenario);
    }
    assert!(seen.iter().all(Option::is_some));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_sent_before_the_run_and_is_no_sample() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = format!("  reset: [ POST stub/reset, DELETE stub/rest ]\n{SHORT}");
    let plan = experiment(stub.address, &load, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let requests = stub.traffic.requests.load(Ordering::SeqCst);
    assert_eq!(requests, samples(&finished).height() as u64 + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_reset_prevents_the_run() {
    let _turn = one_run_at_a_time().await;
    for (request, reason) in [
        (
            "POST stub/fail",
            "was answered with 500 Internal Server Error",
        ),
        ("POST stub/drop", "failed (reset)"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let stub = Stub::start().await;
        let load = format!("  reset: [ {request}, POST stub/later ]\n{SHORT}");
        let plan = experiment(stub.address, &load, "      - { request: GET stub/one }");
        let error = run(&plan, folder.path(), &StopSignal::new())
            .await
            .unwrap_err();
        assert!(error.is_target());
        assert_eq!(
            error.to_string(),
            format!("the target was not reset: {request} {reason}")
        );
        assert_eq!(stub.traffic.requests.load(Ordering::SeqCst), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_start_in_the_declared_warm_up_are_told_apart_by_their_start() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let warm = format!("warm_up: 250ms\n{SHORT}");
    let plan = experiment(stub.address, &warm, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    let started = samples.column("started_at").unwrap().datetime().unwrap();
    let schedule = Manifest::read(&finished.directory).unwrap().started_at;
    let after = |started: i64| started - schedule.unwrap();
    let phases = texts(&samples, "phase");
    for (started, phase) in started.physical().iter().zip(&phases) {
        let in_warm_up = after(started.unwrap()) < 250_000_000;
        assert_eq!(phase == "warm_up", in_warm_up);
    }
    for phase in ["warm_up", "hold", "ramp_down"] {
        assert!(phases.iter().any(|it| it == phase), "{phase}");
    }
    assert!(phases.iter().all(|phase| phase != "ramp_up"));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_who_wait_for_a_slow_response_at_their_stop_do_not_make_the_run_invalid() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    // The first row is still waiting when the second one starts. The second row is still waiting at its end.
    let load = "threads:\n  - { start: 2, startup: 0s, hold: 1s, shutdown: 0s }\n\
                \x20 - { start: 2, initial_delay: 1200ms, startup: 0s, hold: 1200ms, shutdown: 0s }";
    let mut plan = experiment(stub.address, load, "      - { request: GET stub/slow }");
    plan.request_timeout = Duration::from_secs(60);
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert_ne!(check(&finished, "users"), Some(CheckStatus::Failed));
    assert_eq!(finished.outcome, Outcome::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn use_of_the_processors_is_stored_with_the_run() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let plan = experiment(stub.address, SHORT, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert!(check(&finished, "processors").is_some());
    let readings = read_resources(&finished.directory).unwrap();
    let most = |source: &str, metric: &str| {
        let of = readings.iter();
        let of = of.filter(|it| it.source == source && it.metric == metric);
        of.map(|it| it.value).reduce(f64::max)
    };
    for (source, metric) in [
        ("generator", "processors"),
        ("generator", "resident_bytes"),
        ("generator", "open_files"),
        ("machine", "processors"),
        ("machine", "memory_used_bytes"),
        ("machine/lo", "bytes_out_per_s"),
    ] {
        assert!(most(source, metric) > Some(0.0), "{source} {metric}");
    }
    assert!(most("machine", "steal_processors").is_some());
    // The processes of the target are not given.
    assert!(readings.iter().all(|it| !it.source.starts_with("target")));
}

/// A process that ends when its input is closed.
fn idle(name: &str) -> Child {
    Command::new("/bin/sh")
        .arg0(name)
        .args(["-c", "read line"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_are_watched_by_number_and_by_name() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    // Longer than the kernel's limit of process names, and used by no other test.
    let name = format!("a-service-watched-by-name-{}", std::process::id());
    let mut processes = [idle(&name), idle(&name), idle("by-number")];
    let [first, second, third] = processes.each_ref().map(Child::id);
    let monitor = format!("monitor: {{ processes: [{name}, {third}] }}\n{SHORT}");
    let plan = experiment(stub.address, &monitor, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let readings = read_resources(&finished.directory).unwrap();
    for source in [
        format!("target/{name}[{first}]"),
        format!("target/{name}[{second}]"),
        format!("target/sh[{third}]"),
    ] {
        for metric in ["processors", "resident_bytes", "open_files"] {
            let of = |it: &&Resource| it.source == source && it.metric == metric;
            let reading = readings.iter().find(of);
            let reading = reading.unwrap_or_else(|| panic!("{source} {metric}: {readings:?}"));
            assert!(reading.value > 0.0 || metric == "processors");
        }
        // They have no sockets: the value is absent, not 0.
        let sent = |it: &Resource| it.source == source && it.metric == "bytes_out_per_s";
        assert!(!readings.iter().any(sent));
    }
    assert_eq!(check(&finished, "monitor"), None);
    for process in &mut processes {
        drop(process.stdin.take());
        process.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_process_is_reported_before_the_run() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let own = std::process::id();
    for wanted in ["no-such-process".to_owned(), own.to_string()] {
        let monitor = format!("monitor: {{ processes: [{wanted}] }}\n{SHORT}");
        let plan = experiment(stub.address, &monitor, "      - { request: GET stub/one }");
        let error = run(&plan, folder.path(), &StopSignal::new())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(&wanted), "{error}");
        assert!(error.is_target());
        assert_eq!(folders(&folder.path().join("stubbed")), [] as [PathBuf; 0]);
    }
    assert_eq!(stub.traffic.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_endpoints_are_kept_and_those_that_fail_are_counted() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let url = |path: &str| format!("http://{}/{path}", stub.address);
    let load = format!(
        "monitor: {{ prometheus: [\"{}\", \"{}\", \"{}\", \"{}\"] }}\nthreads: [ {{ start: 1, hold: 1h }} ]",
        url("metrics"),
        url("hang"),
        url("one"),
        url("fail"),
    );
    let plan = experiment(stub.address, &load, "      - { request: GET stub/slow }");
    let stop = StopSignal::new();
    // All sources are read at once, and again once all have answered or failed.
    let (traffic, ending) = (Arc::clone(&stub.traffic), stop.clone());
    let finished = run_observed(&plan, folder.path(), &stop, move |_| {
        if traffic.scrapes.load(Ordering::SeqCst) >= 2 {
            ending.stop(StopReason::Interrupted);
        }
    })
    .await
    .unwrap();
    let readings = read_resources(&finished.directory).unwrap();
    let endpoints = readings.iter().filter(|it| it.source.starts_with("http"));
    let mut series: Vec<_> = endpoints
        .map(|it| (it.source.clone(), it.metric.as_str(), it.value))
        .collect();
    series.sort_by(|a, b| a.partial_cmp(b).unwrap());
    series.dedup();
    assert_eq!(
        series,
        [
            (url("metrics"), "books{shelf=\"a\"}", 7.0),
            (url("metrics"), "sold_total", 1_000.0),
        ]
    );
    let checks = &finished.validity.checks;
    let checks: Vec<_> = checks.iter().filter(|it| it.name == "prometheus").collect();
    assert!(checks.iter().all(|it| it.status == CheckStatus::Warning));
    let finding = |path: &str| {
        let of = checks.iter().find(|it| it.finding.starts_with(&url(path)));
        of.unwrap().finding.as_str()
    };
    assert!(finding("metrics").contains("not in Prometheus's text format"));
    assert!(finding("metrics").contains(": 0 of "), "{checks:?}");
    assert!(finding("hang").contains("no answer within"), "{checks:?}");
    assert!(finding("one").contains("nothing in it"), "{checks:?}");
    assert!(finding("fail").contains("status 500"), "{checks:?}");
}

/// A run during which its folder is changed, and the remaining files. The observer is called before samples are
/// written.
async fn run_befallen(
    results: &Path,
    befall: impl Fn(&Path) + Send + 'static,
) -> Result<FinishedRun, LoadError> {
    let _turn = one_run_at_a_time().await;
    let stub = Stub::start().await;
    let plan = experiment(stub.address, SHORT, "      - { request: GET stub/one }");
    let runs = results.join("stubbed");
    run_observed(&plan, results, &StopSignal::new(), move |_| {
        if let Some(run) = folders(&runs).first() {
            befall(run);
        }
    })
    .await
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn in_full(error: &LoadError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_is_an_error_and_the_manifest_says_so() {
    let results = tempfile::tempdir().unwrap();
    let error = run_befallen(results.path(), |run| {
        // Samples are first written under this name.
        let part = run.join("samples/part-00000.parquet.tmp");
        // Where it is there already, nothing was written meanwhile.
        let _ = std::os::unix::fs::symlink("/dev/full", part);
    })
    .await
    .unwrap_err();
    assert!(in_full(&error).contains("No space left"), "{error:?}");
    let [run] = folders(&results.path().join("stubbed")).try_into().unwrap();
    let manifest = Manifest::read(&run).unwrap();
    let Outcome::Failed(why) = &manifest.outcome else {
        panic!("{:?}", manifest.outcome);
    };
    assert!(
        why.contains("part-00000.parquet") && why.contains("No space left"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_samples_that_is_removed_is_an_error_and_the_manifest_says_so() {
    let results = tempfile::tempdir().unwrap();
    let error = run_befallen(results.path(), |run| {
        let _ = std::fs::remove_dir_all(run.join("samples"));
    })
    .await
    .unwrap_err();
    assert!(in_full(&error).contains("No such file"), "{error:?}");
    let [run] = folders(&results.path().join("stubbed")).try_into().unwrap();
    let outcome = Manifest::read(&run).unwrap().outcome;
    assert!(
        matches!(&outcome, Outcome::Failed(why) if why.contains("No such file")),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_panics_ends_the_run_and_the_manifest_says_so() {
    let results = tempfile::tempdir().unwrap();
    let error = run_befallen(results.path(), |_| panic!("a mistake"))
        .await
        .unwrap_err();
    assert!(in_full(&error).contains("a mistake"), "{error:?}");
    let [run] = folders(&results.path().join("stubbed")).try_into().unwrap();
    let outcome = Manifest::read(&run).unwrap().outcome;
    assert!(
        matches!(&outcome, Outcome::Failed(why) if why.contains("a mistake")),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_results_folder_that_is_removed_is_an_error_and_stays_removed() {
    let results = tempfile::tempdir().unwrap();
    let error = run_befallen(results.path(), |run| {
        let _ = std::fs::remove_dir_all(run);
    })
    .await
    .unwrap_err();
    let error = in_full(&error);
    assert!(
        error.contains("cannot write") && error.contains("No such file"),
        "{error}"
    );
    assert!(folders(&results.path().join("stubbed")).is_empty());
}
