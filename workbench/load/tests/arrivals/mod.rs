//! The open model, numbers of iterations, and scenarios with loads of their own.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use polars_core::prelude::{DataFrame, DataType};
use workbench_load::{FinishedRun, StopSignal};
use workbench_plan::Plan;
use workbench_samples::{CheckStatus, Manifest, Outcome};

use crate::support::{Stub, check, experiment, numbers, one_run_at_a_time, run, samples, texts};

/// A column of instants, in nanoseconds since the start of the schedule.
fn instants(finished: &FinishedRun, samples: &DataFrame, column: &str) -> Vec<i64> {
    let manifest = Manifest::read(&finished.directory).unwrap();
    let column = samples
        .column(column)
        .unwrap()
        .cast(&DataType::Int64)
        .unwrap();
    let instants = column.i64().unwrap().iter();
    instants
        .map(|at| at.unwrap() - manifest.started_at.unwrap())
        .collect()
}

/// The arrivals of a plan's only stream, by number from 1, in nanoseconds since the start of the schedule.
fn planned(plan: &Plan) -> BTreeMap<u64, i64> {
    let schedule = plan.schedule();
    let arrivals = schedule.arrivals()[0].times(plan.seed, 0);
    arrivals
        .map(|arrival| {
            (
                arrival.number + 1,
                i64::try_from(arrival.at.as_nanos()).unwrap(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_arrival_is_one_iteration_that_keeps_its_intended_start() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "arrivals: { rate: 200/s, ramp_up: 500ms, hold: 500ms, gaps: exponential, max_users: 1000 }";
    let steps = "      - { request: GET stub/one }\n      - { request: GET stub/two }";
    let plan = experiment(stub.address, load, steps);
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    let wanted = planned(&plan);
    assert!(wanted.len() > 100);
    let mut firsts = BTreeMap::new();
    let intended = instants(&finished, &samples, "intended_at");
    let started = instants(&finished, &samples, "started_at");
    let iterations = numbers(&samples, "iteration");
    for (row, request) in texts(&samples, "request").iter().enumerate() {
        assert!(started[row] >= intended[row]);
        if request == "GET stub/one" {
            firsts.insert(iterations[row], intended[row]);
        } else {
            assert_eq!(
                started[row], intended[row],
                "only the first request of an arrival is late"
            );
        }
    }
    assert_eq!(firsts, wanted);
    assert_eq!(check(&finished, "arrivals"), Some(CheckStatus::Passed));
    assert_eq!(finished.outcome, Outcome::Completed);
    let manifest = Manifest::read(&finished.directory).unwrap();
    let planned: u64 = manifest.arrivals.iter().map(|second| second.planned).sum();
    let begun: u64 = manifest.arrivals.iter().map(|second| second.started).sum();
    assert_eq!((planned, begun), (wanted.len() as u64, wanted.len() as u64));
    assert!(manifest.users.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn stages_arrive_as_planned_and_the_run_lasts_through_a_pause_at_its_end() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "arrivals: { stages: [ { from: 50/s, rate: 150/s, ramp: 400ms }, { rate: 0/s, hold: 200ms }, \
                { rate: 100/s, hold: 300ms }, { rate: 0/s, hold: 300ms } ], gaps: exponential, max_users: 1000 }";
    let plan = experiment(stub.address, load, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    let wanted = planned(&plan);
    assert!(wanted.len() > 40);
    let intended = instants(&finished, &samples, "intended_at");
    let iterations = numbers(&samples, "iteration");
    let arrived: BTreeMap<u64, i64> = iterations.into_iter().zip(intended.clone()).collect();
    assert_eq!(arrived, wanted);
    let started = instants(&finished, &samples, "started_at");
    for (started, phase) in started.iter().zip(texts(&samples, "phase")) {
        let wanted = match started / 1_000_000 {
            0..600 => "ramp_up",
            600..900 => "hold",
            _ => "ramp_down",
        };
        assert_eq!(phase, wanted, "{started}");
    }
    let manifest = Manifest::read(&finished.directory).unwrap();
    assert_eq!(finished.outcome, Outcome::Completed);
    assert!(manifest.ended_at.unwrap() - manifest.started_at.unwrap() >= 1_200_000_000);
    let planned: Vec<u64> = manifest.arrivals.iter().map(|it| it.planned).collect();
    assert_eq!(planned, [wanted.len() as u64, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_without_a_free_user_wait_and_what_never_starts_is_censored() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    // A response takes 100 ms: of 60 arrivals in 600 ms one user serves six or fewer.
    let load = "arrivals: { rate: 100/s, hold: 600ms, max_users: 1 }";
    let plan = experiment(stub.address, load, "      - { request: GET stub/trickle }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let samples = samples(&finished);
    assert_eq!(samples.height(), 60);
    let served = stub.traffic.requests.load(Ordering::SeqCst);
    assert!((1..=7).contains(&served), "{served}");
    let intended = instants(&finished, &samples, "intended_at");
    let started = instants(&finished, &samples, "started_at");
    let elapsed = numbers(&samples, "elapsed_ns");
    let users = numbers(&samples, "user");
    let errors = texts(&samples, "error");
    let mut order = Vec::new();
    for row in 0..samples.height() {
        if users[row] == 0 {
            assert_eq!(errors[row], "censored");
            // It waited until the end of the schedule.
            assert_eq!(
                intended[row] + i64::try_from(elapsed[row]).unwrap(),
                600_000_000
            );
        } else {
            assert_eq!(errors[row], "-");
            order.push((started[row], intended[row]));
        }
    }
    assert_eq!(order.len() as u64, served);
    order.sort_unstable();
    // First come, first served: no gaps from the first arrival on.
    for (number, (_, intended)) in order.iter().enumerate() {
        assert_eq!(*intended, number as i64 * 10_000_000);
    }
    assert_eq!(check(&finished, "arrivals"), Some(CheckStatus::Failed));
    assert!(!finished.validity.valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reset_does_not_cause_a_burst_of_arrivals() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "arrivals: { rate: 100/s, hold: 300ms, max_users: 100 }";
    let plan = experiment(stub.address, load, "      - { request: GET stub/one }");
    let text = plan
        .to_yaml()
        .replace("  urls:", "  reset: [ GET stub/slow ]\n  urls:");
    let plan = workbench_plan::parse(&text, std::path::Path::new("storm.yaml")).unwrap();
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let manifest = Manifest::read(&finished.directory).unwrap();
    // The reset takes 1.5 s, and nothing was due in that time.
    let start = Duration::from_nanos(u64::try_from(manifest.started_at.unwrap()).unwrap());
    assert!(start >= before + Duration::from_millis(1_500));
    let samples = samples(&finished);
    let mut intended = instants(&finished, &samples, "intended_at");
    intended.sort_unstable();
    let wanted: Vec<i64> = (0..30).map(|number| number * 10_000_000).collect();
    assert_eq!(intended, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_run_that_is_stopped_keeps_what_was_due_by_then() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "arrivals: { rate: 50/s, hold: 1h, max_users: 2 }";
    let plan = experiment(stub.address, load, "      - { request: GET stub/trickle }");
    let stop = stub.stop_after(10);
    let finished = run(&plan, folder.path(), &stop).await.unwrap();
    assert_eq!(finished.outcome, Outcome::Interrupted);
    let samples = samples(&finished);
    let mut iterations = numbers(&samples, "iteration");
    iterations.sort_unstable();
    // Exactly the 180,000 planned arrivals are accounted for.
    let wanted: Vec<u64> = (1..=iterations.len() as u64).collect();
    assert_eq!(iterations, wanted);
    assert!(iterations.len() < 5_000, "{}", iterations.len());
    assert!(numbers(&samples, "user").contains(&0));
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_follow_the_loads_of_their_own() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let text = format!(
        "seed: 1\ntarget: {{ urls: {{ stub: \"http://{}\" }} }}\n\
         concurrency: {{ target: 3, hold: 700ms }}\n\
         scenarios:\n\
         - {{ name: main, weight: 2, think_time: 20ms, steps: [ request: GET stub/main ] }}\n\
         - {{ name: rest, weight: 1, think_time: 20ms, steps: [ request: GET stub/rest ] }}\n\
         - {{ name: probe, arrivals: {{ rate: 20/s, hold: 500ms }}, steps: [ request: GET stub/probe ] }}\n\
         - {{ name: batch, iterations: {{ total: 7, users: 2 }}, steps: [ request: GET stub/batch ] }}\n",
        stub.address
    );
    let plan = workbench_plan::parse(&text, std::path::Path::new("several.yaml")).unwrap();
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert!(finished.validity.valid, "{:?}", finished.validity);
    let samples = samples(&finished);
    let scenarios = texts(&samples, "scenario");
    let count = |name: &str| scenarios.iter().filter(|it| *it == name).count();
    assert_eq!((count("probe"), count("batch")), (10, 7));
    // A finished scenario does not end the hold of the others.
    assert!(
        texts(&samples, "phase")
            .iter()
            .all(|phase| phase == "hold" || phase == "ramp_down")
    );
    let held = instants(&finished, &samples, "started_at")
        .into_iter()
        .zip(texts(&samples, "phase"));
    for (started, phase) in held {
        assert_eq!(
            phase == "hold",
            started < 500_000_000,
            "{phase} at {started}"
        );
    }
    let users = numbers(&samples, "user");
    let users_of = |name: &str| {
        let mut of: Vec<u64> = (scenarios.iter().zip(&users))
            .filter(|(scenario, _)| *scenario == name)
            .map(|(_, user)| *user)
            .collect();
        of.sort_unstable();
        of.dedup();
        of.len()
    };
    assert_eq!(
        (users_of("main"), users_of("rest"), users_of("batch")),
        (2, 1, 2)
    );
    assert_eq!(check(&finished, "iterations"), Some(CheckStatus::Passed));
    // The resolved experiment is the same.
    let again = workbench_plan::parse(&plan.to_yaml(), std::path::Path::new("again.yaml"));
    assert_eq!(again.unwrap(), plan);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_iterations_ends_when_they_are_done() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "iterations: { total: 25, users: 4 }";
    let plan = experiment(stub.address, load, "      - { request: GET stub/one }");
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert_eq!(finished.outcome, Outcome::Completed);
    assert!(finished.validity.valid, "{:?}", finished.validity);
    let samples = samples(&finished);
    assert_eq!(samples.height(), 25);
    let mut of_user = BTreeMap::new();
    for (user, iteration) in numbers(&samples, "user")
        .iter()
        .zip(numbers(&samples, "iteration"))
    {
        let last: &mut u64 = of_user.entry(*user).or_default();
        *last = iteration.max(*last);
    }
    assert_eq!(of_user.into_values().collect::<Vec<_>>(), [6, 6, 6, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_is_not_complete_even_if_responses_arrive_after_its_end() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "arrivals: { rate: 100/s, hold: 1s, max_users: 200 }";
    let mut plan = experiment(stub.address, load, "      - { request: GET stub/slow }");
    plan.request_timeout = Duration::from_secs(30);
    let stop = stub.stop_after(10);
    let finished = run(&plan, folder.path(), &stop).await.unwrap();
    assert_eq!(finished.outcome, Outcome::Interrupted);
    assert_eq!(check(&finished, "schedule"), Some(CheckStatus::Failed));
    let mut iterations = numbers(&samples(&finished), "iteration");
    iterations.sort_unstable();
    let wanted: Vec<u64> = (1..=iterations.len() as u64).collect();
    assert_eq!(iterations, wanted);
    assert!(iterations.len() < 100);
}
