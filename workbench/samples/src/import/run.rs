//! Creates the run folder of an import.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::collect::{Collected, Collector};
use super::error::ImportError;
use super::format::Format;
use super::input::Input;
use super::{FileFacts, ImportOptions, Watch, detect, first_path, read, steady_part};
use crate::error::SamplesError;
use crate::folder::create_dated_folder;
use crate::manifest::{
    Check, CheckStatus, Host, MANIFEST_VERSION, Manifest, Outcome, TargetRecord, Tool, Validity,
};
use crate::origin::{BadRows, Origin, OriginFile};
use crate::schema::SAMPLES_FOLDER;

/// A run that was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its folder.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// Requests that were read.
    pub samples: u64,
}

/// Imports files as one run of an experiment: `<results>/<name>/<id>`.
///
/// The manifest is written last, so that the folder of a killed import does not count as a run.
///
/// # Errors
/// See [`ImportError`]; the folder is removed then.
pub fn import(
    paths: &[PathBuf],
    results: &Path,
    name: &str,
    options: &ImportOptions,
    watch: &Watch,
) -> Result<Imported, ImportError> {
    // Files are opened before the folder is created.
    let mut inputs = Vec::with_capacity(paths.len());
    let wanted = options
        .format
        .or(options.columns.as_ref().map(|_| Format::Columns));
    if options.columns.is_some() && wanted != Some(Format::Columns) {
        return Err(ImportError::Options(
            "--columns is for tables of no known format: leave out --as".to_owned(),
        ));
    }
    let mut format = wanted;
    for path in paths {
        let input = Input::open(path, watch)?;
        let found = match wanted {
            Some(format) if !input.beginning().is_empty() => format,
            _ => detect::detect(&input)?,
        };
        let first = *format.get_or_insert(found);
        if first != found {
            return Err(ImportError::Options(format!(
                "{} is {}, and {} is {}: files of one run are of one format",
                first_path(paths).display(),
                first.title(),
                path.display(),
                found.title()
            )));
        }
        inputs.push(input);
    }
    let format =
        format.ok_or_else(|| ImportError::Options("there is no file to import".to_owned()))?;
    let parent = results.join(name);
    let folder = create_dated_folder(&parent).map_err(|source| SamplesError::Write {
        path: parent.clone(),
        source,
    })?;
    let imported = fill(&folder, name, format, inputs, options);
    if imported.is_err() {
        // The first error is returned, not one of the clean-up.
        let _ = fs::remove_dir_all(&folder);
        let _ = fs::remove_dir(&parent);
    }
    imported
}

fn fill(
    folder: &Path,
    name: &str,
    format: Format,
    inputs: Vec<Input>,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    let samples = folder.join(SAMPLES_FOLDER);
    let mut out = Collector::create(&samples)?;
    let mut facts = FileFacts::default();
    let mut files = Vec::with_capacity(inputs.len());
    let first = inputs.first().map(|input| input.path().to_owned());
    let first = first.unwrap_or_default();
    let rows = read_all(format, inputs, &mut out, options, (&mut facts, &mut files));
    let rows = rows.map(|()| out.rows());
    let (rows, read) = match rows {
        Ok(rows) => (rows, Ok(())),
        Err(error) => (0, Err(error)),
    };
    let mut collected = out.finish(read)?;
    let bad = std::mem::take(&mut collected.bad).into_rows();
    refuse_damaged(&first, &bad, rows, options)?;
    if collected.count == 0 {
        return Err(nothing_left(&first, &collected, &bad));
    }
    mark_edges(&samples, &collected, options)?;
    let origin = origin(format, &collected, &facts, (files, bad, rows), options);
    let mut manifest = manifest(folder, name, format, &collected, origin);
    if let Some(version) = facts.tool_version {
        manifest.tool.version = version;
    }
    if let Some(elapsed) = facts.elapsed {
        manifest.elapsed = elapsed;
    }
    manifest.write(folder)?;
    Ok(Imported {
        folder: folder.to_owned(),
        manifest,
        samples: collected.count,
    })
}

fn read_all(
    format: Format,
    inputs: Vec<Input>,
    out: &mut Collector,
    options: &ImportOptions,
    (facts, files): (&mut FileFacts, &mut Vec<OriginFile>),
) -> Result<(), ImportError> {
    for mut input in inputs {
        out.begin(input.path());
        let of_file = read(format, &mut input, out, options)?;
        if input.unfinished {
            facts.notes.push(format!(
                "the last line of {} has no end: its last field may be cut",
                input.path().display()
            ));
        }
        let path = input.path().to_owned();
        let (file, is_cut) = input.finish()?;
        if is_cut {
            facts.notes.push(format!(
                "the compressed data of {} end early: what came after is not in the run",
                path.display()
            ));
        }
        files.push(file);
        facts.add(of_file);
    }
    Ok(())
}

impl FileFacts {
    /// Merges the facts of several files.
    fn add(&mut self, other: Self) {
        for name in other.unknown {
            if !self.unknown.contains(&name) {
                self.unknown.push(name);
            }
        }
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        self.users = other.users;
        self.elapsed_tick = self.elapsed_tick.max(other.elapsed_tick);
        self.elapsed = other.elapsed.or(self.elapsed.take());
        self.tool_version = other.tool_version.or(self.tool_version.take());
    }
}

