//! `workbench import`: imports results of other tools as runs.

mod name;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use workbench_analysis::gate::Share;
use workbench_samples::import::{
    Columns, Format, ImportError, ImportOptions, Imported, Watch, sha256_of,
};
use workbench_samples::{BadRows, Manifest, Origin};

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::outcome;
use crate::terminal;
use name::names_of;

/// How often progress is shown on a terminal.
const TICK: Duration = Duration::from_millis(200);

/// Interval of progress lines without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Read result files of other tools as runs, which are analysed and gated like any other.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench import results.jtl                              JMeter; the format is detected from the content
  workbench import base1.csv base2.csv base3.csv            k6; three runs of one experiment, `base`
  workbench import injector*.jtl --merge --name peak        parts of one run, of several load generators
  workbench import shop.jtl --warm-up 30s --cool-down 10s   the rest is taken as steady, and checked
  workbench import log.csv --columns start=timestamp,elapsed=latency_ms,label=name,status=code
  vegeta encode --to csv results.bin | workbench import - --name checkout
  workbench gate --baseline base*.jtl --candidate cand*.jtl --warm-up 30s
                                                            imports files itself, each once

Formats: jtl, k6-csv, k6-json, locust, gatling, gatling-csv, vegeta-csv, vegeta-json, oha, hey, ab, h2load, goose-csv, \
goose-json, hdr, csv (with --columns). docs/import-export.md says what is read of each, how it defines elapsed time, and \
what is lost.

--columns: KEY=COLUMN[:UNIT] with the column's name, or its number in a file without a header. Units are s, ms, us, ns; of \
start and end also since-s, since-ms… for time since the beginning of the test. The unit of other times is inferred from \
their digits, or they are dates, in UTC unless they name a zone.

The folder of each run is printed. 0: all files were imported; 12: a file cannot be, or more of its rows than \
--allow-bad-rows are unreadable; 130: interrupted, and the file that was being read is not imported.")]
pub(crate) struct Arguments {
    /// Result files, `.gz` ones too; `-` is standard input. Each is a run of its own.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Format of the files [default: detected from their content].
    #[arg(long = "as", value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// Columns of a table of no known format: start or end, elapsed, and any of label, success, error, status, connect,
    /// `first_byte`, `bytes_sent`, `bytes_received`, users, scenario.
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<Columns>,
    /// Name of the experiment [default: that of the file; of files that differ in a number at its end, without it].
    #[arg(long, value_name = "NAME", value_parser = name::checked)]
    name: Option<String>,
    /// Read all files as parts of one run, such as those of several load generators.
    #[arg(long)]
    merge: bool,
    /// Leave requests that start within this time from the first one out of the steady part.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration, default_value = "0s")]
    warm_up: Duration,
    /// Leave requests that start within this time before the last one out of the steady part.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration, default_value = "0s")]
    cool_down: Duration,
    /// Share of rows that may be unreadable; they are counted and listed in the report.
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    allow_bad_rows: Share,
    /// Also read samples of JMeter's transaction controllers, which are sums of other samples.
    #[arg(long)]
    keep_transactions: bool,
    #[command(flatten)]
    results: ResultsFolder,
}

fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| {
        let names = Format::ALL.map(Format::as_str);
        format!("expected one of {}", names.join(", "))
    })
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let results = &arguments.results.results;
    let options = ImportOptions {
        format: arguments.format,
        columns: arguments.columns.clone(),
        warm_up: arguments.warm_up,
        cool_down: arguments.cool_down,
        allowed_bad_rows: arguments.allow_bad_rows.fraction(),
        keep_transactions: arguments.keep_transactions,
    };
    let importer = Importer::new(results)?;
    let names = match &arguments.name {
        Some(name) => vec![name.clone(); arguments.files.len()],
        None => names_of(&arguments.files),
    };
    if arguments.merge {
        let imported = importer.import(&arguments.files, &names[0], &options)?;
        return print_summary(&imported);
    }
    let mut exit = Exit::Pass;
    for (file, name) in arguments.files.iter().zip(&names) {
        let done = importer
            .import(std::slice::from_ref(file), name, &options)
            .and_then(|imported| print_summary(&imported));
        match done {
            Ok(done) => exit = exit.and(done),
            Err(error) if arguments.files.len() == 1 => return Err(error),
            // Other files are imported in spite of a failed one.
            Err(error) => {
                outcome::note(&format!("error: {error:#}"));
                exit = exit.and(Exit::of(&error));
                if exit == Exit::Interrupted {
                    break;
                }
            }
        }
    }
    Ok(exit)
}

