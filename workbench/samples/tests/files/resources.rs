//! Readings of resources, written and read through the public interface.

use std::fs;

use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::{KeyValueMetadata, ParquetWriter};
use workbench_samples::{
    RESOURCES_FILE, Resource, ResourceWriter, SamplesError, read_resources, resource_batches,
};

fn reading(at: i64, source: &str, metric: &str, value: f64) -> Resource {
    Resource {
        at,
        source: source.to_owned(),
        metric: metric.to_owned(),
        value,
    }
}

#[test]
fn readings_come_back_as_they_were_written_in_one_file() {
    let run = tempfile::tempdir().unwrap();
    let readings = [
        reading(1_795_000_000_000_000_001, "generator", "processors", 0.1),
        reading(
            1_795_000_000_000_000_001,
            "machine",
            "steal_processors",
            0.0,
        ),
        reading(1_795_000_001_000_000_000, "generator", "processors", 1e-300),
        reading(
            1_795_000_002_000_000_000,
            "http://a/metrics",
            "up{a=\"é\"}",
            f64::INFINITY,
        ),
    ];
    let mut writer = ResourceWriter::new(run.path());
    writer.write_part(&readings[..2]).unwrap();
    writer.write_part(&[]).unwrap();
    writer.write_part(&readings[2..]).unwrap();
    writer.finish().unwrap();

    assert_eq!(read_resources(run.path()).unwrap(), readings);
    let batches = resource_batches(run.path()).unwrap();
    let lengths: Vec<_> = batches.map(|batch| batch.unwrap().len()).collect();
    assert_eq!(lengths, [2, 2], "flat memory, however long the run was");
    let files: Vec<_> = fs::read_dir(run.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn a_run_without_readings_has_an_empty_file() {
    let run = tempfile::tempdir().unwrap();
    ResourceWriter::new(run.path()).finish().unwrap();
    assert_eq!(read_resources(run.path()).unwrap(), []);
}

#[test]
fn a_removed_run_folder_is_an_error_and_is_not_created_again() {
    let results = tempfile::tempdir().unwrap();
    let run = results.path().join("run");
    let mut writer = ResourceWriter::new(&run);
    let reading = [reading(1, "generator", "processors", 0.5)];
    assert!(writer.write_part(&reading).is_err());
    assert!(writer.finish().is_err());
    assert!(!run.exists());
}

#[test]
fn a_killed_run_keeps_the_parts_that_were_written() {
    let run = tempfile::tempdir().unwrap();
    let mut writer = ResourceWriter::new(run.path());
    let readings = [
        reading(1, "generator", "processors", 0.5),
        reading(2, "generator", "processors", 0.25),
    ];
    writer.write_part(&readings[..1]).unwrap();
    writer.write_part(&readings[1..]).unwrap();
    // The line being written when the process was killed.
    fs::write(run.path().join("resources/part-00002.parquet.tmp"), "half").unwrap();
    drop(writer);

    assert_eq!(read_resources(run.path()).unwrap(), readings);
}

#[test]
fn readings_of_an_unknown_version_or_without_their_columns_are_refused() {
    let run = tempfile::tempdir().unwrap();
    let write = |version: &str| {
        let version = ("workbench.schema_version".to_owned(), version.to_owned());
        let mut frame = DataFrame::new(1, vec![Column::new("at".into(), [1_i64])]).unwrap();
        ParquetWriter::new(fs::File::create(run.path().join(RESOURCES_FILE)).unwrap())
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(vec![version])))
            .finish(&mut frame)
            .unwrap();
    };

    write("2");
    let error = read_resources(run.path()).unwrap_err();
    assert!(
        matches!(error, SamplesError::UnknownSchemaVersion { .. }),
        "{error:?}"
    );

    write("1");
    let error = read_resources(run.path()).unwrap_err();
    assert!(matches!(error, SamplesError::Damaged { .. }), "{error:?}");
}
