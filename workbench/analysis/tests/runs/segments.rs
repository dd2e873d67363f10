//! One run merged from segments of several processes.

use std::fs;
use std::path::{Path, PathBuf};

use workbench_analysis::{AnalysisError, RunAnalysis, analyze_run, combine_segments};
use workbench_samples::{
    Check, CheckStatus, ClockReading, Manifest, Resource, ResourceWriter, RunLock, Sample,
    SegmentPlace, UsersInSecond, Validity, read_resources, segment_folder,
};

use crate::support::{START, completed, samples, write_run};

/// Of two machines, a and b.
fn place(number: u32, host: &str) -> SegmentPlace {
    SegmentPlace {
        number,
        of: 2,
        host: host.to_owned(),
        start_at: Some(START),
        started_at: None,
        clock: None,
    }
}

fn segment(results: &Path, place: SegmentPlace, samples: &[Sample]) -> PathBuf {
    let name = format!("one/{}", segment_folder(place.number, place.of));
    let users = [0, 1].map(|second| UsersInSecond {
        second,
        planned: Some(0.25),
        achieved: 0.5,
    });
    let manifest = Manifest {
        run_id: name,
        segment: Some(place),
        users: users.to_vec(),
        validity: Some(Validity {
            valid: true,
            checks: vec![Check {
                name: "errors".to_owned(),
                status: CheckStatus::Passed,
                finding: "none of 3 requests".to_owned(),
            }],
        }),
        ..completed()
    };
    let folder = write_run(results, &manifest, samples);
    let manifest = Manifest {
        run_id: "one".to_owned(),
        ..manifest
    };
    manifest.write(&folder).unwrap();
    folder
}

/// Both segments, and their run.
fn two(results: &Path, hosts: [&str; 2]) -> ([PathBuf; 2], PathBuf) {
    let all = samples();
    let (first, second) = all.split_at(3);
    let segments = [
        segment(results, place(1, hosts[0]), first),
        segment(results, place(2, hosts[1]), second),
    ];
    (segments, results.join("tiny/one"))
}

fn analysed(run: &Path) -> RunAnalysis {
    combine_segments(run).unwrap();
    analyze_run(run).unwrap()
}

fn found<'a>(run: &'a RunAnalysis, name: &str) -> Option<&'a Check> {
    let checks = &run.validity.as_ref().unwrap().checks;
    checks.iter().find(|check| check.name == name)
}

#[test]
fn segments_have_the_tables_of_the_undivided_run() {
    let results = tempfile::tempdir().unwrap();
    let whole = write_run(results.path(), &completed(), &samples());
    let whole = analyze_run(&whole).unwrap();
    let (_, run) = two(results.path(), ["a", "a"]);
    // Twice, because more segments may have arrived in between.
    analysed(&run);
    let together = analysed(&run);
    assert_eq!(together.total, whole.total);
    assert_eq!(together.requests, whole.requests);
    assert_eq!(together.thresholds, whole.thresholds);
    assert_eq!(together.per_second, whole.per_second);
    assert_eq!(together.histogram, whole.histogram);
    let achieved: Vec<f64> = together.users.iter().map(|it| it.achieved).collect();
    assert_eq!(achieved, [1.0, 1.0]);
    assert_eq!(together.users[0].planned, Some(0.5));
    let segments = found(&together, "segments").unwrap();
    assert_eq!(segments.status, CheckStatus::Passed);
    let errors = found(&together, "errors").unwrap();
    assert_eq!(errors.finding, "none of 7 requests");
}

#[test]
fn users_of_a_missing_segment_count_as_planned() {
    let results = tempfile::tempdir().unwrap();
    let ([_, second], run) = two(results.path(), ["a", "a"]);
    fs::remove_dir_all(second).unwrap();
    let run = analysed(&run);
    // Both users start within two seconds: the first after one second, the second after two.
    let planned: Vec<_> = run.users.iter().map(|it| it.planned.unwrap()).collect();
    assert_eq!(planned, [0.0, 1.0]);
    let segments = found(&run, "segments").unwrap();
    assert_eq!(segments.status, CheckStatus::Failed);
    assert!(segments.finding.starts_with("segment 2/2 is missing"));
}

