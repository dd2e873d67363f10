//! Monitored processes and endpoints.

use url::Url;

use super::Check;
use crate::diagnostic::Diagnostic;
use crate::file::format::{MonitorFile, ValueFile};
use crate::file::source::Node;
use crate::plan::{Monitor, WatchedProcess};
use crate::template::without_variables;

/// No process of Linux has a higher number (proc(5), `pid_max`).
const HIGHEST_PID: u32 = 1 << 22;

pub(super) fn monitor(check: &mut Check<'_>, file: &MonitorFile, node: &Node) -> Option<Monitor> {
    let processes = node.get("processes");
    let processes: Vec<_> = (0..)
        .zip(&file.processes)
        .map(|(index, file)| check.resolved(process(file), processes.index(index)))
        .collect();
    let prometheus = node.get("prometheus");
    let prometheus: Vec<_> = (0..)
        .zip(&file.prometheus)
        .map(|(index, text)| check.resolved(endpoint(text), prometheus.index(index)))
        .collect();
    // Checked after the loop, so that every entry is checked.
    let monitor = Monitor {
        processes: processes.into_iter().collect::<Option<_>>()?,
        prometheus: prometheus.into_iter().collect::<Option<_>>()?,
    };
    if let Some(index) = repeated(&monitor.processes) {
        let place = node.get("processes").index(index).place();
        return check.note(place, "this process is watched already");
    }
    if let Some(index) = repeated(&monitor.prometheus) {
        let place = node.get("prometheus").index(index).place();
        return check.note(place, "this endpoint is watched already");
    }
    Some(monitor)
}

/// Position of the first element that repeats an earlier one.
fn repeated<T: PartialEq>(list: &[T]) -> Option<usize> {
    (1..list.len()).find(|index| list[..*index].contains(&list[*index]))
}

fn process(file: &ValueFile) -> Result<WatchedProcess, Diagnostic> {
    match file {
        ValueFile::Integer(number) => u32::try_from(*number)
            .ok()
            .filter(|pid| (1..=HIGHEST_PID).contains(pid))
            .map(WatchedProcess::Pid)
            .ok_or_else(|| {
                Diagnostic::new(format!(
                    "{number} is no number of a process: these are from 1 to {HIGHEST_PID}"
                ))
            }),
        ValueFile::Text(name) if name.trim().is_empty() => {
            Err(Diagnostic::new("a process has a name: nginx"))
        }
        ValueFile::Text(name) if name.contains('/') => {
            let last = name.rsplit('/').next().unwrap_or_default();
            Err(Diagnostic::new(format!(
                "a process is found by its name, without the path: \"{last}\""
            )))
        }
        ValueFile::Text(number) if number.bytes().all(|digit| digit.is_ascii_digit()) => {
            Err(Diagnostic::new(format!(
                "the number of a process stands without quotes: {number}"
            )))
        }
        ValueFile::Text(name) => Ok(WatchedProcess::Name(name.clone())),
    }
}

fn endpoint(text: &str) -> Result<String, Diagnostic> {
    without_variables(text, "the URL of an endpoint")?;
    let refuse = |reason: &str| {
        Err(Diagnostic::new(format!(
            "\"{text}\" is not the URL of a Prometheus endpoint{reason}; write it as http://host:port/metrics"
        )))
    };
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return refuse(&format!(": {error}")),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(": it is kept with the results, and may hold no user or password");
    }
    Ok(text.to_owned())
}
