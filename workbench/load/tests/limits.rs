//! A run whose generator reaches the limit of open files. The limit applies to the whole process, so this test has its
//! own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(
    dead_code,
    reason = "shared with the tests of whole runs, which use more"
)]
mod support;

use std::sync::atomic::Ordering;

use rlimit::Resource;
use support::{Stub, check, experiment, run_observed, samples, texts};
use workbench_load::StopSignal;
use workbench_samples::CheckStatus;

#[tokio::test(flavor = "multi_thread")]
async fn a_lack_of_files_is_not_an_error_of_the_target_and_makes_the_run_invalid() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::start().await;
    let load = "threads:\n  - { start: 2, startup: 0s, hold: 3s, shutdown: 0s }";
    // A new connection for every request.
    let plan = experiment(stub.address, load, "      - { request: GET stub/close }");
    let (_, hard) = rlimit::getrlimit(Resource::NOFILE).unwrap();
    let traffic = std::sync::Arc::clone(&stub.traffic);
    tokio::spawn(async move {
        while traffic.requests.load(Ordering::SeqCst) < 10 {
            tokio::task::yield_now().await;
        }
        rlimit::setrlimit(Resource::NOFILE, 0, hard).unwrap();
    });

    let finished = run_observed(&plan, folder.path(), &StopSignal::new(), move |live| {
        if live.total_errors > 0 {
            // The samples need files, too.
            rlimit::setrlimit(Resource::NOFILE, hard, hard).unwrap();
        }
    })
    .await
    .unwrap();

    let errors = texts(&samples(&finished), "error");
    assert!(errors.iter().any(|error| error == "generator"));
    assert!(errors.iter().any(|error| error == "-"));
    assert!(
        errors
            .iter()
            .all(|error| error != "connect" && error != "refused")
    );
    assert_eq!(
        check(&finished, "generator limits"),
        Some(CheckStatus::Failed)
    );
    assert!(!finished.validity.valid);
}
