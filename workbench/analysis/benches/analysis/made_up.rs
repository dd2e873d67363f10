//! A run as the load generator leaves it, with samples that were made up: 100 users, eight labels, response times that
//! are log-normal and depend on each other, a ramp at either end, and 1% of errors.

use std::collections::BTreeMap;
use std::fs;
use std::mem;
use std::path::Path;

use workbench_samples::{
    ELAPSED, ErrorKind, Host, Labels, MANIFEST_VERSION, Manifest, Outcome, Phase, SAMPLES_FOLDER,
    Sample, SampleWriter, TargetRecord, Tool, Validity,
};

/// Samples in a part: what the load generator writes every few seconds.
const PART: u64 = 500_000;
/// A run with more samples consists of several segments that link to the same files.
pub(crate) const SEGMENT: u64 = 100_000_000;
const PER_SECOND: u64 = 5_000;
/// 2026-11-18T11:06:40Z.
const START: i64 = 1_795_000_000_000_000_000;
const LABELS: usize = 8;

/// Writes the folder of a run with at most a [`SEGMENT`] of samples or several whole ones, and returns the size of one
/// segment's samples in bytes.
pub(crate) fn write(run: &Path, samples: u64) -> u64 {
    let segments = samples.div_ceil(SEGMENT);
    let samples = samples / segments;
    if run.exists() {
        fs::remove_dir_all(run).unwrap();
    }
    fs::create_dir_all(run).unwrap();
    manifest().write(run).unwrap();
    let seconds = samples / PER_SECOND;
    fs::write(run.join("experiment.yaml"), experiment(seconds)).unwrap();
    let labels = Labels {
        requests: (0..LABELS).map(label).collect(),
        scenarios: vec!["shopper".into()],
    };
    let mut writer = SampleWriter::create(&run.join(SAMPLES_FOLDER), labels).unwrap();
    let mut made_up = MadeUp {
        state: 1,
        level: 0.0,
    };
    let mut part = Vec::new();
    for number in 0..samples {
        part.push(made_up.sample(number, samples));
        if (number + 1) % PART == 0 {
            // Requests still in flight go into the next part.
            let written_at = START + at(number);
            let (over, in_flight) = mem::take(&mut part)
                .into_iter()
                .partition::<Vec<Sample>, _>(|it| {
                    it.started_at + it.elapsed_ns as i64 <= written_at
                });
            writer.write_part(&over).unwrap();
            part = in_flight;
        }
    }
    writer.write_part(&part).unwrap();
    let folder = run.join(SAMPLES_FOLDER);
    let parts = fs::read_dir(&folder).unwrap();
    let parts: Vec<_> = parts.map(|part| part.unwrap()).collect();
    for number in parts.len()..parts.len() * segments as usize {
        let link = folder.join(format!("part-{number:05}.parquet"));
        fs::hard_link(parts[number % parts.len()].path(), link).unwrap();
    }
    let bytes = parts.iter().map(|part| part.metadata().unwrap().len());
    bytes.sum()
}

fn label(number: usize) -> String {
    format!("GET shop/page-{number}")
}

/// Nanoseconds from the start of the schedule to that of a request.
fn at(number: u64) -> i64 {
    (u128::from(number) * 1_000_000_000 / u128::from(PER_SECOND)) as i64
}

struct MadeUp {
    state: u64,
    /// Of the system, to which all response times are proportional; logarithmic.
    level: f64,
}

impl MadeUp {
    fn sample(&mut self, number: u64, of: u64) -> Sample {
        self.level = 0.95 * self.level + 0.1 * self.normal();
        let request = (self.bits() % LABELS as u64).min(self.bits() % LABELS as u64);
        let noise = 0.4 * self.normal();
        let typical_ns = 2e6 * (1.0 + 2.0 * request as f64);
        let elapsed_ns = (typical_ns * (self.level + noise).exp()) as u64;
        let started_at = START + at(number) + (self.bits() % 100_000) as i64;
        let (status, error) = match self.bits() % 1_000 {
            0..=8 => (Some(503), Some(ErrorKind::Status)),
            9 => (None, Some(ErrorKind::Timeout)),
            _ => (Some(200), None),
        };
        Sample {
            intended_at: started_at,
            started_at,
            elapsed_ns,
            latency_ns: elapsed_ns / 10 * 9,
            connect_ns: 0,
            bytes_sent: 180 + request,
            bytes_received: 900 + self.bits() % 64,
            status,
            error,
            request: request as u16,
            scenario: 0,
            user: (number % 100) as u32 + 1,
            iteration: (number / 800) as u32 + 1,
            active_users: 100,
            phase: match number * 100 / of {
                0..5 => Phase::RampUp,
                5..95 => Phase::Hold,
                _ => Phase::RampDown,
            },
            redirects: 0,
        }
    }

    /// `SplitMix64`.
    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// About normal: the sum of eight uniform numbers, all from two draws.
    fn normal(&mut self) -> f64 {
        let sum: u64 = [self.bits(), self.bits()]
            .into_iter()
            .flat_map(|bits| [0, 16, 32, 48].map(|shift| (bits >> shift) & 0xffff))
            .sum();
        (sum as f64 / 65_536.0 - 4.0) / (8.0_f64 / 12.0).sqrt()
    }
}

fn experiment(seconds: u64) -> String {
    let steps: String = (0..LABELS)
        .map(|number| format!("      - request: {}\n", label(number)))
        .collect();
    format!(
        "name: made-up\ntarget: {{ urls: {{ shop: \"http://127.0.0.1:1\" }} }}\n\
         threads: [ {{ start: 100, startup: {ramp}s, hold: {hold}s, shutdown: {ramp}s }} ]\n\
         scenarios:\n  - name: shopper\n    steps:\n{steps}thresholds: [ \"p95 < 1s\", \"error_rate < 5%\" ]\n",
        ramp = (seconds / 20).max(1),
        hold = (seconds / 10 * 9).max(1),
    )
}

fn manifest() -> Manifest {
    Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: "20261118T110640Z-0000".into(),
        experiment: "made-up".into(),
        series: None,
        tool: Tool {
            name: "workbench".into(),
            version: "0".into(),
            commit: None,
        },
        seed: 1,
        started_at: Some(START),
        ended_at: None,
        host: Host {
            name: String::new(),
            kernel: String::new(),
            cpu: String::new(),
            cpus: 1,
            memory_bytes: 0,
        },
        target: TargetRecord {
            kind: "urls".into(),
            urls: BTreeMap::new(),
            details: BTreeMap::new(),
            requests_served: BTreeMap::new(),
        },
        limits: BTreeMap::new(),
        elapsed: ELAPSED.to_owned(),
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