fn refuse_damaged(
    path: &Path,
    bad: &[BadRows],
    rows: u64,
    options: &ImportOptions,
) -> Result<(), ImportError> {
    let count: u64 = bad.iter().map(|bad| bad.count).sum();
    if count == 0 || count as f64 <= options.allowed_bad_rows * rows as f64 {
        return Ok(());
    }
    Err(ImportError::BadRows {
        path: path.to_owned(),
        bad: count,
        rows,
        allowed: 100.0 * options.allowed_bad_rows,
        kinds: describe(bad),
    })
}

fn describe(bad: &[BadRows]) -> String {
    let kinds: Vec<String> = bad.iter().map(BadRows::describe).collect();
    kinds.join("; ")
}

/// Why there is no request in files that were read.
fn nothing_left(path: &Path, collected: &Collected, bad: &[BadRows]) -> ImportError {
    let left_out = collected
        .left_out
        .iter()
        .map(|it| format!("{} {}", it.count, it.what));
    let mut reasons: Vec<String> = left_out.collect();
    if !bad.is_empty() {
        reasons.push(describe(bad));
    }
    ImportError::NoRequests {
        path: path.to_owned(),
        reason: if reasons.is_empty() {
            "there is a header and no row".to_owned()
        } else {
            reasons.join("; ")
        },
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn mark_edges(
    samples: &Path,
    collected: &Collected,
    options: &ImportOptions,
) -> Result<(), ImportError> {
    let ns = |time| i64::try_from(nanoseconds(time)).unwrap_or(i64::MAX);
    let from = collected.first_start.saturating_add(ns(options.warm_up));
    let to = collected.last_start.saturating_sub(ns(options.cool_down));
    if from > to {
        return Err(ImportError::Options(format!(
            "--warm-up and --cool-down leave nothing of a run in which requests start over {:.1} s",
            (collected.last_start - collected.first_start) as f64 / 1e9
        )));
    }
    Ok(steady_part::mark(samples, &collected.spans, (from, to))?)
}

fn origin(
    format: Format,
    collected: &Collected,
    facts: &FileFacts,
    (files, bad_rows, rows): (Vec<OriginFile>, Vec<BadRows>, u64),
    options: &ImportOptions,
) -> Origin {
    let mut notes = facts.notes.clone();
    if collected.relabelled > 0 {
        notes.push(format!(
            "{} rows have labels that are not UTF-8: their other bytes are shown as U+FFFD",
            collected.relabelled
        ));
    }
    let users = if collected.seconds.are_counted() {
        facts.users.to_owned()
    } else {
        "requests in flight: the files count no users".to_owned()
    };
    Origin {
        format: format.as_str().to_owned(),
        files,
        options: options.arguments(),
        warm_up_ns: nanoseconds(options.warm_up),
        cool_down_ns: nanoseconds(options.cool_down),
        rows,
        left_out: collected.left_out.clone(),
        bad_rows,
        start_resolution_ns: collected.start_tick,
        elapsed_resolution_ns: facts.elapsed_tick.max(1),
        users: Some(users),
        unknown: facts
            .unknown
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        notes,
    }
}

fn manifest(
    folder: &Path,
    name: &str,
    format: Format,
    collected: &Collected,
    origin: Origin,
) -> Manifest {
    let run_id = folder.file_name().unwrap_or_default();
    let unknown = || "unknown".to_owned();
    Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: run_id.to_string_lossy().into_owned(),
        experiment: name.to_owned(),
        series: None,
        tool: Tool {
            name: format.tool().to_owned(),
            version: unknown(),
            commit: None,
        },
        elapsed: format.elapsed().to_owned(),
        seed: 0,
        started_at: Some(collected.first_start),
        ended_at: Some(collected.last_end),
        host: Host {
            name: unknown(),
            kernel: unknown(),
            cpu: unknown(),
            cpus: 0,
            memory_bytes: 0,
        },
        target: TargetRecord {
            kind: unknown(),
            urls: BTreeMap::new(),
            details: BTreeMap::new(),
            requests_served: BTreeMap::new(),
        },
        limits: BTreeMap::new(),
        outcome: Outcome::Completed,
        validity: Some(validity(&origin)),
        users: collected
            .seconds
            .users(collected.first_start, collected.last_start),
        arrivals: Vec::new(),
        origin: Some(origin),
        segment: None,
        segments: Vec::new(),
    }
}

/// The validity checks of an imported run: how well it was read. Its planned load is unknown.
fn validity(origin: &Origin) -> Validity {
    let bad = origin.bad_row_count();
    let rows = Check {
        name: "rows".to_owned(),
        status: if bad == 0 {
            CheckStatus::Passed
        } else {
            CheckStatus::Warning
        },
        finding: if bad == 0 {
            format!("all {} rows could be read", origin.rows)
        } else {
            format!(
                "{bad} of {} rows could not be read: {}",
                origin.rows,
                describe(&origin.bad_rows)
            )
        },
    };
    let not_checked = |(name, finding): (&str, &str)| Check {
        name: name.to_owned(),
        status: CheckStatus::NotChecked,
        finding: finding.to_owned(),
    };
    let others = [
        ("load", "the file does not say which load was planned"),
        (
            "load generator",
            "the file does not say how busy the machine was that generated the load",
        ),
    ];
    Validity {
        valid: true,
        checks: [rows].into_iter().chain(others.map(not_checked)).collect(),
    }
}
