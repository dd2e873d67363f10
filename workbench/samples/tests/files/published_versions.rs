//! Files of every published version stay readable. The files are never regenerated: a change of the format
//! adds a folder, written by the last build that knew it.

use std::path::Path;

use polars_core::prelude::*;
use workbench_samples::{
    CheckStatus, Content, ELAPSED, ErrorKind, Failures, Manifest, Outcome, RESPONSE, Resource,
    Series, SeriesOrder, SeriesRunState, column, read_resources,
};

use crate::read;

#[test]
fn samples_of_version_1_are_still_read() {
    let directory = Path::new("tests/published/version-1/samples");

    let frame = read(directory);

    assert_eq!(frame.height(), 3);
    let elapsed = frame.column(column::ELAPSED_NS).unwrap().u64().unwrap();
    assert_eq!(
        elapsed.to_vec_null_aware().left().unwrap(),
        [2_000_000, 50_000, 9_000_000]
    );
    let error = frame.column(column::ERROR).unwrap();
    let error = error.cast(&DataType::String).unwrap();
    let error: Vec<_> = error.str().unwrap().iter().collect();
    assert_eq!(error, [None, Some("refused"), Some("censored")]);
    let started_at = frame.column(column::STARTED_AT).unwrap();
    let started_at = started_at.cast(&DataType::Int64).unwrap();
    assert_eq!(
        started_at.i64().unwrap().first(),
        Some(1_795_000_000_000_000_001)
    );
    // They were not followed yet.
    assert_eq!(redirects(&frame), [0, 0, 0]);
}

#[test]
fn samples_of_version_2_are_still_read() {
    let frame = read(Path::new("tests/published/version-2/samples"));

    assert_eq!(redirects(&frame), [2, 0, 0]);
    let words = |name: &str| -> Vec<Option<String>> {
        let column = frame.column(name).unwrap().cast(&DataType::String).unwrap();
        let words = column.str().unwrap().iter();
        words.map(|word| word.map(str::to_owned)).collect()
    };
    assert_eq!(
        words(column::ERROR),
        [None, Some("expect".into()), Some("capture".into())]
    );
    assert_eq!(
        words(column::PHASE),
        ["on_start", "hold", "on_stop"].map(|word| Some(word.to_owned()))
    );
}

fn redirects(frame: &DataFrame) -> Vec<u32> {
    let redirects = frame.column(column::REDIRECTS).unwrap().u32().unwrap();
    redirects.into_no_null_iter().collect()
}

#[test]
fn the_manifest_of_version_1_is_still_read() {
    let manifest = Manifest::read(Path::new("tests/published/version-1")).unwrap();

    assert_eq!(manifest.run_id, "20261123T101500Z-4f2a");
    assert_eq!(manifest.outcome, Outcome::Running);
    assert_eq!(manifest.started_at, Some(1_795_000_000_123_456_789));
    assert_eq!(manifest.series, None);
}

#[test]
fn the_manifest_of_version_2_is_still_read() {
    let manifest = Manifest::read(Path::new("tests/published/manifest-version-2")).unwrap();

    assert_eq!(manifest.outcome, Outcome::Completed);
    let place = manifest.series.unwrap();
    assert_eq!(place.series_id, "20261123T101400Z-4f2a");
    assert_eq!(place.experiment, "smoke#2");
    assert_eq!((place.block, place.position), (2, 3));
    assert_eq!(place.point, None);
}

#[test]
fn the_manifest_of_version_3_is_still_read() {
    let manifest = Manifest::read(Path::new("tests/published/manifest-version-3")).unwrap();

    let place = manifest.series.unwrap();
    assert_eq!(place.experiment, "smoke@users=5");
    let point = place.point.unwrap();
    assert_eq!((point.parameter.as_str(), point.value), ("users", 5));
    assert_eq!(manifest.elapsed, ELAPSED);
}

#[test]
fn the_manifest_of_version_4_is_still_read() {
    let manifest = Manifest::read(Path::new("tests/published/manifest-version-4")).unwrap();

    assert!(manifest.elapsed.ends_with("connecting excluded"));
}

#[test]
fn the_manifest_of_version_5_is_still_read() {
    let manifest = Manifest::read(Path::new("tests/published/manifest-version-5")).unwrap();

    assert_eq!(manifest.elapsed, RESPONSE);
    assert!(manifest.users.is_empty());
    let arrivals: Vec<_> = manifest
        .arrivals
        .iter()
        .map(|it| (it.planned, it.started))
        .collect();
    assert_eq!(arrivals, [(9, 9), (22, 22), (38, 38)]);
}

