//! The manifest as a file, through the public interface.

use std::collections::BTreeMap;
use std::fs;

use workbench_samples::{
    Check, CheckStatus, ELAPSED, Host, MANIFEST_FILE, MANIFEST_VERSION, Manifest, Outcome,
    SamplesError, SeriesPlace, SweepPoint, TargetRecord, Tool, UsersInSecond, Validity,
};

fn manifest() -> Manifest {
    Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: "20261123T101500Z-4f2a".into(),
        experiment: "smoke".into(),
        series: Some(SeriesPlace {
            series_id: "20261123T101400Z-4f2a".into(),
            experiment: "smoke#2@users=5".into(),
            point: Some(SweepPoint {
                parameter: "users".into(),
                value: 5,
            }),
            block: 2,
            position: 3,
            together: false,
        }),
        tool: Tool {
            name: "workbench".into(),
            version: "0.1.0".into(),
            commit: None,
        },
        elapsed: ELAPSED.to_owned(),
        seed: 3,
        started_at: Some(1_795_000_000_123_456_789),
        ended_at: None,
        host: Host {
            name: "laptop".into(),
            kernel: "Linux 6.8".into(),
            cpu: "Example 9000".into(),
            cpus: 2,
            memory_bytes: 8 << 30,
        },
        target: TargetRecord {
            kind: "urls".into(),
            urls: BTreeMap::from([("catalog".into(), "http://127.0.0.1:8001".into())]),
            details: BTreeMap::new(),
            requests_served: BTreeMap::new(),
        },
        limits: BTreeMap::from([("open files".into(), "1048576".into())]),
        outcome: Outcome::Running,
        validity: None,
        users: Vec::new(),
        arrivals: Vec::new(),
        origin: None,
        segment: None,
        segments: Vec::new(),
    }
}

#[test]
fn a_manifest_comes_back_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    manifest().write(directory.path()).unwrap();

    assert_eq!(Manifest::read(directory.path()).unwrap(), manifest());
}

#[test]
fn the_final_manifest_replaces_the_first() {
    let directory = tempfile::tempdir().unwrap();
    manifest().write(directory.path()).unwrap();
    let ended = Manifest {
        ended_at: Some(1_795_000_060_000_000_000),
        outcome: Outcome::Failed("the target is gone".into()),
        validity: Some(Validity {
            valid: false,
            checks: vec![Check {
                name: "schedule".into(),
                status: CheckStatus::Failed,
                finding: "3 of 10 users".into(),
            }],
        }),
        users: vec![UsersInSecond {
            second: 0,
            planned: Some(0.5),
            achieved: 0.25,
        }],
        ..manifest()
    };

    ended.write(directory.path()).unwrap();

    assert_eq!(Manifest::read(directory.path()).unwrap(), ended);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_missing_manifest_is_named() {
    let directory = tempfile::tempdir().unwrap();

    let error = Manifest::read(directory.path()).unwrap_err();

    let path = directory.path().join(MANIFEST_FILE);
    assert_eq!(error.to_string(), format!("cannot read {}", path.display()));
}

#[test]
fn a_newer_manifest_is_not_called_broken() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join(MANIFEST_FILE),
        r#"{"schema_version": 99, "what_it_will_hold": "nobody knows"}"#,
    )
    .unwrap();

    let error = Manifest::read(directory.path()).unwrap_err();

    assert!(
        error.to_string().ends_with(
            "has schema version 99, this workbench reads versions 1 to 7: use a newer workbench"
        ),
        "{error}"
    );
}

#[test]
fn a_broken_manifest_is_named_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(MANIFEST_FILE);
    for text in ["{", r#"{"schema_version": 1}"#] {
        fs::write(&path, text).unwrap();

        let error = Manifest::read(directory.path()).unwrap_err();

        assert!(
            matches!(error, SamplesError::InvalidManifest { path: named, .. } if named == path)
        );
    }
}

#[test]
fn a_run_folder_that_is_gone_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let gone = directory.path().join("gone");

    let error = manifest().write(&gone).unwrap_err();

    let path = gone.join(MANIFEST_FILE);
    assert_eq!(
        error.to_string(),
        format!("cannot write {}", path.display())
    );
}
