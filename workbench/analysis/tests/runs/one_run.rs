//! One run, from its files to its statistics, which were computed by hand. Long, because each kind of file and of damage is a test.

use std::fs;

use crate::support::{EXPERIMENT, manifest, samples, write_labelled, write_run};
use workbench_analysis::{Analysis, AnalysisError, RunAnalysis, analyze, analyze_run};
use workbench_samples::{
    Check, CheckStatus, Manifest, Outcome, Sample, SamplesError, UsersInSecond, Validity,
};

const MS: f64 = 1e6;

fn analysed(manifest: &Manifest, samples: &[Sample]) -> RunAnalysis {
    let results = tempfile::tempdir().unwrap();
    analyze_run(&write_run(results.path(), manifest, samples)).unwrap()
}

fn tiny_run() -> RunAnalysis {
    analysed(&manifest("tiny", "20261118T110640Z-4f2a"), &samples())
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs()
}

#[test]
fn each_label_has_the_statistics_that_its_samples_have() {
    let run = tiny_run();

    let labels: Vec<&str> = run
        .requests
        .iter()
        .map(|row| row.request.as_str())
        .collect();
    assert_eq!(labels, ["order", "browse"], "in the order of the file");
    // 10, 20, 30, 40 ms; 1024 bytes received and 256 sent each; the run was killed, its last sample ends after 4.0 s.
    let browse = &run.requests[1];
    assert_eq!((browse.samples, browse.errors), (4, 0));
    assert_eq!(browse.error_rate, 0.0);
    assert_eq!(browse.mean_ns, 25.0 * MS);
    assert_eq!((browse.min_ns, browse.max_ns), (10.0 * MS, 40.0 * MS));
    assert!(close(browse.standard_deviation_ns, 125.0_f64.sqrt() * MS));
    assert!(close(browse.p50_ns, 25.0 * MS));
    assert!(close(browse.p90_ns, 37.0 * MS));
    assert!(close(browse.p95_ns, 38.5 * MS));
    assert!(close(browse.p99_ns, 39.7 * MS));
    assert!(close(browse.throughput_per_s, 4.0 / 4.0));
    assert!(close(browse.received_kib_per_s, 4.0 / 4.0));
    assert!(close(browse.sent_kib_per_s, 1.0 / 4.0));
    assert_eq!(browse.mean_bytes, 1024.0);
    // 100, 300 (failed) and 500 ms (in flight at the end); all within the same 4.0 s.
    let order = &run.requests[0];
    assert_eq!((order.samples, order.errors), (3, 2));
    assert!(close(order.error_rate, 2.0 / 3.0));
    assert_eq!(order.mean_ns, 300.0 * MS);
    assert!(close(
        order.standard_deviation_ns,
        (80_000.0_f64 / 3.0).sqrt() * MS
    ));
    assert!(close(order.throughput_per_s, 3.0 / 4.0));
    assert!(close(order.mean_bytes, 1024.0 / 3.0));
}

#[test]
fn the_total_counts_each_sample_once_and_takes_its_quantiles_from_all_of_them() {
    let run = tiny_run();

    let total = &run.total;
    assert_eq!(total.request, "TOTAL");
    assert_eq!((total.samples, total.errors), (7, 2));
    assert!(close(total.mean_ns, 1000.0 / 7.0 * MS));
    assert_eq!((total.min_ns, total.max_ns), (10.0 * MS, 500.0 * MS));
    assert_eq!(total.p50_ns, 40.0 * MS);
    assert!(close(total.p95_ns, 440.0 * MS));
    assert!(close(total.throughput_per_s, 7.0 / 4.0));
    assert!(close(total.received_kib_per_s, 5.0 / 4.0));
    assert!(close(run.duration_s, 4.0));
}

