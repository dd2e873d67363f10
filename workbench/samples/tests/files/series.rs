//! The record of a series as a file, through the public interface.

use std::fs;
use std::path::Path;

use workbench_samples::{SERIES_FILE, SamplesError, Series, SeriesRunState};

fn series() -> Series {
    Series::read(Path::new("tests/published/series-version-2")).unwrap()
}

#[test]
fn a_record_comes_back_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    series().write(directory.path()).unwrap();

    assert_eq!(Series::read(directory.path()).unwrap(), series());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_series_is_over_when_each_run_is_done_or_known_to_be_invalid() {
    let mut series = series();
    for run in &mut series.runs {
        run.state = SeriesRunState::Done;
    }
    series.runs[2].state = SeriesRunState::Invalid;
    assert!(series.is_over());
    for state in [
        SeriesRunState::Planned,
        SeriesRunState::Running,
        SeriesRunState::Failed,
        SeriesRunState::Interrupted,
    ] {
        series.runs[1].state = state;
        assert!(!series.is_over(), "{state:?}");
    }
}

#[test]
fn a_newer_record_and_a_broken_record_have_different_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(SERIES_FILE);
    fs::write(&path, r#"{"schema_version": 4}"#).unwrap();
    let error = Series::read(directory.path()).unwrap_err();
    assert!(
        error.to_string().contains("use a newer workbench"),
        "{error}"
    );
    for text in ["{", r#"{"schema_version": 1}"#] {
        fs::write(&path, text).unwrap();
        let error = Series::read(directory.path()).unwrap_err();
        assert!(matches!(error, SamplesError::InvalidSeries { path: named, .. } if named == path));
    }
}

#[test]
fn a_record_with_a_run_of_an_unknown_experiment_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut series = series();
    series.runs[1].experiment = "renamed".to_owned();
    series.write(directory.path()).unwrap();

    let error = Series::read(directory.path()).unwrap_err();

    assert!(matches!(error, SamplesError::UnknownExperiment { .. }));
    let text = error.to_string();
    assert!(text.contains(SERIES_FILE), "{text}");
    assert!(text.contains("run 2 is of experiment renamed"), "{text}");
}