/// Writes the report of a run, and prints its path and what was not imported.
fn print_summary(imported: &Imported) -> anyhow::Result<Exit> {
    let report = outcome::report_quietly(&imported.folder)?;
    outcome::print(&format!("{}\n", imported.folder.display()))?;
    note_origin(imported);
    outcome::note(&format!("report: {}", report.page.display()));
    Ok(report.exit)
}

/// Definitions of elapsed times that were said: each is said once, however many files have it.
static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Says what was read.
fn note_origin(imported: &Imported) {
    let Some(origin) = &imported.manifest.origin else {
        return;
    };
    outcome::note(&format!(
        "{} requests of {} ({})",
        imported.samples,
        origin.file_names(),
        origin.format
    ));
    let elapsed = format!("elapsed time: {}", imported.manifest.elapsed);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(elapsed.clone()) {
        outcome::note(&elapsed);
    }
    for line in of_origin(origin) {
        outcome::note(&line);
    }
}

/// What of the rows is not in the run, and what a reader has to know, line by line.
fn of_origin(origin: &Origin) -> Vec<String> {
    let mut lines = Vec::new();
    for bad in &origin.bad_rows {
        lines.push(format!("not read: {}", BadRows::describe(bad)));
    }
    for left_out in &origin.left_out {
        lines.push(format!("left out: {} {}", left_out.count, left_out.what));
    }
    lines.extend(origin.notes.iter().map(|note| format!("note: {note}")));
    lines
}

/// What of result files is left out of the steady part, for commands that import them themselves.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Edges {
    /// Of result files of other tools: leave requests that start within this time from the first one out of the steady part.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration, default_value = "0s", hide_default_value = true)]
    warm_up: Duration,
    /// Of result files of other tools: leave requests that start within this time before the last one out of the steady part.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration, default_value = "0s", hide_default_value = true)]
    cool_down: Duration,
}

impl Edges {
    /// As options of the command line, each after a space.
    pub(crate) fn in_words(self) -> String {
        let options = [("warm-up", self.warm_up), ("cool-down", self.cool_down)];
        let given = options.iter().filter(|(_, time)| !time.is_zero());
        given
            .map(|(name, time)| format!(" --{name} {}", workbench_plan::format_duration(*time)))
            .collect()
    }
}

/// Replaces paths of other tools' files by the folders of their runs. Files are imported unless they were before. Other
/// paths, and files of unknown format, are not changed.
///
/// # Errors
/// A file that cannot be imported.
pub(crate) fn runs_of_files(
    paths: &[PathBuf],
    results: &Path,
    edges: Edges,
) -> anyhow::Result<Vec<PathBuf>> {
    runs_of(paths, paths, results, edges)
}

/// The same for one of several paths, which are named together.
pub(crate) fn run_of_file(
    path: &Path,
    among: &[PathBuf],
    results: &Path,
    edges: Edges,
) -> anyhow::Result<PathBuf> {
    let path = path.to_owned();
    let runs = runs_of(std::slice::from_ref(&path), among, results, edges)?;
    Ok(runs.into_iter().next().unwrap_or(path))
}

fn runs_of(
    paths: &[PathBuf],
    among: &[PathBuf],
    results: &Path,
    edges: Edges,
) -> anyhow::Result<Vec<PathBuf>> {
    if !paths.iter().any(|path| path.is_file()) {
        return Ok(paths.to_vec());
    }
    let importer = Importer::new(results)?;
    let files: Vec<PathBuf> = among
        .iter()
        .filter(|path| path.is_file())
        .cloned()
        .collect();
    let names: BTreeMap<PathBuf, String> = files.iter().cloned().zip(names_of(&files)).collect();
    let options = ImportOptions {
        warm_up: edges.warm_up,
        cool_down: edges.cool_down,
        ..ImportOptions::default()
    };
    let mut runs = Vec::with_capacity(paths.len());
    for path in paths {
        if !path.is_file() {
            runs.push(path.clone());
            continue;
        }
        let name = match names.get(path) {
            Some(name) => name.clone(),
            None => names_of(std::slice::from_ref(path)).concat(),
        };
        if let Some(run) = imported_before(path, &results.join(&name), &options)? {
            runs.push(run);
            continue;
        }
        match importer.import(std::slice::from_ref(path), &name, &options) {
            Ok(imported) => {
                note_origin(&imported);
                runs.push(imported.folder);
            }
            // The search for runs reports what it is.
            Err(error) if is_unknown(&error) => runs.push(path.clone()),
            Err(error) => return Err(error),
        }
    }
    Ok(runs)
}

