//! `workbench calibrate`: the measurement error on this machine.
//!
//! This program is also the server (`server`), in its own process. It delays its responses by times drawn from user and
//! iteration, and logs the actual times. Everything else is the normal pipeline: a plan read from YAML, a run by
//! `workbench_load`, samples in Parquet, the analysis of the run. First the capacity is measured, with users without a
//! pause and a server without a delay; then arrivals at shares of it, with a delaying server; last arrivals at a server
//! that stands still for a second. `workbench_analysis::calibration` compares each run with the server's log (`log`).

mod log;
mod server;

use std::path::Path;

use anyhow::{Context, bail};
use tempfile::TempDir;
use workbench_analysis::calibration::{
    Aims, Calibration, Conclusion, LoadRun, SCHEMA_VERSION, ServerLog, freeze, load_point,
};
use workbench_load::{RunDirectory, StopReason};
use workbench_report::{Detail, calibration as report};
use workbench_samples::Outcome;

use crate::exit::Exit;
use crate::outcome::{self, Format};
use crate::run::{Part, Runner, tool};
use server::{Behaviour, Process};

/// Measure the error of measured times on this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench calibrate                      about 90 seconds
  workbench calibrate --quick              about 10 seconds: shows that it works; too short for a judgement
  workbench calibrate --format markdown >> \"$GITHUB_STEP_SUMMARY\"

A server on this machine delays its responses by known times and records what it did with every request. Measured times are \
compared with this record at 500 requests per second and at 10 to 90% of this machine's capacity, arrivals with their \
intended times, and response times across a standstill of one second with the exact ones. Server and load generator share \
the processors; with a target on another machine the errors are smaller.

0: all aims are met. 14: one is missed, so runs on this machine cannot be believed to that precision. 11: one is missed, \
but other programs used more than 10% of the processors meanwhile, or other guests of the host more than 2%: calibrate \
again on a quiet machine. docs/calibrate.md explains the tables.")]
pub(crate) struct Arguments {
    /// Only 500 per second, 10 and 50 % of the capacity, a second each.
    #[arg(long)]
    quick: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(subcommand)]
    process: Option<ProcessArguments>,
}

/// The role of a child process.
#[derive(Debug, clap::Subcommand)]
enum ProcessArguments {
    /// The server of a calibration.
    #[command(hide = true)]
    Serve(Behaviour),
}

/// Log-normal, with a long tail: p99 is 20 ms, p99.9 is 44 ms.
const LATENCY: &str = "lognormal(2ms,1)";
/// Users of the capacity run, and most users of arrivals: about three times the mean number of waiting requests at
/// 100,000 arrivals per second, so that without a pause they exceed the capacity of current machines.
const USERS: u32 = 1_000;

/// Arrivals per second of the smallest load and across the standstill, and most users of the latter. After the
/// standstill the server answers five times as many per second.
const FREEZE_RATE: u32 = 500;
const FREEZE_USERS: u32 = 50;
const FREEZE_LATENCY: &str = "constant(20ms)";

/// Loads and durations of a calibration.
struct Length {
    shares: &'static [f64],
    capacity: &'static str,
    load: &'static str,
    freeze: &'static str,
    freeze_after: &'static str,
}

const FULL: Length = Length {
    shares: &[0.1, 0.3, 0.5, 0.7, 0.9],
    capacity: "5s",
    load: "10s",
    freeze: "10s",
    freeze_after: "5s",
};

const QUICK: Length = Length {
    shares: &[0.1, 0.5],
    capacity: "1s",
    load: "1s",
    freeze: "3s",
    freeze_after: "1s",
};

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    if let Some(ProcessArguments::Serve(behaviour)) = arguments.process {
        return server::serve(behaviour);
    }
    let length = if arguments.quick { QUICK } else { FULL };
    let bench = Bench::new()?;
    match bench.calibrate(&length) {
        Ok(calibration) => print(&calibration, &arguments),
        // The reason of the early end was reported before.
        Err(_) if bench.runner.stopped() == Exit::Interrupted => Ok(Exit::Interrupted),
        Err(error) => Err(error),
    }
}

fn print(calibration: &Calibration, arguments: &Arguments) -> anyhow::Result<Exit> {
    outcome::print(&match arguments.format {
        Format::Text => report::document(calibration).text(outcome::text_options(Detail::Verbose)),
        Format::Json => outcome::json(calibration)?,
        Format::Markdown => report::document(calibration).markdown(),
    })?;
    Ok(match calibration.conclusion() {
        Conclusion::Met => Exit::Pass,
        // Too short for a conclusion.
        Conclusion::Missed if arguments.quick => Exit::Inconclusive,
        Conclusion::Missed => Exit::RunInvalid,
        Conclusion::Undecided => Exit::Inconclusive,
    })
}

