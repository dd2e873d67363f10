//! Time and memory of the import of a synthetic JTL file, compared with Polars (the Python package) scanning the same
//! file.
//!
//! Each measurement has its own process, so that its peak memory can be read. The contestants alternate, and the
//! medians of their rounds are reported. The import reads, hashes, parses and writes Parquet parts; what follows it,
//! the analysis and the report, is measured by `bench-analysis`.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use workbench_samples::import::{ImportOptions, Watch, import};

/// Measures the import of a made-up JTL file.
#[derive(Parser)]
struct Arguments {
    /// Number of rows.
    #[arg(long, default_value_t = 10_000_000)]
    rows: u64,
    /// Rounds, of each of which there is one measurement of each contestant.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where the file is made up; it is deleted in the end.
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/import"))]
    folder: PathBuf,
    /// A Python with polars; without it only the import is measured.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Measure the import once, in this process.
    #[arg(long, hide = true)]
    once: bool,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Scans the whole file, or only what a mean by label needs; prints seconds and peak memory in MiB.
const PYTHON: &str = "\
import sys, time, resource
import polars as pl
path, what = sys.argv[1:]
begun = time.perf_counter()
scan = pl.scan_csv(path)
if what == 'all':
    scan.collect()
else:
    scan.group_by('label').agg(pl.col('elapsed').mean(), pl.len()).collect(engine='streaming')
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
";

#[derive(Clone, Copy, ValueEnum)]
enum Contestant {
    Scan,
    Query,
    Import,
}

impl Contestant {
    fn name(self) -> &'static str {
        match self {
            Self::Scan => "Polars: scan_csv, all columns",
            Self::Query => "Polars: scan_csv, mean by label, streaming",
            Self::Import => "the import",
        }
    }
}

fn main() {
    let arguments = Arguments::parse();
    let file = arguments.folder.join("made-up.jtl");
    if arguments.once {
        return measure(&file, &arguments.folder.join("results"));
    }
    fs::create_dir_all(&arguments.folder).unwrap();
    make_up(&file, arguments.rows);
    let megabytes = file.metadata().unwrap().len() / 1_000_000;
    println!(
        "{} rows, {megabytes} MB, {} rounds",
        arguments.rows, arguments.rounds
    );
    let mut contestants = vec![Contestant::Import];
    if arguments.python.is_some() {
        contestants.extend([Contestant::Scan, Contestant::Query]);
    }
    let mut measured: Vec<(Contestant, Vec<(f64, f64)>)> =
        contestants.into_iter().map(|it| (it, Vec::new())).collect();
    for _ in 0..arguments.rounds {
        for (contestant, times) in &mut measured {
            times.push(once(*contestant, &arguments, &file));
        }
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let rows: Vec<(Contestant, f64, f64)> = measured
        .into_iter()
        .map(|(contestant, times)| {
            let mut seconds = times.iter().map(|it| it.0).collect();
            let mut memory = times.iter().map(|it| it.1).collect();
            (contestant, median(&mut seconds), median(&mut memory))
        })
        .collect();
    let of_import = rows[0].1;
    println!("| | seconds | the import takes | peak MiB |\n|---|---|---|---|");
    for (contestant, seconds, memory) in rows {
        println!(
            "| {} | {seconds:.2} | {:.2} × | {memory:.0} |",
            contestant.name(),
            of_import / seconds
        );
    }
    fs::remove_dir_all(&arguments.folder).unwrap();
}

fn once(contestant: Contestant, arguments: &Arguments, file: &Path) -> (f64, f64) {
    let mut command = match (contestant, &arguments.python) {
        (Contestant::Import, _) | (_, None) => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg("--once").arg("--folder").arg(&arguments.folder);
            command
        }
        (contestant, Some(python)) => {
            let what = match contestant {
                Contestant::Scan => "all",
                Contestant::Query | Contestant::Import => "query",
            };
            let mut command = Command::new(python);
            command.args(["-c", PYTHON]).arg(file).arg(what);
            command
        }
    };
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|it| it.parse::<f64>().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// Imports the file, and prints seconds and peak memory in MiB.
fn measure(file: &Path, results: &Path) {
    let begun = Instant::now();
    let options = ImportOptions::default();
    import(
        &[file.to_owned()],
        results,
        "made-up",
        &options,
        &Watch::default(),
    )
    .unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: f64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{seconds} {}", kib / 1024.0);
    fs::remove_dir_all(results).unwrap();
}

/// Writes rows as 100 threads would that make 20,000 requests a second, in the order of their ends.
fn make_up(file: &Path, rows: u64) {
    let mut to = BufWriter::with_capacity(1 << 20, File::create(file).unwrap());
    writeln!(
        to,
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,\
         grpThreads,allThreads,URL,Latency,IdleTime,Connect"
    )
    .unwrap();
    let mut state = 42_u64;
    for row in 0..rows {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 33;
        let elapsed = 2 + random % 37;
        let (label, thread) = (random % 7, row % 100 + 1);
        let end = 1_795_000_000_000 + row / 20;
        let (code, message, success) = if random.is_multiple_of(1_000) {
            (500, "Internal Server Error", false)
        } else {
            (200, "OK", true)
        };
        writeln!(
            to,
            "{},{elapsed},GET /shop/{label},{code},{message},shop 1-{thread},text,{success},,{},118,100,100,\
             http://localhost:8080/shop/{label},{},0,0",
            end - elapsed,
            1_000 + random % 900,
            elapsed - 1
        )
        .unwrap();
    }
    to.flush().unwrap();
}