#[test]
fn a_late_user_of_a_small_segment_is_judged_by_the_whole_run() {
    let judged = |achieved: f64| {
        let results = tempfile::tempdir().unwrap();
        let (segments, run) = two(results.path(), ["a", "a"]);
        for folder in &segments {
            let mut manifest = Manifest::read(folder).unwrap();
            manifest.users[1].planned = Some(1.0);
            manifest.users[1].achieved = 1.0;
            manifest.users[0].achieved = manifest.users[0].planned.unwrap();
            manifest.validity.as_mut().unwrap().checks.push(Check {
                name: "users".to_owned(),
                status: CheckStatus::Warning,
                finding: "off by 6 % of the peak".to_owned(),
            });
            manifest.write(folder).unwrap();
        }
        let mut manifest = Manifest::read(&segments[0]).unwrap();
        manifest.users[1].achieved = achieved;
        manifest.write(&segments[0]).unwrap();
        let run = analysed(&run);
        found(&run, "users").unwrap().status
    };
    // The peak of the merged run is two users.
    assert_eq!(judged(0.99), CheckStatus::Passed);
    assert_eq!(judged(0.94), CheckStatus::Warning);
    assert_eq!(judged(0.8), CheckStatus::Failed);
}

#[test]
fn readings_of_several_segments_count_once() {
    let reading = |source: &str, value: f64| Resource {
        at: START + 1_000_000_000,
        source: source.to_owned(),
        metric: "processors".to_owned(),
        value,
    };
    let seen = |hosts: [&str; 2]| {
        let results = tempfile::tempdir().unwrap();
        let (segments, run) = two(results.path(), hosts);
        for folder in segments {
            let mut writer = ResourceWriter::new(&folder);
            let sources = ["generator", "beside/generator", "target/java[7]", "others"];
            let sources = sources.into_iter().chain(["http://a/metrics"]);
            let readings: Vec<_> = sources.map(|source| reading(source, 0.25)).collect();
            writer.write_part(&readings).unwrap();
            writer.finish().unwrap();
        }
        analysed(&run);
        let readings = read_resources(&run).unwrap();
        readings.into_iter().map(|it| it.source).collect::<Vec<_>>()
    };
    assert_eq!(
        seen(["a", "a"]),
        [
            "generator/segment 1",
            "target/java[7]",
            "others",
            "http://a/metrics",
            "generator/segment 2"
        ]
    );
    assert_eq!(
        seen(["a", "b"]),
        [
            "generator/segment 1",
            "target/a/java[7]",
            "others/a",
            "http://a/metrics",
            "generator/segment 2",
            "target/b/java[7]",
            "others/b"
        ]
    );
}

#[test]
fn clocks_of_several_machines_are_compared() {
    let check = |error_ms: Option<i64>| {
        let results = tempfile::tempdir().unwrap();
        for (number, host) in [(1, "a"), (2, "b")] {
            let clock = error_ms.map(|error_ms| ClockReading {
                source: "chrony".to_owned(),
                is_synchronised: true,
                offset_ns: Some(0),
                error_ns: Some(error_ms * 1_000_000),
            });
            let place = SegmentPlace {
                clock,
                ..place(number, host)
            };
            segment(results.path(), place, &samples());
        }
        let run = analysed(&results.path().join("tiny/one"));
        let check = found(&run, "clocks").unwrap();
        (check.status, check.finding.clone())
    };
    let (status, finding) = check(Some(2));
    assert_eq!(status, CheckStatus::Passed);
    assert!(finding.contains("differ by 4.0 ms at most"), "{finding}");
    assert_eq!(check(Some(60)).0, CheckStatus::Warning);
    let (status, finding) = check(None);
    assert_eq!(status, CheckStatus::Warning);
    assert!(finding.contains("the clocks of a, b"), "{finding}");

    let results = tempfile::tempdir().unwrap();
    let (_, run) = two(results.path(), ["a", "a"]);
    assert_eq!(found(&analysed(&run), "clocks"), None);
}

#[test]
fn segments_of_different_runs_or_a_running_one_are_an_error() {
    let results = tempfile::tempdir().unwrap();
    let ([first, second], run) = two(results.path(), ["a", "a"]);
    let lock = RunLock::hold(&second).unwrap();
    let error = combine_segments(&run).unwrap_err();
    assert!(matches!(error, AnalysisError::SegmentRunning { .. }));
    drop(lock);
    let error = analyze_run(&first).unwrap_err();
    assert!(error.to_string().contains("segment 1/2"), "{error}");

    let experiment = second.join("experiment.yaml");
    let text = fs::read_to_string(&experiment).unwrap();
    fs::write(&experiment, text.replace("hold: 2s", "hold: 3s")).unwrap();
    let error = combine_segments(&run).unwrap_err().to_string();
    assert!(error.contains("different experiments"), "{error}");
}