#[test]
fn errors_are_counted_by_label_reason_and_status() {
    let mut several = samples();
    several.push(several[5]);

    let errors = analysed(&manifest("tiny", "20261118T110640Z-4f2a"), &several).errors;

    let errors: Vec<_> = errors
        .iter()
        .map(|error| {
            (
                error.request.as_str(),
                error.error.as_str(),
                error.status,
                error.count,
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            ("order", "status", Some(503), 2),
            ("order", "censored", None, 1)
        ]
    );
}

#[test]
fn requests_belong_to_the_second_of_their_start_and_responses_to_that_of_their_end() {
    let seconds: Vec<_> = tiny_run()
        .per_second
        .iter()
        .map(|second| (second.requests, second.errors, second.completed))
        .collect();

    // The request in flight at the end never completed; its end would have been in second 4.
    assert_eq!(seconds, [(3, 0, 3), (2, 1, 2), (0, 0, 0), (2, 1, 1)]);
}

#[test]
fn the_times_of_a_second_are_those_of_the_requests_it_started() {
    let run = tiny_run();

    // 10, 20 and 100 ms.
    let first = run.per_second[0];
    assert!(close(first.mean_ns.unwrap(), 130.0 / 3.0 * MS));
    assert_eq!(first.p50_ns, Some(20.0 * MS));
    assert!(close(first.p95_ns.unwrap(), 92.0 * MS));
    assert!(close(first.p99_ns.unwrap(), 98.4 * MS));
    assert_eq!(run.per_second[2].p50_ns, None);
}

#[test]
fn the_histogram_counts_all_samples() {
    let counted: u64 = tiny_run().histogram.iter().map(|bin| bin.count).sum();

    assert_eq!(counted, 7);
}

#[test]
fn thresholds_are_judged_and_nothing_measured_is_not_a_pass() {
    use workbench_analysis::ThresholdStatus::{Missed, Passed, Undecided};
    let outcomes: Vec<_> = tiny_run()
        .thresholds
        .into_iter()
        .map(|outcome| {
            let status = outcome.status();
            (outcome.text, outcome.measured, status)
        })
        .collect();

    let expected = [
        ("mean of \"browse\" < 26ms", "25.000 ms", Passed),
        ("p95 < 400ms", "440.000 ms", Undecided),
        ("p50 of \"pay\" < 1s", "nothing: no samples of pay", Missed),
    ]
    .map(|(text, measured, status)| (text.to_owned(), measured.to_owned(), status));
    assert_eq!(outcomes, expected);
}

#[test]
fn a_killed_run_takes_planned_users_from_the_schedule_and_achieved_ones_from_the_samples() {
    let run = tiny_run();

    assert!(matches!(&run.outcome, Outcome::Failed(why) if why.contains("killed")));
    assert_eq!(run.validity, None);
    // Two users start at 1 s and 2 s; the samples saw 1 user in the first second and 2 from then on.
    let users: Vec<_> = run
        .users
        .iter()
        .map(|users| (users.second, users.planned, users.achieved))
        .collect();
    assert_eq!(
        users,
        [
            (0, Some(0.0), 1.0),
            (1, Some(1.0), 2.0),
            (2, Some(2.0), 2.0),
            (3, Some(2.0), 2.0)
        ]
    );
}

#[test]
fn stored_counts_of_users_are_used() {
    let counted = vec![UsersInSecond {
        second: 0,
        planned: Some(0.5),
        achieved: 0.4,
    }];
    let completed = Manifest {
        outcome: Outcome::Completed,
        users: counted.clone(),
        ..manifest("tiny", "20261118T110640Z-4f2a")
    };

    assert_eq!(analysed(&completed, &samples()).users, counted);
}

#[test]
fn seconds_are_counted_from_the_first_request_where_the_start_is_not_known() {
    let unknown = Manifest {
        started_at: None,
        ..manifest("tiny", "20261118T110640Z-4f2a")
    };

    let run = analysed(&unknown, &samples()[1..4]);

    assert_eq!(run.started_at, "2026-11-18T11:06:40.500Z");
    let requests: Vec<u64> = run.per_second.iter().map(|s| s.requests).collect();
    assert_eq!(requests, [2, 0, 1]);
}

#[test]
fn the_order_of_the_samples_does_not_matter() {
    let mut reversed = samples();
    reversed.reverse();
    let name = manifest("tiny", "20261118T110640Z-4f2a");

    assert_eq!(analysed(&name, &reversed), analysed(&name, &samples()));
}

#[test]
fn doubling_every_time_doubles_every_statistic_of_the_times() {
    let mut slower = samples();
    for sample in &mut slower {
        sample.elapsed_ns *= 2;
    }
    let name = manifest("tiny", "20261118T110640Z-4f2a");

    let (fast, slow) = (
        analysed(&name, &samples()).total,
        analysed(&name, &slower).total,
    );

    for (fast, slow) in [
        (fast.mean_ns, slow.mean_ns),
        (fast.standard_deviation_ns, slow.standard_deviation_ns),
        (fast.p50_ns, slow.p50_ns),
        (fast.p99_ns, slow.p99_ns),
        (fast.max_ns, slow.max_ns),
    ] {
        assert!(close(slow, 2.0 * fast));
    }
}

#[test]
fn a_run_without_samples_is_an_error_that_says_so() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(
        results.path(),
        &manifest("tiny", "20261118T110640Z-4f2a"),
        &[],
    );

    let error = analyze_run(&run).unwrap_err();

    assert!(matches!(
        error,
        AnalysisError::Samples(SamplesError::NoSamples { .. })
    ));
}

#[test]
fn samples_with_damaged_pages_are_an_error_that_names_them() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(
        results.path(),
        &manifest("tiny", "20261118T110640Z-4f2a"),
        &samples(),
    );
    let part = run.join("samples/part-00001.parquet");
    let mut bytes = fs::read(&part).unwrap();
    // After the magic bytes, before the footer.
    bytes[4..800].fill(0);
    fs::write(&part, &bytes).unwrap();

    let error = analyze_run(&run).unwrap_err();

    assert!(matches!(
        error,
        AnalysisError::Samples(SamplesError::Damaged { path, .. }) if path == part
    ));

    // As written before there were checksums: the pages are found to be damaged when they are read.
    let key = b"workbench.crc32";
    let at = bytes.windows(key.len()).rposition(|it| it == key).unwrap();
    bytes[at] = b'W';
    fs::write(&part, &bytes).unwrap();

    let error = analyze_run(&run).unwrap_err();

    let named = run.join("samples");
    assert!(matches!(error, AnalysisError::Query { path, .. } if path == named));
}

