//! Time and memory of the analysis of a run, compared with Polars (the Python package) reading the same columns and
//! sorting them by label, and with pandas and `SciPy` computing the same summary.
//!
//! Each measurement has its own process, so that its peak memory can be read. The contestants alternate, and the
//! medians of their rounds are reported. The comparison of two runs is measured, too.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

mod made_up;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use made_up::SEGMENT;

/// Measures the analysis of a run of made-up samples.
#[derive(Parser)]
struct Arguments {
    /// Number of samples: any up to 100 million, and whole multiples of these.
    #[arg(long, default_value_t = 10_000_000, value_parser = samples)]
    samples: u64,
    /// Rounds, of each of which there is one measurement of each contestant. Three of up to 100 million samples, and one of more.
    #[arg(long)]
    rounds: Option<usize>,
    /// Where the run is made up; it is deleted in the end.
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/analysis"))]
    folder: PathBuf,
    /// A Python with polars, pandas and scipy; without it only the analysis is measured.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Leave out Polars' sort, which holds all samples in memory twice. Whoever needs more memory than there is is left out anyway.
    #[arg(long)]
    without_polars: bool,
    /// Measure one contestant once, in this process.
    #[arg(long, hide = true)]
    contestant: Option<Contestant>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The measured programs.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Contestant {
    Polars,
    PolarsStreaming,
    Analysis,
    Comparison,
    Pandas,
}

impl Contestant {
    fn name(self) -> &'static str {
        match self {
            Self::Polars => "Polars: read, sort by label",
            Self::PolarsStreaming => "the same, its streaming engine",
            Self::Analysis => "the analysis of the run",
            Self::Comparison => "that of two such runs, compared",
            Self::Pandas => "pandas and SciPy, the same summary",
        }
    }

    /// Bytes of memory for each sample, as measured with ten million; `None` where memory does not grow with them.
    fn bytes_per_sample(self) -> Option<u64> {
        match self {
            Self::Polars | Self::PolarsStreaming => Some(220),
            Self::Analysis | Self::Comparison => None,
            Self::Pandas => Some(380),
        }
    }
}

fn samples(text: &str) -> Result<u64, String> {
    let samples: u64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if samples == 0 || (samples > SEGMENT && !samples.is_multiple_of(SEGMENT)) {
        return Err(format!("neither up to {SEGMENT} nor a multiple of it"));
    }
    Ok(samples)
}

/// Folder of a second copy of the run, below its own.
const TWIN: &str = "twin";

fn main() {
    let arguments = Arguments::parse();
    match arguments.contestant {
        Some(contestant) => measure(contestant, &arguments.folder),
        None => compare(&arguments),
    }
}

