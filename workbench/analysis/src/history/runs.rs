//! Reads a history from the folders of its runs.

use std::path::Path;

use jiff::Timestamp;

use super::judge::{HistoryOptions, Values, judge, mean};
use super::metric;
use super::model::{Break, History, Session, stretches};
use crate::between::{Typical, invalid_reasons, labels, value};
use crate::error::AnalysisError;
use crate::gate::{GateRun, differences, each_once, one_session, select};
use crate::model::{LatencyOf, Metric, TOTAL};

/// Reads a kept history, or any folder of runs. Runs of one session (of one series, or less than 10 minutes apart) give
/// one value. Invalid runs are left out, with a warning.
///
/// # Errors
/// A folder without valid runs, a repeated run, a label or metric that no run has, and I/O errors.
pub fn read_runs(folder: &Path, options: &HistoryOptions) -> Result<History, AnalysisError> {
    let selection = select(&[folder.to_owned()])?;
    let passed_over = selection.passed_over.iter().map(String::as_str);
    let mut warnings: Vec<String> = passed_over
        .chain(selection.absent.failed())
        .map(|what| format!("passed over: {what}"))
        .collect();
    let runs = selection.runs.iter().map(|run| GateRun::read(run));
    let mut runs = runs.collect::<Result<Vec<_>, _>>()?;
    each_once(&runs)?;
    runs.sort_by_key(|run| run.manifest.started_at);
    let mut newest_reasons = String::new();
    runs.retain(|run| {
        let invalid_reasons = invalid_reasons(&run.analysis);
        if !invalid_reasons.is_empty() {
            newest_reasons = format!("{}: {}", run.name(), invalid_reasons.join("; "));
            warnings.push(format!("left out: {newest_reasons}"));
        }
        invalid_reasons.is_empty()
    });
    if runs.is_empty() {
        return Err(AnalysisError::NoValidRuns(
            folder.to_owned(),
            newest_reasons,
        ));
    }
    let metrics = chosen_metrics(&options.metrics)?;
    let labels = chosen_labels(&options.labels, &runs)?;
    let sessions = sessions(&runs);
    let breaks = breaks(&sessions);
    let mut of_metrics = Vec::new();
    for label in &labels {
        for metric in Metric::of(label).filter(|metric| metrics.contains(metric)) {
            let name = metric::name(label, metric);
            let values: Vec<Option<f64>> = if metric == Metric::TypicalTime {
                let stretches = stretches(sessions.len(), &breaks, options.across_breaks);
                let stretches = stretches.map(|(from, to)| &sessions[from..to]);
                stretches.flat_map(typical_times).collect()
            } else {
                let of_run = |run: &GateRun| value(&run.analysis, label, metric, LatencyOf::All);
                let of_sessions = sessions.iter().map(|runs| of_session(runs, metric, of_run));
                of_sessions.collect()
            };
            if values.iter().all(Option::is_none) {
                warnings.push(format!("{name}: no session has enough requests for it"));
            } else {
                of_metrics.push((name, values));
            }
        }
    }
    let values = Values {
        source: folder.display().to_string(),
        breaks,
        sessions: sessions.iter().map(|runs| described(runs)).collect(),
        has_units: true,
        metrics: of_metrics,
        warnings,
    };
    judge(values, options).map_err(AnalysisError::Statistics)
}

fn chosen_metrics(words: &[String]) -> Result<Vec<Metric>, AnalysisError> {
    if words.is_empty() {
        return Ok(Metric::ALL.to_vec());
    }
    let find = |word: &String| {
        let found = Metric::ALL.into_iter().find(|it| it.as_str() == word);
        let all = || Metric::ALL.map(|it| it.as_str().to_owned()).to_vec();
        found.ok_or_else(|| AnalysisError::NoSuchMetric(word.clone(), all()))
    };
    words.iter().map(find).collect()
}

fn chosen_labels(chosen: &[String], runs: &[GateRun]) -> Result<Vec<String>, AnalysisError> {
    if chosen.is_empty() {
        return Ok(vec![TOTAL.to_owned()]);
    }
    let known = labels(runs.iter().map(|run| &run.analysis));
    match chosen.iter().find(|it| !known.contains(&it.as_str())) {
        Some(label) => Err(AnalysisError::NoSuchLabel(
            label.clone(),
            known.into_iter().map(str::to_owned).collect(),
        )),
        None => Ok(chosen.to_vec()),
    }
}

/// Splits runs in order of time into sessions.
fn sessions(runs: &[GateRun]) -> Vec<&[GateRun]> {
    let same = |one: &GateRun, next: &GateRun| {
        one_session(one, next).is_some() && differences(one, next).is_empty()
    };
    runs.chunk_by(same).collect()
}

/// The breaks: sessions whose first run is not comparable with the first of the session before.
fn breaks(sessions: &[&[GateRun]]) -> Vec<Break> {
    (1..sessions.len())
        .filter_map(|session| {
            let findings = differences(&sessions[session - 1][0], &sessions[session][0]);
            (!findings.is_empty()).then_some(Break { session, findings })
        })
        .collect()
}

/// Typical times of sessions that are compared: of the labels that all of them have.
fn typical_times(sessions: &[&[GateRun]]) -> Vec<Option<f64>> {
    let runs = sessions.iter().copied().flatten().map(|run| &run.analysis);
    let typical = Typical::of(&runs.collect::<Vec<_>>(), LatencyOf::All);
    let of_run = |run: &GateRun| typical.value(&run.analysis, LatencyOf::All);
    let of_sessions = sessions.iter();
    of_sessions
        .map(|runs| of_session(runs, Metric::TypicalTime, of_run))
        .collect()
}

/// The mean over the runs of a session that have a value: geometric, but of error rates.
fn of_session(
    runs: &[GateRun],
    metric: Metric,
    of_run: impl Fn(&GateRun) -> Option<f64>,
) -> Option<f64> {
    let values: Vec<f64> = runs.iter().filter_map(of_run).collect();
    let mean = || mean(&values, metric != Metric::ErrorRate);
    (!values.is_empty()).then(|| mean() / metric::unit(metric).1)
}

fn described(runs: &[GateRun]) -> Session {
    let first = &runs[0];
    let started_at = first.manifest.started_at.unwrap_or_default();
    let started_at = Timestamp::from_nanosecond(started_at.into());
    Session {
        started_at: started_at.unwrap_or_default().to_string(),
        commit: first.manifest.target.commit().map(str::to_owned),
        runs: runs.iter().map(GateRun::name).collect(),
    }
}