#[test]
fn a_folder_that_is_not_a_run_is_named() {
    let folder = tempfile::tempdir().unwrap();

    let error = analyze_run(folder.path()).unwrap_err();

    let manifest = folder.path().join("manifest.json");
    assert_eq!(
        error.to_string(),
        format!("cannot read {}", manifest.display())
    );
}

#[test]
fn a_run_without_its_experiment_file_is_named() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(
        results.path(),
        &manifest("tiny", "20261118T110640Z-4f2a"),
        &samples(),
    );
    fs::remove_file(run.join("experiment.yaml")).unwrap();

    let error = analyze_run(&run).unwrap_err();

    let missing = run.join("experiment.yaml");
    assert_eq!(
        error.to_string(),
        format!("cannot read {}", missing.display())
    );
}

#[test]
fn warnings_on_runs_come_first() {
    let results = tempfile::tempdir().unwrap();
    let invalid = Manifest {
        outcome: Outcome::Interrupted,
        validity: Some(Validity {
            valid: false,
            checks: vec![
                Check {
                    name: "users".into(),
                    status: CheckStatus::Failed,
                    finding: "97 of 100 achieved".into(),
                },
                Check {
                    name: "processor".into(),
                    status: CheckStatus::Passed,
                    finding: "40 % busy".into(),
                },
            ],
        }),
        ..manifest("tiny", "20261118T110640Z-4f2a")
    };
    let run = write_run(results.path(), &invalid, &samples());

    let warnings = analyze(&[run]).unwrap().warnings;

    assert_eq!(
        warnings,
        [
            "tiny/20261118T110640Z-4f2a was interrupted before the end of its schedule",
            "tiny/20261118T110640Z-4f2a is invalid (users: 97 of 100 achieved)",
            "tiny/20261118T110640Z-4f2a has requests that were still in flight at its end (1): they count as \
             errors, and enter the times with how long they had waited, a lower bound",
            "tiny/20261118T110640Z-4f2a has no samples of pay",
        ]
    );
}

#[test]
fn the_analysis_of_a_tiny_run_is_kept_as_this_file() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(
        results.path(),
        &manifest("tiny", "20261118T110640Z-4f2a"),
        &samples(),
    );
    let analysis = analyze(&[run]).unwrap();

    analysis.write(results.path()).unwrap();

    let text = fs::read_to_string(results.path().join("analysis.json")).unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(Analysis::read(results.path()).unwrap(), analysis);
    assert_eq!(analysis.runs[0].experiment_file, EXPERIMENT);
}

#[test]
fn an_analysis_of_another_version_is_not_called_broken() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("analysis.json"),
        r#"{"schema_version": 99}"#,
    )
    .unwrap();

    let error = Analysis::read(folder.path()).unwrap_err();

    assert!(matches!(
        error,
        AnalysisError::UnknownSchemaVersion { found: 99, .. }
    ));
}

#[test]
fn a_request_named_total_is_told_from_all_requests() {
    let arrivals = EXPERIMENT.replace(
        "threads:\n  - { start: 2, startup: 2s, hold: 2s, shutdown: 0s }",
        "arrivals: { rate: 2/s, hold: 4s, max_users: 2 }",
    );
    for experiment in [EXPERIMENT, &arrivals] {
        let results = tempfile::tempdir().unwrap();
        let manifest = manifest("tiny", "20261118T110640Z-4f2a");
        let (labels, samples) = (["TOTAL", "TOTAL (label)"], samples());
        let parts = samples.chunks(3);
        let run = write_labelled(results.path(), &manifest, experiment, labels, parts);
        let run = analyze_run(&run).unwrap();
        let names: Vec<&str> = run.requests.iter().map(|row| &*row.request).collect();
        assert_eq!(names, ["TOTAL (label)", "TOTAL (label) (label)"]);
        let counts: Vec<u64> = run.requests.iter().map(|row| row.samples).collect();
        assert_eq!((counts, run.total.samples), (vec![3, 4], 7));
        let steady = run.steady.unwrap();
        assert_eq!(steady.requests[1].request, "TOTAL (label) (label)");
        assert_eq!((steady.requests[1].samples, steady.total.samples), (4, 7));
        let times = &run.over_time.response_times;
        assert_eq!(times.iter().filter(|it| it.request == "TOTAL").count(), 1);
        for service in run.open_model.iter().flat_map(|it| &it.service) {
            let expected = match &*service.request {
                "TOTAL" => 7,
                "TOTAL (label)" => 3,
                _ => 4,
            };
            assert_eq!(service.samples, expected, "{}", service.request);
        }
    }
}
