//! Runs in the open model: response times count from the intended start, service times from the actual start.

use crate::support::{EXPERIMENT, browse, manifest, write_parts};
use workbench_analysis::{RunAnalysis, analyze_run};
use workbench_samples::{ArrivalsInSecond, CheckStatus, ErrorKind, Outcome, Sample};

const MS: f64 = 1e6;

/// A request with its intended start, waiting time and elapsed time in milliseconds.
fn arrival(due_ms: i64, waited_ms: i64, elapsed_ms: u64) -> Sample {
    let sample = browse(due_ms, elapsed_ms);
    Sample {
        started_at: sample.intended_at + waited_ms * 1_000_000,
        ..sample
    }
}

fn analysed(samples: &[Sample]) -> RunAnalysis {
    let experiment = EXPERIMENT.replace(
        "threads:\n  - { start: 2, startup: 2s, hold: 2s, shutdown: 0s }",
        "arrivals: { rate: 10/s, hold: 10s, max_users: 1 }",
    );
    let results = tempfile::tempdir().unwrap();
    let mut manifest = manifest("tiny", "20261118T110640Z-4f2a");
    manifest.outcome = Outcome::Completed;
    manifest.arrivals = vec![ArrivalsInSecond {
        second: 0,
        planned: 10,
        started: 9,
        waited: 1,
    }];
    let run = write_parts(results.path(), &manifest, &experiment, samples.chunks(37));
    analyze_run(&run).unwrap()
}

#[test]
fn an_arrivals_wait_belongs_to_its_response_time_and_not_to_its_service_time() {
    // The service time is 20 ms. Every other arrival waited for 80 ms, and the last one was never started.
    let mut samples: Vec<Sample> = (0..99)
        .map(|number| arrival(number * 100, 80 * (number % 2), 20))
        .collect();
    let mut never = arrival(9_900, 0, 100);
    (never.user, never.status, never.error) = (0, None, Some(ErrorKind::Censored));
    never.bytes_received = 0;
    samples.push(never);
    let run = analysed(&samples);
    assert_eq!(run.total.samples, 100);
    // Arrivals that were never started do not count as throughput.
    assert_eq!(run.total.throughput_per_s, 99.0 / 10.0);
    assert_eq!(run.total.errors, 1);
    assert_eq!(
        (run.total.min_ns, run.total.max_ns),
        (20.0 * MS, 100.0 * MS)
    );
    assert_eq!(run.total.p50_ns, 60.0 * MS);
    assert_eq!(run.total.p95_ns, 100.0 * MS);
    assert_eq!(run.steady.unwrap().total.mean_ns.value, Some(60.0 * MS));
    assert_eq!(run.per_second[0].p99_ns, Some(100.0 * MS));
    assert_eq!(run.total.mean_bytes, 1_024.0);
    let open = run.open_model.unwrap();
    assert_eq!(open.arrivals[0].waited, 1);
    let [browse, total] = &open.service[..] else {
        panic!("{:?}", open.service);
    };
    assert_eq!((browse.request.as_str(), browse.samples), ("browse", 99));
    assert_eq!((total.request.as_str(), total.samples), ("TOTAL", 99));
    for row in [browse, total] {
        let times = [row.mean_ns, row.p50_ns, row.p95_ns, row.p99_ns, row.max_ns];
        assert_eq!(times, [20.0 * MS; 5]);
    }
}

#[test]
fn service_times_are_exact_however_many_there_are() {
    // More than are kept individually.
    let samples: Vec<Sample> = (0..9_001)
        .map(|number| arrival(number, 5, 1_000 + (number as u64 * 7_919) % 9_001))
        .collect();
    let service = analysed(&samples).open_model.unwrap().service;
    assert_eq!(service[0].p50_ns, 5_500.0 * MS);
    assert_eq!(service[0].p95_ns, 9_550.0 * MS);
    assert_eq!(service[0].max_ns, 10_000.0 * MS);
    assert_eq!(service[0].mean_ns, 5_500.0 * MS);
}

#[test]
fn a_stall_is_in_the_response_times_of_arrivals_and_does_not_make_the_run_invalid() {
    // There are no responses from 4 s to 6 s. Arrivals of that time wait until 6 s.
    let samples: Vec<Sample> = (0..1_000)
        .map(|number| {
            let due = number * 10;
            let stalled = (4_000..6_000).contains(&due);
            let sample = arrival(
                due,
                if stalled { 6_000 - due } else { 0 },
                5 + number as u64 % 7,
            );
            Sample {
                user: 1 + number as u32 % 50,
                ..sample
            }
        })
        .collect();
    let run = analysed(&samples);
    let steady = run.steady.unwrap();
    assert_eq!(
        steady.stalls.status,
        CheckStatus::Warning,
        "{:?}",
        steady.stalls
    );
    assert!(steady.stalls.finding.contains("percentiles show it"));
    assert!(run.total.p95_ns > 1_000.0 * MS);
}

#[test]
fn a_closed_run_has_no_service_times_of_its_own() {
    let results = tempfile::tempdir().unwrap();
    let manifest = manifest("tiny", "20261118T110640Z-4f2a");
    let run = write_parts(
        results.path(),
        &manifest,
        EXPERIMENT,
        [browse(0, 10)].chunks(1),
    );
    assert_eq!(analyze_run(&run).unwrap().open_model, None);
}
