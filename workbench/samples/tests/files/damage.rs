//! Parquet files with bytes that changed are an error, or are read as they were.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use polars_core::prelude::DataFrame;
use workbench_samples::import::{ImportOptions, Watch, import};
use workbench_samples::{
    ErrorKind, Labels, Phase, Resource, ResourceWriter, Sample, SampleWriter, SamplesError, column,
    read_resources, sample_batches, sample_parts,
};

/// Samples of many values, so that every column has pages of its own kind.
fn samples() -> Vec<Sample> {
    let mut random = Rng::with_seed(1);
    (0..3_000)
        .map(|number| {
            let started_at = 1_795_000_000_000_000_000 + number * 1_000_003;
            let failed = random.f64() < 0.05;
            Sample {
                intended_at: started_at,
                started_at,
                elapsed_ns: random.u64(100_000..9_000_000),
                latency_ns: random.u64(50_000..90_000),
                connect_ns: 0,
                bytes_sent: 120,
                bytes_received: random.u64(100..2_000),
                status: (!failed).then_some(200),
                error: failed.then_some(ErrorKind::Timeout),
                request: random.u16(0..9),
                scenario: 0,
                user: random.u32(1..100),
                iteration: number as u32,
                active_users: 100,
                phase: Phase::Hold,
                redirects: 0,
            }
        })
        .collect()
}

fn written(directory: &Path) -> PathBuf {
    let labels = Labels {
        requests: (0..9).map(|number| format!("GET shop/{number}")).collect(),
        scenarios: vec!["shopper".into()],
    };
    let mut writer = SampleWriter::create(directory, labels).unwrap();
    writer.write_part(&samples()).unwrap();
    directory.join("part-00000.parquet")
}

fn read(directory: &Path) -> Result<Vec<DataFrame>, String> {
    let batches = sample_batches(directory).map_err(|error| text(&error))?;
    let read = batches.iter().map(|batch| batch.read(&column::ALL));
    read.collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// An error with its causes.
fn text(error: &SamplesError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

/// Damages a file in one of many ways: single bits, bytes, stretches of zeros, an end that is missing.
fn damage(bytes: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = random.usize(0..bytes.len());
    match random.u8(0..5) {
        0 => bytes[at] ^= 1 << random.u8(0..8),
        1 => bytes[at] = random.u8(..),
        // The footer is small, and worth more than its share.
        2 => {
            let last = bytes.len() - 1;
            bytes[last - at % 4_000.min(last)] ^= random.u8(1..);
        }
        3 => {
            let end = (at + random.usize(1..600)).min(bytes.len());
            bytes[at..end].fill(0);
        }
        _ => bytes.truncate(at),
    }
    bytes
}

/// Every damage is an error that names the file, or is not to be seen in what is read.
fn no_damage_is_read<T: PartialEq>(
    file: &Path,
    named: &Path,
    times: u64,
    read: impl Fn() -> Result<T, String>,
) {
    let whole = fs::read(file).unwrap();
    let right = read().unwrap();
    let mut errors = 0;
    for seed in 0..times {
        let mut random = Rng::with_seed(seed);
        fs::write(file, damage(&whole, &mut random)).unwrap();
        match read() {
            Ok(read) => assert!(read == right, "damage {seed} is read as other values"),
            Err(error) => {
                errors += 1;
                assert!(
                    error.contains(&named.display().to_string()),
                    "{seed}: {error}"
                );
            }
        }
    }
    fs::write(file, &whole).unwrap();
    assert!(errors > times / 2, "{errors} of {times}");
    assert!(read().unwrap() == right);
}

#[test]
fn damaged_samples_are_an_error_that_names_the_part() {
    let directory = tempfile::tempdir().unwrap();
    let part = written(directory.path());
    no_damage_is_read(&part, &part, 1_000, || read(directory.path()));
}

#[test]
fn a_part_that_is_missing_before_another_is_an_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let part = written(directory.path());
    fs::copy(&part, directory.path().join("part-00001.parquet")).unwrap();
    assert_eq!(read(directory.path()).unwrap().len(), 2);
    fs::remove_file(&part).unwrap();
    let error = read(directory.path()).unwrap_err();
    assert!(error.contains("part-00000.parquet is missing"), "{error}");
}

#[test]
fn damaged_samples_of_an_import_are_an_error_that_names_the_part() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("results.jtl");
    let mut rows = "timeStamp,elapsed,label,responseCode,success,threadName\n".to_owned();
    for number in 0..500_u64 {
        let (at, elapsed) = (1_795_000_000_000 + 20 * number, 5 + number % 90);
        rows += &format!(
            "{at},{elapsed},GET /{},200,true,Users 1-{}\n",
            number % 7,
            number % 9
        );
    }
    fs::write(&source, rows).unwrap();
    let (results, options) = (folder.path().join("results"), ImportOptions::default());
    let run = import(&[source], &results, "imported", &options, &Watch::default());
    let samples = run.unwrap().folder.join("samples");
    let part = sample_parts(&samples).unwrap().remove(0);
    no_damage_is_read(&part, &part, 500, || read(&samples));
}

#[test]
fn damaged_readings_are_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ResourceWriter::new(folder.path());
    let readings: Vec<Resource> = (0..2_000)
        .map(|number| Resource {
            at: 1_795_000_000_000_000_000 + number * 1_000_000_000,
            source: ["target", "generator"][number as usize % 2].to_owned(),
            metric: "cpu_seconds".to_owned(),
            value: number as f64 * 0.37,
        })
        .collect();
    writer.write_part(&readings).unwrap();
    writer.finish().unwrap();
    let file = folder.path().join("resources.parquet");
    no_damage_is_read(&file, &file, 500, || {
        read_resources(folder.path()).map_err(|error| text(&error))
    });
}

/// Files of versions without a checksum: damage may be read as other values, and ends nothing.
#[test]
fn damaged_samples_without_a_checksum_do_not_end_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let part = written(directory.path());
    let mut whole = fs::read(&part).unwrap();
    let key = b"workbench.crc32";
    let at = whole.windows(key.len()).rposition(|it| it == key).unwrap();
    whole[at] = b'W';
    for seed in 0..1_000 {
        let mut random = Rng::with_seed(seed);
        fs::write(&part, damage(&whole, &mut random)).unwrap();
        let _ = read(directory.path());
    }
}
