//! A run whose requests never become steady.

use std::fs;

use assert_cmd::assert::OutputAssertExt;
use predicates::str::contains;
use workbench_samples::{Labels, Manifest, Phase, Sample, SampleWriter};

use crate::support::{Bench, OVER};

#[test]
fn a_run_that_is_never_steady_is_14_and_says_so() {
    let bench = Bench::new();
    let file = bench.shopping("drift", 1, "1s", "");
    let ran = bench.workbench().arg("run").arg(&file).output().unwrap();
    assert!(OVER.contains(&ran.status.code().unwrap()));
    let run = bench.runs("drift").remove(0);
    let started_at = Manifest::read(&run).unwrap().started_at.unwrap();
    // Changes its samples: each request takes 1 ms more than the one before.
    let folder = run.join("samples");
    fs::remove_dir_all(&folder).unwrap();
    let labels = Labels {
        requests: vec!["GET catalog/products".into()],
        scenarios: vec!["shopper".into()],
    };
    let samples: Vec<Sample> = (0..600).map(|i| slower(started_at, i)).collect();
    let mut writer = SampleWriter::create(&folder, labels).unwrap();
    writer.write_part(&samples).unwrap();

    let analysed = bench.workbench().arg("analyze").arg(&run).assert();

    analysed
        .code(14)
        .stdout(contains("steady state: no steady state within"));
}

fn slower(schedule: i64, number: u32) -> Sample {
    let started_at = schedule + i64::from(number) * 1_000_000;
    let elapsed_ns = u64::from(number + 1) * 1_000_000;
    Sample {
        intended_at: started_at,
        started_at,
        elapsed_ns,
        latency_ns: elapsed_ns,
        connect_ns: 0,
        bytes_sent: 100,
        bytes_received: 100,
        status: Some(200),
        error: None,
        request: 0,
        scenario: 0,
        user: 1,
        iteration: number + 1,
        active_users: 1,
        phase: Phase::Hold,
        redirects: 0,
    }
}
