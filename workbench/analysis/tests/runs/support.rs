//! Run folders with samples whose statistics were computed by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use workbench_samples::{
    ELAPSED, ErrorKind, Host, Labels, MANIFEST_VERSION, Manifest, Outcome, Phase, Sample,
    SampleWriter, TargetRecord, Tool, Validity,
};

/// 2026-11-18T11:06:40Z.
pub(crate) const START: i64 = 1_795_000_000_000_000_000;

pub(crate) const EXPERIMENT: &str = r#"name: tiny
title: A tiny run
question: Are the numbers right?
target:
  urls: { shop: "http://127.0.0.1:8080" }
threads:
  - { start: 2, startup: 2s, hold: 2s, shutdown: 0s }
scenarios:
  - name: shopper
    steps:
      - { request: POST shop/orders, name: order }
      - { request: GET shop/books, name: browse }
      - { request: POST shop/payments, name: pay }
thresholds:
  - mean of "browse" < 26ms
  - p95 < 400ms
  - p50 of "pay" < 1s
"#;

/// The samples of the tiny run; none has the label `pay`.
pub(crate) fn samples() -> Vec<Sample> {
    vec![
        browse(0, 10),
        browse(500, 20),
        browse(1_000, 30),
        browse(3_000, 40),
        order(200, 100, Some(201), None),
        order(1_500, 300, Some(503), Some(ErrorKind::Status)),
        order(3_500, 500, None, Some(ErrorKind::Censored)),
    ]
}

/// A successful request with its start and elapsed time in milliseconds.
pub(crate) fn browse(start_ms: i64, elapsed_ms: u64) -> Sample {
    Sample {
        intended_at: START + start_ms * 1_000_000,
        started_at: START + start_ms * 1_000_000,
        elapsed_ns: elapsed_ms * 1_000_000,
        latency_ns: elapsed_ms * 1_000_000,
        connect_ns: 0,
        bytes_sent: 256,
        bytes_received: 1024,
        status: Some(200),
        error: None,
        request: 0,
        scenario: 0,
        user: 1,
        iteration: 1,
        active_users: 1 + u32::from(start_ms >= 1_000),
        phase: Phase::Hold,
        redirects: 0,
    }
}

/// A request with the other label.
pub(crate) fn order(
    start_ms: i64,
    elapsed_ms: u64,
    status: Option<u16>,
    error: Option<ErrorKind>,
) -> Sample {
    Sample {
        status,
        error,
        request: 1,
        bytes_received: if status.is_some() { 512 } else { 0 },
        ..browse(start_ms, elapsed_ms)
    }
}

pub(crate) fn manifest(experiment: &str, run_id: &str) -> Manifest {
    Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: run_id.into(),
        experiment: experiment.into(),
        series: None,
        tool: Tool {
            name: "workbench".into(),
            version: "0.1.0".into(),
            commit: Some("50e482f".into()),
        },
        elapsed: ELAPSED.to_owned(),
        seed: 3,
        started_at: Some(START),
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
            urls: BTreeMap::from([("shop".into(), "http://127.0.0.1:8080".into())]),
            details: BTreeMap::new(),
            requests_served: BTreeMap::from([("shop".into(), 7)]),
        },
        limits: BTreeMap::from([("request timeout".into(), "30 s".into())]),
        outcome: Outcome::Running,
        validity: None,
        users: Vec::new(),
        arrivals: Vec::new(),
        origin: None,
        segment: None,
        segments: Vec::new(),
    }
}

/// A completed and valid run.
pub(crate) fn completed() -> Manifest {
    Manifest {
        outcome: Outcome::Completed,
        validity: Some(Validity {
            valid: true,
            checks: Vec::new(),
        }),
        ..manifest("tiny", "20261118T110640Z-4f2a")
    }
}

/// Writes a run's folder below `results` as the load generator does. Returns its path.
pub(crate) fn write_run(results: &Path, manifest: &Manifest, samples: &[Sample]) -> PathBuf {
    // Two parts, so that tests do not depend on a single file.
    let (first, second) = samples.split_at(samples.len() / 2);
    write_parts(results, manifest, EXPERIMENT, [first, second])
}

/// The same with its experiment and this number of parts.
pub(crate) fn write_parts<'a>(
    results: &Path,
    manifest: &Manifest,
    experiment: &str,
    parts: impl IntoIterator<Item = &'a [Sample]>,
) -> PathBuf {
    write_labelled(results, manifest, experiment, ["browse", "order"], parts)
}

/// The same with other labels than `browse` and `order`.
pub(crate) fn write_labelled<'a>(
    results: &Path,
    manifest: &Manifest,
    experiment: &str,
    labels: [&str; 2],
    parts: impl IntoIterator<Item = &'a [Sample]>,
) -> PathBuf {
    let run = results.join(&manifest.experiment).join(&manifest.run_id);
    fs::create_dir_all(&run).unwrap();
    manifest.write(&run).unwrap();
    fs::write(run.join("experiment.yaml"), experiment).unwrap();
    let labels = Labels {
        requests: labels.map(str::to_owned).to_vec(),
        scenarios: vec!["shopper".into()],
    };
    let mut writer = SampleWriter::create(&run.join("samples"), labels).unwrap();
    for part in parts {
        writer.write_part(part).unwrap();
    }
    run
}
