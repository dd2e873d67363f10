//! `workbench export`: a run's samples in the formats of other tools.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use workbench_samples::export::{CSV_COLUMNS, ExportError, ExportFormat, export};
use workbench_samples::{MANIFEST_FILE, Manifest};

use crate::exit::Exit;
use crate::outcome;

/// The file that means standard output.
const STDOUT: &str = "-";

/// Write a run's samples in the format of another tool.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench export results/shop/20261123T101500Z-4f2a                    JMeter's CSV, beside the run's report
  workbench export results/shop/2026… --format csv --output shop.csv     every column, times in nanoseconds
  workbench export results/shop/2026… --format k6-json --output - | gzip > shop.json.gz

  jtl      JMeter's CSV with the columns of its version 5; times in whole milliseconds
  csv      every column of the samples
  k6-json  http_req_… points; http_req_duration is without connecting, as k6 counts it
  hdr      a HdrHistogram log: of each second a histogram for every label, in nanoseconds, to three digits

`workbench import` reads all of them.")]
pub(crate) struct Arguments {
    /// Folder of a run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// What is written.
    #[arg(long, value_name = "FORMAT", value_parser = format, default_value = "jtl")]
    format: ExportFormat,
    /// File that is written, `-` for standard output [default: samples.jtl, .csv, .jsonl or .hlog in the run's folder].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn format(name: &str) -> Result<ExportFormat, String> {
    let found = ExportFormat::ALL.into_iter().find(|it| it.as_str() == name);
    found.ok_or_else(|| {
        let names = ExportFormat::ALL.map(ExportFormat::as_str);
        let why = match name {
            "k6-csv" => "k6's CSV is read and not written, for it has no fractions of seconds; ",
            _ => "",
        };
        format!("{why}expected one of {}", names.join(", "))
    })
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let run = &arguments.run;
    workbench_analysis::combine_segments(run)?;
    if !run.join(MANIFEST_FILE).is_file() {
        anyhow::bail!(
            "{} is not the folder of a run: it has no {MANIFEST_FILE}",
            run.display()
        );
    }
    Manifest::read(run)?;
    let format = arguments.format;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| run.join(format.file_name()));
    if output.as_os_str() == STDOUT {
        let mut to = BufWriter::new(io::stdout().lock());
        let written = export(run, format, &mut to).and_then(|_| Ok(to.flush()?));
        return match written {
            // A closed reader (`| head`) is not an error.
            Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                Ok(Exit::Pass)
            }
            written => {
                written?;
                Ok(Exit::Pass)
            }
        };
    }
    let count = write_file(run, format, &output)?;
    outcome::print(&format!("{}\n", output.display()))?;
    let loses = format.loses();
    let loses = if loses.is_empty() {
        String::new()
    } else {
        format!("; {loses}")
    };
    outcome::note(&format!("{count} requests{loses}"));
    if format == ExportFormat::Csv {
        outcome::note(&format!("to import it: --columns {CSV_COLUMNS}"));
    }
    Ok(Exit::Pass)
}

/// Writes a file that appears once it is complete.
fn write_file(run: &Path, format: ExportFormat, output: &Path) -> anyhow::Result<u64> {
    let folder = output.parent().filter(|it| !it.as_os_str().is_empty());
    let cannot = || format!("cannot write {}", output.display());
    let file =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).with_context(cannot)?;
    let mut to = BufWriter::new(file);
    let count = export(run, format, &mut to)?;
    let file = to
        .into_inner()
        .map_err(|error| error.into_error())
        .with_context(cannot)?;
    // The permissions of an ordinarily created file.
    let permissions = File::open(run.join(MANIFEST_FILE)).and_then(|it| it.metadata());
    if let Ok(metadata) = permissions {
        let _ = file.as_file().set_permissions(metadata.permissions());
    }
    file.persist(output)
        .map_err(|error| error.error)
        .with_context(cannot)?;
    Ok(count)
}
