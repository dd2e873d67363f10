//! The processes that are measured.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use rustix::param::clock_ticks_per_second;
use serde::Deserialize;

/// A process that serves until it is stopped.
pub(crate) struct Server {
    child: Child,
    /// Those that answer: its own, or those that it has started.
    processes: Vec<u32>,
    urls: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Announcement {
    services: BTreeMap<String, String>,
    #[serde(default)]
    processes: Vec<u32>,
}

impl Server {
    /// The whole shop, on a database.
    pub(crate) fn shop(database: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bookstore"));
        command.args(["all", "--products", "100", "--stock", "100000000"]);
        command.args(["--free-ports", "--exit-with-stdin", "--database", database]);
        Self::start(command)
    }

    /// The bare handler, with the answers of a catalog.
    pub(crate) fn bare(catalog: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--bare", catalog]);
        Self::start(command)
    }

    /// The handler that asks one query, with a catalog's database.
    pub(crate) fn one_query(database: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--one-query", database]);
        Self::start(command)
    }

    /// The report's services.
    pub(crate) fn fast_api(python: &Path, database: &str) -> anyhow::Result<Self> {
        let services = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/fastapi/services.py");
        let mut command = Command::new(python);
        command.args([services, database]);
        Self::start(command)
    }

    fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command
            .env("RUST_LOG", "warn")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().context("no standard output")?;
        BufReader::new(output).read_line(&mut line)?;
        let announcement: Announcement =
            serde_json::from_str(&line).with_context(|| format!("it said {line:?}"))?;
        let mut processes = announcement.processes;
        if processes.is_empty() {
            processes.push(child.id());
        }
        Ok(Self {
            child,
            processes,
            urls: announcement.services,
        })
    }

    /// Where one of its services is.
    pub(crate) fn url(&self, service: &str) -> anyhow::Result<&str> {
        let url = self.urls.get(service).context("no such service")?;
        Ok(url)
    }

    /// What it has used of the processors so far.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        processor_time(&self.processes)
    }

    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        ensure!(self.child.wait()?.success(), "it did not end well");
        Ok(())
    }
}

/// Nothing stays behind when something else has failed.
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It has gone already, or goes with its standard input.
        let _ = self.child.wait();
    }
}

/// User and system time of processes.
pub(crate) fn processor_time(processes: &[u32]) -> anyhow::Result<Duration> {
    processes.iter().copied().map(time_of).sum()
}

fn time_of(process: u32) -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))
        .context("processor time is read from /proc, which only Linux has")?;
    // After the name, which may contain anything: utime and stime are fields 14 and 15 of all.
    let (_, fields) = text.rsplit_once(") ").context("no name")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_secs_f64(
        ticks as f64 / clock_ticks_per_second() as f64,
    ))
}

pub(crate) fn load_average() -> anyhow::Result<String> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}
