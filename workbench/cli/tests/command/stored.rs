//! Runs and series written as files with known times, without any load.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use workbench_samples::{
    Check, CheckStatus, ELAPSED, ErrorKind, Host, Labels, MANIFEST_VERSION, Manifest, Outcome,
    Phase, SERIES_VERSION, Sample, SampleWriter, Series, SeriesExperiment, SeriesOrder,
    SeriesPlace, SeriesRun, SeriesRunState, TargetRecord, Tool, Validity,
};

/// 2026-11-18T11:06:40Z.
const START: i64 = 1_795_000_000_000_000_000;

/// Requests of a run, enough for its p95.
const REQUESTS: i64 = 400;

/// Relative deviations of the runs: mean 0, standard deviation 1 %.
const SCATTER: [f64; 10] = [
    0.012, -0.009, 0.004, -0.013, 0.007, 0.010, -0.002, -0.014, 0.011, -0.006,
];

/// A run to be written, with the factor by which its requests are slower.
pub(crate) struct StoredRun {
    pub(crate) manifest: Manifest,
    pub(crate) slower: f64,
    /// Replacements in its experiment.
    changes: Vec<(&'static str, &'static str)>,
    labels: Vec<String>,
    /// Whether every second request fails.
    failing: bool,
}

impl StoredRun {
    pub(crate) fn new(experiment: &str, number: usize, slower: f64) -> Self {
        let start = START + number as i64 * 3_600_000_000_000;
        Self {
            manifest: manifest(experiment, number, start),
            slower: slower * (1.0 + SCATTER[number * 7 % 10]),
            changes: Vec::new(),
            labels: vec!["browse".into()],
            failing: false,
        }
    }

    /// Replaces a text in its experiment.
    pub(crate) fn with(mut self, from: &'static str, to: &'static str) -> Self {
        self.changes.push((from, to));
        self
    }

    /// Requests have this number of labels, in turn.
    pub(crate) fn of_labels(mut self, count: usize) -> Self {
        self.labels = (0..count)
            .map(|number| format!("GET shop/books/{number}"))
            .collect();
        self
    }

    pub(crate) fn failing(mut self) -> Self {
        self.failing = true;
        self
    }

    pub(crate) fn invalid(mut self) -> Self {
        self.manifest.validity = Some(Validity {
            valid: false,
            checks: vec![Check {
                name: "users achieved".into(),
                status: CheckStatus::Failed,
                finding: "20 % below the plan".into(),
            }],
        });
        self
    }

    /// Writes the run below `results`. Returns its folder.
    pub(crate) fn write(&self, results: &Path) -> PathBuf {
        let folder = results
            .join(&self.manifest.experiment)
            .join(&self.manifest.run_id);
        std::fs::create_dir_all(&folder).unwrap();
        self.manifest.write(&folder).unwrap();
        let mut experiment = format!(
            "name: {}\nquestion: Is it as fast as before?\nseed: 3\n\
             target:\n  urls: {{ shop: \"http://127.0.0.1:8080\" }}\n\
             threads:\n  - {{ start: 1, hold: 8s }}\n\
             scenarios:\n  - name: shopper\n    steps:\n      - {{ request: GET shop/books, name: browse }}\n",
            self.manifest.experiment
        );
        for (from, to) in &self.changes {
            assert!(experiment.contains(from), "{from}");
            experiment = experiment.replace(from, to);
        }
        std::fs::write(folder.join("experiment.yaml"), experiment).unwrap();
        let labels = Labels {
            requests: self.labels.clone(),
            scenarios: vec!["shopper".into()],
        };
        let mut writer = SampleWriter::create(&folder.join("samples"), labels).unwrap();
        writer.write_part(&self.samples()).unwrap();
        folder
    }