#[test]
fn the_manifest_of_version_6_is_still_read() {
    let manifest = Manifest::read(Path::new("tests/published/manifest-version-6")).unwrap();

    assert_eq!(manifest.schema_version, 6);
    assert!(manifest.series.unwrap().together);
    let origin = manifest.origin.unwrap();
    assert_eq!(origin.format, "jtl");
    assert_eq!(origin.files[0].path, "jmeter.jtl");
    assert_eq!(origin.elapsed_resolution_ns, 1_000_000);
    assert_eq!(origin.left_out[0].count, 1011);
    let checks = manifest.validity.unwrap().checks;
    assert_eq!(checks[1].status, CheckStatus::NotChecked);
    assert_eq!((manifest.segment, manifest.segments.len()), (None, 0));
}

#[test]
fn the_record_of_a_series_of_version_1_is_still_read() {
    let series = Series::read(Path::new("tests/published/series-version-1")).unwrap();

    assert_eq!(series.order, SeriesOrder::Random { seed: 7 });
    assert_eq!(series.experiments[1].name, "smoke#2");
    assert_eq!(series.experiments[1].point, None);
    let states: Vec<_> = series.runs.iter().map(|run| run.state).collect();
    assert_eq!(
        states,
        [
            SeriesRunState::Done,
            SeriesRunState::Invalid,
            SeriesRunState::Failed,
            SeriesRunState::Interrupted,
            SeriesRunState::Running,
            SeriesRunState::Planned,
        ]
    );
    let done = &series.runs[0];
    assert_eq!(done.run, Some("smoke/20261123T101500Z-4f2a".into()));
    assert_eq!(done.missed_thresholds, ["p95 < 1us"]);
    assert_eq!(series.changes[0].from_position, 4);
    assert!(!series.is_over());
}

#[test]
fn the_record_of_a_series_of_version_2_is_still_read() {
    let series = Series::read(Path::new("tests/published/series-version-2")).unwrap();

    let points: Vec<_> = series
        .experiments
        .iter()
        .map(|it| (it.name.as_str(), it.point.as_ref().unwrap().value))
        .collect();
    assert_eq!(points, [("smoke@users=5", 5), ("smoke@users=10", 10)]);
    assert_eq!(series.runs[0].experiment, "smoke@users=10");
    assert_eq!(series.until_decided, None);
    assert!(series.experiments[0].urls.is_empty());
}

#[test]
fn the_record_of_a_series_of_version_3_is_still_read() {
    let series = Series::read(Path::new("tests/published/series-version-3")).unwrap();

    assert_eq!(series.order, SeriesOrder::Together { seed: 7 });
    let until_decided = series.until_decided.as_ref().unwrap();
    assert_eq!(until_decided.looks, [2, 3]);
    assert_eq!(until_decided.policy["rule"]["margin"], 0.05);
    assert_eq!(until_decided.decided_at, Some(2));
    let urls = &series.experiments[1].urls;
    assert_eq!(urls["shop"], "http://127.0.0.1:8002");
    assert_eq!(series.runs[5].state, SeriesRunState::NotNeeded);
    assert!(series.is_over());
}

#[test]
fn the_readings_of_resources_of_version_1_are_still_read() {
    let readings = read_resources(Path::new("tests/published/resources-version-1")).unwrap();

    let at = 1_795_000_001_000_000_001;
    let reading = |source: &str, metric: &str, value| Resource {
        at,
        source: source.to_owned(),
        metric: metric.to_owned(),
        value,
    };
    assert_eq!(
        readings,
        [
            reading("generator", "processors", 0.75),
            reading("target", "processors", 0.5),
            reading("others", "processors", 0.125),
            reading("machine", "steal_processors", 0.0),
        ]
    );
}

#[test]
fn the_exchanges_of_version_1_are_still_read() {
    let failures = Failures::read(Path::new("tests/published/failures-version-1"));

    let failures = failures.unwrap().unwrap();
    let reasons: Vec<_> = failures
        .reasons
        .iter()
        .map(|it| (it.kind, it.reason.as_deref(), it.count))
        .collect();
    assert_eq!(
        reasons,
        [
            (ErrorKind::Expect, Some("$.total is #, expected > 10"), 4),
            (ErrorKind::Expect, None, 2),
        ]
    );
    let [good, failed] = failures.exchanges.as_slice() else {
        panic!("{failures:?}")
    };
    assert_eq!((good.kind, good.redirects), (None, 1));
    assert_eq!(
        good.response.as_ref().unwrap().body.content,
        Content::Encoded
    );
    assert_eq!(failed.reason, "$.total is 3, expected > 10");
    let body = &failed.response.as_ref().unwrap().body;
    assert_eq!(body.content, Content::Text("{\"total\":3}".into()));
    assert!(matches!(
        failed.request.body.content,
        Content::Base64 { .. }
    ));
}
