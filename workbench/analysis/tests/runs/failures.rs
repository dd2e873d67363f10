//! Reasons of failed requests, from the recorded exchanges.

use std::fs;
use std::path::Path;

use workbench_analysis::{analyze, analyze_run};
use workbench_samples::{ErrorKind, FailureRecorder, Labels, RawExchange, RawMessage};

use crate::support::{completed, manifest, samples, write_run};

fn exchange(user: u32) -> RawExchange {
    RawExchange {
        scenario: 0,
        at: i64::from(user),
        user,
        iteration: 1,
        elapsed_ns: 1,
        redirects: 0,
        sent_again: false,
        server: "http://127.0.0.1:8080".into(),
        request: RawMessage::default(),
        response: None,
    }
}

/// Records this number of exchanges for each label, kind and reason.
fn record(run: &Path, failures: &[(u16, ErrorKind, &str, u32)]) {
    let labels = Labels {
        requests: vec!["browse".into(), "order".into()],
        scenarios: vec!["shopper".into()],
    };
    let recorder = FailureRecorder::new(labels, 3, &[] as &[&str]);
    for (user, (label, kind, reason, count)) in (1..).zip(failures) {
        for _ in 0..*count {
            recorder.failed(*label, *kind, reason, &[], || exchange(user));
        }
    }
    recorder.save(run).unwrap();
}

#[test]
fn reasons_are_counted_over_all_labels_and_the_example_is_of_the_label_that_has_most() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(results.path(), &completed(), &samples());
    record(
        &run,
        &[
            (0, ErrorKind::Timeout, "nothing within 30 s", 1),
            (0, ErrorKind::Status, "status 503", 3),
            (1, ErrorKind::Status, "status 503", 4),
            (1, ErrorKind::Status, "status 500", 5),
        ],
    );

    let failures = analyze_run(&run).unwrap().failures;

    let [status, timeout] = failures.as_slice() else {
        panic!("{failures:?}")
    };
    assert_eq!(
        (status.kind, timeout.kind),
        (ErrorKind::Status, ErrorKind::Timeout)
    );
    let reasons: Vec<_> = status
        .reasons
        .iter()
        .map(|it| (it.reason.as_deref().unwrap(), it.count))
        .collect();
    assert_eq!(reasons, [("status 503", 7), ("status 500", 5)]);
    assert_eq!(status.example.as_ref().unwrap().label, "order");
}

#[test]
fn few_reasons_are_listed_and_the_others_counted() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(results.path(), &completed(), &samples());
    let names: Vec<String> = ('a'..='z').map(|it| format!("no field {it}")).collect();
    let failures: Vec<_> = names
        .iter()
        .map(|it| (0, ErrorKind::Capture, it.as_str(), 2))
        .collect();
    record(&run, &failures);

    let failures = analyze_run(&run).unwrap().failures;

    assert_eq!(failures[0].reasons.len(), 11);
    let others = &failures[0].reasons[10];
    assert_eq!((&others.reason, others.count), (&None, 32));
}

#[test]
fn a_run_without_recorded_exchanges_is_analysed_without_them() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(results.path(), &completed(), &samples());

    assert!(analyze_run(&run).unwrap().failures.is_empty());
}

#[test]
fn recorded_exchanges_that_cannot_be_read_are_a_warning() {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(results.path(), &completed(), &samples());
    fs::create_dir(run.join("failures")).unwrap();
    fs::write(run.join("failures/exchanges.json"), "{").unwrap();

    let analysis = analyze(&[run]).unwrap();

    let warning = "has recorded exchanges that cannot be used";
    assert!(
        analysis.warnings.iter().any(|it| it.contains(warning)),
        "{:?}",
        analysis.warnings
    );
}

#[test]
fn an_analysis_of_several_runs_leaves_examples_to_each() {
    let results = tempfile::tempdir().unwrap();
    let runs = ["20261118T110640Z-4f2a", "20261118T110650Z-4f2a"].map(|id| {
        let run = write_run(results.path(), &manifest("tiny", id), &samples());
        record(&run, &[(0, ErrorKind::Status, "status 500", 1)]);
        run
    });

    let analysis = analyze(&runs).unwrap();

    for run in analysis.runs {
        assert_eq!(run.failures[0].reasons[0].count, 1);
        assert_eq!(run.failures[0].example, None);
    }
}
