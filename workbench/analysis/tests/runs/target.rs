//! Whether the target was available until the end.

use crate::support::{EXPERIMENT, browse, completed, order, write_run};
use workbench_analysis::analyze_run;
use workbench_samples::{Check, CheckStatus, ErrorKind, Sample};

/// A request every 10 ms for 4 s. It is answered where `answered` returns true, otherwise the connection is refused.
fn requests(answered: impl Fn(i64) -> bool) -> Vec<Sample> {
    (0..400)
        .map(|i| match answered(10 * i) {
            true => browse(10 * i, 5),
            false => Sample {
                status: None,
                error: Some(ErrorKind::Refused),
                ..browse(10 * i, 1)
            },
        })
        .collect()
}

/// Whether the run is valid, and its findings about the target.
fn judged(experiment: &str, samples: &[Sample]) -> (bool, Option<Check>) {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(results.path(), &completed(), samples);
    std::fs::write(run.join("experiment.yaml"), experiment).unwrap();
    let validity = analyze_run(&run).unwrap().validity.unwrap();
    let check = validity.checks.iter().find(|check| check.name == "target");
    (validity.valid, check.cloned())
}

#[test]
fn a_target_that_ends_makes_the_run_invalid_with_the_time_of_the_outage() {
    let (valid, check) = judged(EXPERIMENT, &requests(|ms| ms < 1_500));

    let check = check.unwrap();
    assert!(!valid);
    assert_eq!(check.status, CheckStatus::Failed);
    assert!(
        check.finding.contains("shop gave no answer after 1.5 s"),
        "{check:?}"
    );
}

#[test]
fn a_target_that_responds_again_has_no_outage() {
    let (_, check) = judged(EXPERIMENT, &requests(|ms| !(1_500..2_500).contains(&ms)));

    assert_eq!(check, None);
}

#[test]
fn an_error_is_an_answer() {
    let mut samples = requests(|_| true);
    for sample in &mut samples[150..] {
        sample.status = Some(503);
        sample.error = Some(ErrorKind::Status);
    }
    let (_, check) = judged(EXPERIMENT, &samples);

    assert_eq!(check, None);
}

#[test]
fn the_service_with_the_outage_is_named() {
    let experiment = EXPERIMENT
        .replace(
            "shop: \"http://127.0.0.1:8080\"",
            "shop: \"http://127.0.0.1:8080\", till: \"http://127.0.0.1:8081\"",
        )
        .replace("POST shop/orders", "POST till/orders");
    let mut samples = requests(|_| true);
    samples.extend((0..40).map(|i| match i < 20 {
        true => order(100 * i, 5, Some(201), None),
        false => order(100 * i, 300, None, Some(ErrorKind::Timeout)),
    }));
    let (valid, check) = judged(&experiment, &samples);

    let check = check.unwrap();
    assert!(!valid);
    assert!(
        check.finding.contains("till gave no answer after 1.9 s"),
        "{check:?}"
    );
    assert!(!check.finding.contains("shop"), "{check:?}");
}