/// The folder and runner of calibration runs. The folder is removed when this is dropped.
struct Bench {
    results: TempDir,
    runner: Runner,
}

/// A run of a calibration.
struct Load<'a> {
    name: String,
    title: String,
    /// Of the experiment file, `threads` or `arrivals`.
    schedule: String,
    server: &'a [&'a str],
}

impl Bench {
    fn new() -> anyhow::Result<Self> {
        let results = tempfile::tempdir().context("cannot create a folder for the results")?;
        let runner = Runner::start(results.path(), false)?;
        Ok(Self { results, runner })
    }

    fn calibrate(&self, length: &Length) -> anyhow::Result<Calibration> {
        let point = |load: &Load<'_>, share, arrivals_per_s| {
            let (directory, log) = self.load(load)?;
            anyhow::Ok(load_point(&LoadRun {
                directory: &directory,
                log: &log,
                share,
                arrivals_per_s,
            })?)
        };
        let capacity = Load {
            name: "capacity".to_owned(),
            title: "requests without a pause".to_owned(),
            schedule: format!(
                "threads: [ {{ start: {USERS}, hold: {} }} ]",
                length.capacity
            ),
            server: &["--latency", LATENCY],
        };
        let capacity = point(&capacity, 1.0, None)?;
        let mut loads = Vec::new();
        let few = f64::from(FREEZE_RATE) / capacity.rate_per_s;
        let mut shares = [&[few], length.shares].concat();
        shares.sort_by(f64::total_cmp);
        for share in &shares {
            let rate = (share * capacity.rate_per_s).round().max(1.0);
            let load = Load {
                name: format!("load-{:.0}", share * 100.0),
                title: format!("{rate} arrivals per second"),
                schedule: arrivals(rate, "exponential", length.load, USERS),
                server: &["--latency", LATENCY],
            };
            loads.push(point(&load, *share, Some(rate))?);
        }
        let rate = f64::from(FREEZE_RATE);
        let standstill = Load {
            name: "standstill".to_owned(),
            title: "the server stands still for a second".to_owned(),
            schedule: arrivals(rate, "even", length.freeze, FREEZE_USERS),
            server: &[
                "--latency",
                FREEZE_LATENCY,
                "--freeze-after",
                length.freeze_after,
                "--freeze-for",
                "1s",
            ],
        };
        let (directory, log) = self.load(&standstill)?;
        Ok(Calibration {
            schema_version: SCHEMA_VERSION,
            tool: tool(),
            host: workbench_load::describe_host(),
            latency: LATENCY.to_owned(),
            capacity,
            loads,
            freeze: freeze(&directory, &log, rate, FREEZE_USERS)?,
            aims: Aims::default(),
        })
    }

    /// Makes one run against its own server. Returns the run's folder and the server's log.
    fn load(&self, load: &Load<'_>) -> anyhow::Result<(std::path::PathBuf, ServerLog)> {
        let server = Process::start(load.server)?;
        let text = format!(
            "name: {}\ntitle: {}\nquestion: How far is what is reported from what is true?\nseed: 1\n\
             target: {{ urls: {{ server: \"http://{}\" }} }}\n{}\n\
             scenarios:\n- name: one\n  steps:\n  - request: GET server/${{user}}/${{iteration}}\n",
            load.name, load.title, server.address, load.schedule
        );
        let plan = workbench_plan::parse(&text, Path::new("calibration.yaml"))?;
        let directory = RunDirectory::create(self.results.path(), &plan.name)?;
        let finished = self
            .runner
            .load(&plan, directory, None, Part::default())??;
        let log = server.finish()?;
        match finished.outcome {
            Outcome::Completed => Ok((finished.directory, log)),
            _ => match self.runner.stop.reason() {
                Some(StopReason::TargetEnded(why) | StopReason::SamplesNotWritten(why)) => {
                    bail!("{why}")
                }
                _ => bail!("the run {} did not come to its end", load.name),
            },
        }
    }
}

/// Arrivals, in an experiment file.
fn arrivals(rate: f64, gaps: &str, hold: &str, max_users: u32) -> String {
    format!("arrivals: {{ rate: {rate}/s, hold: {hold}, gaps: {gaps}, max_users: {max_users} }}")
}
