//! Parts of the samples, written and read through the public interface.

use std::fs;
use std::path::Path;

use polars_core::prelude::*;
use polars_io::SerReader;
use polars_io::prelude::{KeyValueMetadata, ParquetReader, ParquetWriter};
use workbench_samples::{
    ErrorKind, Labels, Phase, Sample, SampleWriter, SamplesError, column, sample_batches,
};

use crate::read;

fn labels() -> Labels {
    Labels {
        requests: vec!["browse".into(), "order".into()],
        scenarios: vec!["shopper".into()],
    }
}

/// A successful request of user 7, started `started_at` nanoseconds after the epoch.
fn success(started_at: i64) -> Sample {
    Sample {
        intended_at: started_at,
        started_at,
        elapsed_ns: 2_000_000,
        latency_ns: 1_500_000,
        connect_ns: 0,
        bytes_sent: 120,
        bytes_received: 900,
        status: Some(200),
        error: None,
        request: 0,
        scenario: 0,
        user: 7,
        iteration: 3,
        active_users: 10,
        phase: Phase::Hold,
        redirects: 2,
    }
}

fn refused(started_at: i64) -> Sample {
    Sample {
        elapsed_ns: 50_000,
        latency_ns: 0,
        bytes_sent: 0,
        bytes_received: 0,
        status: None,
        error: Some(ErrorKind::Refused),
        request: 1,
        phase: Phase::RampUp,
        redirects: 0,
        ..success(started_at)
    }
}

fn strings(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    let text = frame.column(name).unwrap().cast(&DataType::String).unwrap();
    let text = text.str().unwrap();
    text.iter().map(|word| word.map(str::to_owned)).collect()
}

fn instants(frame: &DataFrame, name: &str) -> Vec<i64> {
    let column = frame.column(name).unwrap().cast(&DataType::Int64).unwrap();
    column.i64().unwrap().into_no_null_iter().collect()
}

#[test]
fn every_field_comes_back_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    let samples = [
        success(1_795_000_000_000_000_001),
        refused(1_795_000_000_000_000_002),
    ];
    writer.write_part(&samples).unwrap();

    let frame = read(directory.path());

    assert_eq!(frame.height(), 2);
    let number = |name: &str| -> Vec<Option<u64>> {
        let column = frame.column(name).unwrap().cast(&DataType::UInt64).unwrap();
        column.u64().unwrap().iter().collect()
    };
    assert_eq!(
        instants(&frame, column::INTENDED_AT),
        [1_795_000_000_000_000_001, 1_795_000_000_000_000_002]
    );
    assert_eq!(
        instants(&frame, column::STARTED_AT),
        instants(&frame, column::INTENDED_AT)
    );
    assert_eq!(number(column::ELAPSED_NS), [Some(2_000_000), Some(50_000)]);
    assert_eq!(number(column::LATENCY_NS), [Some(1_500_000), Some(0)]);
    assert_eq!(number(column::CONNECT_NS), [Some(0), Some(0)]);
    assert_eq!(number(column::BYTES_SENT), [Some(120), Some(0)]);
    assert_eq!(number(column::BYTES_RECEIVED), [Some(900), Some(0)]);
    assert_eq!(number(column::STATUS), [Some(200), None]);
    let successes: Vec<Option<bool>> = frame
        .column(column::SUCCESS)
        .unwrap()
        .bool()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(successes, [Some(true), Some(false)]);
    assert_eq!(
        strings(&frame, column::ERROR),
        [None, Some("refused".into())]
    );
    assert_eq!(
        strings(&frame, column::REQUEST),
        [Some("browse".into()), Some("order".into())]
    );
    assert_eq!(
        strings(&frame, column::SCENARIO),
        [Some("shopper".into()), Some("shopper".into())]
    );
    assert_eq!(number(column::USER), [Some(7), Some(7)]);
    assert_eq!(number(column::ITERATION), [Some(3), Some(3)]);
    assert_eq!(number(column::ACTIVE_USERS), [Some(10), Some(10)]);
    assert_eq!(
        strings(&frame, column::PHASE),
        [Some("hold".into()), Some("ramp_up".into())]
    );
    assert_eq!(number(column::REDIRECTS), [Some(2), Some(0)]);
}

#[test]
fn the_columns_are_those_of_the_documented_table() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    writer.write_part(&[success(1)]).unwrap();

    let frame = read(directory.path());
    let schema: Vec<(String, String)> = frame
        .schema()
        .iter()
        .map(|(name, kind)| (name.to_string(), kind.to_string()))
        .collect();

    // | `name` | `type` | unit | meaning |
    let table = include_str!("../../../../docs/samples.md");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: Vec<(String, String)> = rows
        .map(|row| {
            let mut cells = row.split('`');
            let name = cells.next().unwrap();
            (name.to_owned(), cells.nth(1).unwrap().to_owned())
        })
        .collect();
    assert_eq!(schema, documented);
}

#[test]
fn parts_are_read_in_the_order_written_each_sorted_by_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    writer.write_part(&[success(30), success(10)]).unwrap();
    writer.write_part(&[]).unwrap();
    writer.write_part(&[success(40), success(20)]).unwrap();

    assert_eq!(
        instants(&read(directory.path()), column::STARTED_AT),
        [10, 30, 20, 40]
    );
    let mut names: Vec<String> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["part-00000.parquet", "part-00001.parquet"]);
}

#[test]
fn an_unfinished_part_of_a_killed_run_is_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    writer.write_part(&[success(1)]).unwrap();
    fs::write(directory.path().join("part-00001.parquet.tmp"), b"PAR1").unwrap();

    assert_eq!(read(directory.path()).height(), 1);
}

