//! Readings of resources, written and read through the public interface.

use std::fs;

use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::{KeyValueMetadata, ParquetWriter};
use workbench_samples::{RESOURCES_FILE, Resource, SamplesError, read_resources, write_resources};

fn reading(at: i64, source: &str, metric: &str, value: f64) -> Resource {
    Resource {
        at,
        source: source.into(),
        metric: metric.into(),
        value,
    }
}

#[test]
fn readings_come_back_as_they_were_written() {
    let run = tempfile::tempdir().unwrap();
    let readings = [
        reading(1_795_000_000_000_000_002, "others", "processors", 0.1),
        reading(
            1_795_000_000_000_000_001,
            "machine",
            "steal_processors",
            0.0,
        ),
    ];

    write_resources(run.path(), &readings).unwrap();

    assert_eq!(read_resources(run.path()).unwrap(), readings);
    write_resources(run.path(), &[]).unwrap();
    assert_eq!(read_resources(run.path()).unwrap(), []);
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
