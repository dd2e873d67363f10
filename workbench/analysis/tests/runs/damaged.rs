//! Runs whose files contradict each other.

use std::fs;

use crate::support::{EXPERIMENT, browse, manifest, samples, write_parts, write_run};
use workbench_analysis::analyze_run;
use workbench_samples::{Labels, Manifest, Sample, SampleWriter};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

fn error(manifest: &Manifest, samples: &[Sample]) -> String {
    let results = tempfile::tempdir().unwrap();
    let run = write_run(results.path(), manifest, samples);
    let error = analyze_run(&run).unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    format!("{error}: {source}")
}

#[test]
fn a_schedule_start_far_from_the_samples_is_refused() {
    for started_at in [0, i64::MAX] {
        let mut manifest = manifest("tiny", "20261118T110640Z-4f2a");
        manifest.started_at = Some(started_at);
        let text = error(&manifest, &samples());
        assert!(text.contains("more than a day from the schedule"), "{text}");
        assert!(text.contains("started_at in the run's manifest.json"));
    }
}

#[test]
fn a_sample_far_from_the_schedule_is_refused() {
    let manifest = manifest("tiny", "20261118T110640Z-4f2a");
    let mut stray = samples();
    stray.push(browse(2 * DAY_MS, 10));
    assert!(error(&manifest, &stray).contains("2026-11-20T11:06:40Z"));
    *stray.last_mut().unwrap() = browse(0, 2 * DAY_MS as u64);
    assert!(error(&manifest, &stray).contains("started or ended at 2026-11-20T11:06:40Z"));
}

#[test]
fn too_many_labels_are_an_error() {
    let results = tempfile::tempdir().unwrap();
    let name = manifest("tiny", "20261118T110640Z-4f2a");
    let run = write_parts(results.path(), &name, EXPERIMENT, []);
    fs::remove_dir_all(run.join("samples")).unwrap();
    let requests = (0..17_000).map(|number| format!("GET shop/{number}"));
    let labels = Labels {
        requests: requests.collect(),
        scenarios: vec!["shopper".into()],
    };
    let mut writer = SampleWriter::create(&run.join("samples"), labels).unwrap();
    let samples: Vec<Sample> = (0..17_000)
        .map(|number| Sample {
            request: number,
            ..browse(0, 10)
        })
        .collect();
    writer.write_part(&samples).unwrap();

    let error = analyze_run(&run).unwrap_err();

    let text = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        text.contains("17000 different requests, and 16384 at most"),
        "{text}"
    );
}