/// Whether a file is not one of results at all.
fn is_unknown(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<ImportError>(),
        Some(ImportError::Unknown { .. } | ImportError::Empty { .. })
    )
}

/// The run of an experiment that a file was imported as with these options, if it was. Runs of another name are others: what
/// an experiment is called depends on the files that are given, and on nothing that was imported before.
fn imported_before(
    file: &Path,
    experiment: &Path,
    options: &ImportOptions,
) -> anyhow::Result<Option<PathBuf>> {
    let options = options.arguments();
    let hash = sha256_of(file).with_context(|| format!("cannot read {}", file.display()))?;
    let is_of_file = |run: &PathBuf| {
        let origin = Manifest::read(run)
            .ok()
            .and_then(|manifest| manifest.origin);
        origin.is_some_and(|origin| {
            let is_whole = origin.options == options && origin.files.len() == 1;
            is_whole && origin.files[0].sha256 == hash
        })
    };
    let entries = fs::read_dir(experiment).into_iter().flatten().flatten();
    let runs = entries.map(|entry| entry.path());
    // The oldest of several, independent of the file system's order.
    Ok(runs.filter(is_of_file).min())
}

/// Whether an import is running, which cleans up when it is stopped.
static IMPORTING: AtomicBool = AtomicBool::new(false);

/// Imports files, shows how far it is, and stops on Ctrl-C.
struct Importer<'a> {
    results: &'a Path,
    watch: Watch,
}

impl<'a> Importer<'a> {
    fn new(results: &'a Path) -> anyhow::Result<Self> {
        static WATCH: OnceLock<Watch> = OnceLock::new();
        let is_first = WATCH.get().is_none();
        let watch = WATCH.get_or_init(Watch::default).clone();
        if is_first {
            let stop = watch.stop.clone();
            ctrlc::set_handler(move || {
                // Before and after an import there is nothing to clean up.
                if !IMPORTING.load(Ordering::SeqCst) || stop.swap(true, Ordering::SeqCst) {
                    terminal::unpin();
                    terminal::drain();
                    std::process::exit(i32::from(Exit::Interrupted as u8));
                }
            })
            .context("cannot handle Ctrl-C")?;
        }
        Ok(Self { results, watch })
    }

    fn import(
        &self,
        files: &[PathBuf],
        name: &str,
        options: &ImportOptions,
    ) -> anyhow::Result<Imported> {
        let of = |file: &PathBuf| fs::metadata(file).map_or(0, |metadata| metadata.len());
        let total: u64 = files.iter().map(of).sum();
        self.watch.bytes.store(0, Ordering::Relaxed);
        let (done, ended) = channel::<()>();
        IMPORTING.store(true, Ordering::SeqCst);
        let imported = std::thread::scope(|scope| {
            scope.spawn(move || show_progress(name, total, &self.watch, &ended));
            let imported =
                workbench_samples::import::import(files, self.results, name, options, &self.watch);
            drop(done);
            imported
        });
        IMPORTING.store(false, Ordering::SeqCst);
        Ok(imported?)
    }
}

/// Shows how much was read until the import ends.
fn show_progress(name: &str, total: u64, watch: &Watch, ended: &std::sync::mpsc::Receiver<()>) {
    let can_pin = terminal::can_pin();
    let begun = Instant::now();
    let mut next = LINE_EVERY;
    while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        let bytes = watch.bytes.load(Ordering::Relaxed);
        let line = format!(
            "{name}: {} of {} MB read",
            bytes / 1_000_000,
            total.max(bytes) / 1_000_000
        );
        if can_pin {
            terminal::show(move || terminal::pin_one(&line));
        } else if begun.elapsed() >= next {
            next = begun.elapsed() + LINE_EVERY;
            terminal::show(move || terminal::write(&format!("{line}\n")));
        }
    }
    terminal::unpin();
}