#[test]
fn a_part_that_was_cut_short_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    writer.write_part(&[success(1)]).unwrap();
    writer.write_part(&[success(2)]).unwrap();
    let path = directory.path().join("part-00001.parquet");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();

    let error = sample_batches(directory.path()).err().unwrap();

    assert!(matches!(&error, SamplesError::Damaged { path: named, .. } if *named == path));
    assert!(error.to_string().contains("part-00001.parquet is not a"));
}

#[test]
fn an_empty_file_in_place_of_a_part_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("part-00000.parquet");
    fs::write(&path, b"").unwrap();

    let error = sample_batches(directory.path()).err().unwrap();

    assert!(
        matches!(&error, SamplesError::Damaged { path: named, .. } if *named == path),
        "{error:?}"
    );
}

#[test]
fn a_part_of_a_newer_version_asks_for_a_newer_workbench() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("part-00000.parquet");
    write_foreign_part(&path, &[("workbench.schema_version", "3")]);

    let error = sample_batches(directory.path()).err().unwrap();

    assert_eq!(
        error.to_string(),
        format!(
            "{} has schema version 3, this workbench reads versions 1 to 2: use a newer workbench",
            path.display()
        )
    );
}

#[test]
fn a_parquet_file_of_another_program_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    write_foreign_part(&directory.path().join("part-00000.parquet"), &[]);

    let error = sample_batches(directory.path()).err().unwrap();

    assert!(matches!(error, SamplesError::NoSchemaVersion { .. }));
}

fn write_foreign_part(path: &Path, metadata: &[(&str, &str)]) {
    let metadata = metadata
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let mut frame = DataFrame::new(1, vec![Column::new("x".into(), [1_u64])]).unwrap();
    ParquetWriter::new(fs::File::create(path).unwrap())
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata)))
        .finish(&mut frame)
        .unwrap();
}

#[test]
fn no_parts_and_no_folder_are_the_same_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("samples");

    for path in [directory.path(), &missing] {
        let error = sample_batches(path).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!(
                "{} holds no samples (no part-*.parquet): the run ended before its first ones were stored, and there is nothing to analyse",
                path.display()
            )
        );
    }
}

#[test]
fn samples_are_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    writer.write_part(&[success(1)]).unwrap();

    let error = SampleWriter::create(directory.path(), labels()).unwrap_err();

    assert!(matches!(error, SamplesError::AlreadyWritten { .. }));
}

#[test]
fn a_part_that_cannot_be_written_can_be_written_later() {
    let directory = tempfile::tempdir().unwrap();
    let samples = directory.path().join("samples");
    let mut writer = SampleWriter::create(&samples, labels()).unwrap();
    fs::remove_dir(&samples).unwrap();

    let error = writer.write_part(&[success(1)]).unwrap_err();
    assert!(matches!(error, SamplesError::Write { .. }), "{error:?}");

    fs::create_dir(&samples).unwrap();
    writer.write_part(&[success(1)]).unwrap();
    assert_eq!(read(&samples).height(), 1);
}

#[test]
fn runs_with_different_labels_can_be_read_as_one() {
    let directory = tempfile::tempdir().unwrap();
    let (a, b) = (directory.path().join("a"), directory.path().join("b"));
    let other = Labels {
        requests: vec!["order".into(), "pay".into()],
        scenarios: vec!["buyer".into()],
    };
    SampleWriter::create(&a, labels())
        .and_then(|mut writer| writer.write_part(&[success(1), refused(2)]))
        .unwrap();
    SampleWriter::create(&b, other)
        .and_then(|mut writer| writer.write_part(&[success(3), refused(4)]))
        .unwrap();

    let together = read(&a).vstack(&read(&b)).unwrap();

    assert_eq!(
        strings(&together, column::REQUEST),
        ["browse", "order", "order", "pay"].map(|label| Some(label.to_owned()))
    );
}

#[test]
fn batches_are_the_samples_of_all_parts_in_their_order_and_hold_only_the_columns_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    let samples: Vec<Sample> = (0..70).map(|i| success(1_000 + i)).collect();
    for part in samples.chunks(40) {
        writer.write_part(part).unwrap();
    }
    // The first part again, as written with smaller row groups.
    let first = directory.path().join("part-00000.parquet");
    let mut frame = ParquetReader::new(fs::File::open(&first).unwrap())
        .finish()
        .unwrap();
    let version = ("workbench.schema_version".to_owned(), "1".to_owned());
    ParquetWriter::new(fs::File::create(&first).unwrap())
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(vec![version])))
        .with_row_group_size(Some(15))
        .finish(&mut frame)
        .unwrap();

    let batches = sample_batches(directory.path()).unwrap();

    assert!(batches.len() > 2, "{}", batches.len());
    let mut read = Vec::new();
    for batch in batches {
        let frame = batch.read(&[column::STARTED_AT, column::REQUEST]).unwrap();
        assert_eq!(frame.width(), 2);
        assert_eq!(frame.first_col_n_chunks(), 1);
        let words = strings(&frame, column::REQUEST);
        assert!(words.iter().all(|word| word.as_deref() == Some("browse")));
        read.extend(instants(&frame, column::STARTED_AT));
    }
    let written: Vec<i64> = samples.iter().map(|sample| sample.started_at).collect();
    assert_eq!(read, written);
}

#[test]
fn a_column_that_a_batch_does_not_have_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SampleWriter::create(directory.path(), labels()).unwrap();
    writer.write_part(&[success(1)]).unwrap();

    let batches = sample_batches(directory.path()).unwrap();

    assert!(batches[0].read(&["colour"]).is_err());
}