    /// One request every 20 ms, with pseudo-random times of some 5 to 15 ms.
    fn samples(&self) -> Vec<Sample> {
        let start = self.manifest.started_at.unwrap();
        let mut state: u64 = 42;
        let each = self.labels.len().div_ceil(REQUESTS as usize) as i64;
        (0..REQUESTS * each)
            .map(|index| {
                // Knuth's MMIX generator: the top bits are random enough for times.
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let share = (state >> 11) as f64 / (1_u64 << 53) as f64;
                let elapsed_ns = ((5.0 + 10.0 * share) * 1e6 * self.slower) as u64;
                let started_at = start + index * 20_000_000 / each;
                let fails = self.failing && index % 2 == 0;
                Sample {
                    intended_at: started_at,
                    started_at,
                    elapsed_ns,
                    latency_ns: elapsed_ns,
                    connect_ns: 0,
                    bytes_sent: 100,
                    bytes_received: 1000,
                    status: Some(if fails { 500 } else { 200 }),
                    error: fails.then_some(ErrorKind::Status),
                    request: (index % self.labels.len() as i64) as u16,
                    scenario: 0,
                    user: 1,
                    iteration: index as u32 + 1,
                    active_users: 1,
                    phase: Phase::Hold,
                    redirects: 0,
                }
            })
            .collect()
    }
}

fn manifest(experiment: &str, number: usize, start: i64) -> Manifest {
    Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: format!("20261118T1106{number:02}Z-{number:04x}"),
        experiment: experiment.into(),
        series: None,
        tool: tool(),
        elapsed: ELAPSED.into(),
        seed: 3,
        started_at: Some(start),
        ended_at: Some(start + 8_000_000_000),
        host: host(),
        target: TargetRecord {
            kind: "urls".into(),
            urls: BTreeMap::new(),
            details: BTreeMap::new(),
            requests_served: BTreeMap::new(),
        },
        limits: BTreeMap::new(),
        outcome: Outcome::Completed,
        validity: Some(Validity {
            valid: true,
            checks: Vec::new(),
        }),
        users: Vec::new(),
        arrivals: Vec::new(),
        origin: None,
        segment: None,
        segments: Vec::new(),
    }
}

fn tool() -> Tool {
    Tool {
        name: "workbench".into(),
        version: "0.1.0".into(),
        commit: Some("50e482f".into()),
    }
}

fn host() -> Host {
    Host {
        name: "laptop".into(),
        kernel: "Linux 6.8".into(),
        cpu: "Example 9000".into(),
        cpus: 2,
        memory_bytes: 8 << 30,
    }
}

/// Writes a series of `old` and `new` in this number of blocks; `new` is slower by this factor. `change` modifies each
/// run before it is written. Returns the folder.
pub(crate) fn series(
    results: &Path,
    id: &str,
    blocks: usize,
    slower: f64,
    change: impl Fn(usize, StoredRun) -> StoredRun,
) -> PathBuf {
    let mut runs = Vec::new();
    for position in 0..2 * blocks {
        let (name, factor) = [("old", 1.0), ("new", slower)][position % 2];
        let block = position / 2 + 1;
        // Each block has its own speed, which pairs share.
        let speed = 1.0 + 0.05 * (block % 4) as f64;
        let mut run = change(position, StoredRun::new(name, position, speed * factor));
        run.manifest.series = Some(SeriesPlace {
            series_id: id.into(),
            experiment: name.into(),
            point: None,
            block: block as u32,
            position: position as u32 + 1,
            together: false,
        });
        run.manifest.run_id = format!("{}-{id}", run.manifest.run_id);
        let folder = run.write(results);
        let valid = run.manifest.validity.as_ref().unwrap().valid;
        runs.push(SeriesRun {
            position: position as u32 + 1,
            block: block as u32,
            experiment: name.into(),
            state: if valid {
                SeriesRunState::Done
            } else {
                SeriesRunState::Invalid
            },
            run: Some(folder.strip_prefix(results).unwrap().to_owned()),
            reason: None,
            missed_thresholds: Vec::new(),
            undecided_thresholds: Vec::new(),
            earlier_attempts: Vec::new(),
        });
    }
    let folder = results.join("series").join(id);
    std::fs::create_dir_all(&folder).unwrap();
    let experiment = |name: &str| SeriesExperiment {
        name: name.into(),
        experiment: name.into(),
        point: None,
        file: PathBuf::from("shop.yaml"),
        urls: BTreeMap::new(),
        sha256: String::new(),
        resolved: String::new(),
    };
    Series {
        schema_version: SERIES_VERSION,
        series_id: id.into(),
        order: SeriesOrder::Abba,
        repetitions: blocks as u32,
        pause_ns: 0,
        stop_on_invalid: false,
        until_decided: None,
        tool: tool(),
        host: host(),
        experiments: vec![experiment("old"), experiment("new")],
        runs,
        changes: Vec::new(),
    }
    .write(&folder)
    .unwrap();
    folder
}