/// Runs one contestant, and prints seconds and peak memory in MiB.
fn measure(contestant: Contestant, run: &Path) {
    let begun = Instant::now();
    match contestant {
        Contestant::Analysis => drop(workbench_analysis::analyze_run(run).unwrap()),
        Contestant::Comparison => {
            let runs = [run.to_owned(), run.join(TWIN)];
            drop(workbench_analysis::analyze(&runs).unwrap());
        }
        Contestant::Polars | Contestant::PolarsStreaming | Contestant::Pandas => {
            unreachable!("measured in Python")
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{seconds} {}", peak_memory_mib());
}

fn peak_memory_mib() -> u64 {
    kib_of("/proc/self/status", "VmHWM:") / 1024
}

/// A number of KiB from a file in `/proc`.
fn kib_of(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn compare(arguments: &Arguments) {
    let run = &arguments.folder;
    let begun = Instant::now();
    let size = made_up::write(run, arguments.samples);
    println!(
        "{} samples in {:.1} s, {:.1} bytes each in Parquet; {} processors",
        arguments.samples,
        begun.elapsed().as_secs_f64(),
        size as f64 / arguments.samples.min(SEGMENT) as f64,
        std::thread::available_parallelism().unwrap()
    );
    link_twin(run);
    let mut contestants = vec![Contestant::Analysis, Contestant::Comparison];
    if arguments.python.is_some() {
        if !arguments.without_polars {
            contestants.extend([Contestant::Polars, Contestant::PolarsStreaming]);
        }
        contestants.push(Contestant::Pandas);
    }
    let available = kib_of("/proc/meminfo", "MemAvailable:") * 1024;
    contestants.retain(|contestant| {
        let needed = contestant.bytes_per_sample().unwrap_or(0) * arguments.samples;
        if needed > available {
            let (name, gib) = (contestant.name(), needed >> 30);
            println!("{name}: left out, takes about {gib} GiB");
        }
        needed <= available
    });
    let rounds = if arguments.samples > SEGMENT { 1 } else { 3 };
    let mut measured: Vec<Vec<(f64, u64)>> = vec![Vec::new(); contestants.len()];
    for _ in 0..arguments.rounds.unwrap_or(rounds) {
        for (contestant, measured) in contestants.iter().zip(&mut measured) {
            measured.push(in_its_own_process(*contestant, arguments));
        }
    }
    let medians: Vec<f64> = measured
        .iter()
        .map(|measured| median(measured.iter().map(|(seconds, _)| *seconds)))
        .collect();
    let of = |wanted: &[Contestant]| {
        let found = contestants.iter().zip(&medians);
        found
            .filter(|(contestant, _)| wanted.contains(contestant))
            .map(|(_, seconds)| *seconds)
            .reduce(f64::min)
    };
    // The analysis is compared with the faster of Polars' engines.
    let yardstick = of(&[Contestant::Polars, Contestant::PolarsStreaming]);
    println!(
        "{:<36} {:>9} {:>9} {:>9}",
        "", "median s", "of Polars", "peak MiB"
    );
    for ((contestant, seconds), measured) in contestants.iter().zip(&medians).zip(&measured) {
        let ratio = yardstick.map_or_else(String::new, |of| format!("{:.2}", seconds / of));
        let peak = measured.iter().map(|(_, peak)| *peak).max().unwrap();
        println!(
            "{:<36} {seconds:>9.2} {ratio:>9} {peak:>9}",
            contestant.name()
        );
    }
    std::fs::remove_dir_all(run).unwrap();
}

/// Hard links take no space.
fn link_twin(run: &Path) {
    let files: Vec<_> = std::fs::read_dir(run).unwrap().collect();
    let twin = run.join(TWIN);
    std::fs::create_dir(&twin).unwrap();
    for file in files {
        let file = file.unwrap();
        symlink(file.path(), twin.join(file.file_name())).unwrap();
    }
}

fn in_its_own_process(contestant: Contestant, arguments: &Arguments) -> (f64, u64) {
    let script = match contestant {
        Contestant::Polars => Some(("polars_sort.py", "in-memory")),
        Contestant::PolarsStreaming => Some(("polars_sort.py", "streaming")),
        Contestant::Pandas => Some(("pandas_summary.py", "")),
        Contestant::Analysis | Contestant::Comparison => None,
    };
    let mut command = match (script, &arguments.python) {
        (Some((script, engine)), Some(python)) => {
            let scripts = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/analysis"));
            let mut command = Command::new(python);
            command.arg(scripts.join(script)).arg(&arguments.folder);
            command.args((!engine.is_empty()).then_some(engine));
            command
        }
        _ => {
            let name = contestant.to_possible_value().unwrap();
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .args(["--contestant", name.get_name(), "--folder"])
                .arg(&arguments.folder);
            command
        }
    };
    let output = command.stderr(std::process::Stdio::inherit()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{} failed", contestant.name());
    let text = String::from_utf8(output.stdout).unwrap();
    let (seconds, peak) = text.lines().last().unwrap().split_once(' ').unwrap();
    (seconds.parse().unwrap(), peak.trim().parse().unwrap())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    workbench_statistics::quantile(&values, 0.5).unwrap()
}
