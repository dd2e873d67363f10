//! Functions that several verbs share: reading experiment files, analysing, reporting, printing.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;
use workbench_analysis::{
    Analysis, RunAnalysis, SweepAnalysis, SweepPointAnalysis, ThresholdStatus,
};
use workbench_plan::Plan;
use workbench_report::{COMPARISONS_FOLDER, Detail, TextOptions};
use workbench_samples::{CheckStatus, Outcome, Validity};

use crate::exit::Exit;
use crate::terminal;

/// Reads every file, and reports the mistakes of all of them.
pub(crate) fn read_plans(files: &[PathBuf]) -> anyhow::Result<Vec<Plan>> {
    let mut plans = Vec::with_capacity(files.len());
    let mut first_error = None;
    for file in files {
        match workbench_plan::read(file) {
            Ok(plan) => plans.push(plan),
            Err(error) => {
                if let Some(earlier) = first_error.replace(error) {
                    note(&format!("error: {:#}", anyhow::Error::from(earlier)));
                }
            }
        }
    }
    match first_error {
        None => Ok(plans),
        Some(error) => Err(error.into()),
    }
}

/// The output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For pull requests and job summaries.
    Markdown,
}

/// Options of a printed report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printed {
    pub(crate) format: Format,
    /// Of text.
    pub(crate) detail: Detail,
}

/// How much of a report is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Verbosity {
    /// Print everything that the report has as text.
    #[arg(long, short = 'v')]
    verbose: bool,
}

impl Verbosity {
    pub(crate) fn detail(self) -> Detail {
        if self.verbose {
            Detail::Verbose
        } else {
            Detail::Brief
        }
    }
}

/// Analyses one run, writes its report into its folder, and prints the result.
pub(crate) fn report(directory: &PathBuf, printed: Printed) -> anyhow::Result<Exit> {
    let analysis = workbench_analysis::analyze(std::slice::from_ref(directory))?;
    publish(&analysis, directory, printed)
}

/// One line for several runs, and one for each run with a problem.
pub(crate) fn in_a_line(reports: &[QuietReport]) -> String {
    let exceptions: Vec<String> = reports.iter().filter_map(exception).collect();
    let valid = |report: &&QuietReport| report.validity.as_ref().is_some_and(|it| it.valid);
    let valid = match reports.iter().filter(valid).count() {
        all if all == reports.len() => {
            let mut validities = reports.iter().filter_map(|it| it.validity.as_ref());
            if validities.all(Validity::is_complete) {
                "all valid".to_owned()
            } else {
                "of which no check failed that could be made".to_owned()
            }
        }
        some => format!("{some} of them valid"),
    };
    let warned = |report: &&QuietReport| {
        let mut checks = report.validity.iter().flat_map(|it| &it.checks);
        checks.any(|check| check.status == CheckStatus::Warning)
    };
    let warned = match reports.iter().filter(warned).count() {
        0 => String::new(),
        some => format!(", {some} with warnings"),
    };
    let mut text = format!(
        "{} runs, {valid}{warned}; the report of each: report.html in its folder",
        reports.len()
    );
    text.push_str(if exceptions.is_empty() {
        ".\n"
    } else {
        ". Look at:\n"
    });
    for exception in exceptions {
        let _infallible = writeln!(text, "  {exception}");
    }
    text.push('\n');
    text
}

/// The problem of a run, and its report's path; `None` without a problem.
fn exception(report: &QuietReport) -> Option<String> {
    let mut found = Vec::new();
    match &report.validity {
        Some(validity) if validity.valid => {}
        Some(_) => found.push("INVALID".to_owned()),
        None => found.push("not judged".to_owned()),
    }
    if !report.missed_thresholds.is_empty() {
        found.push(format!("missed {}", report.missed_thresholds.join(", ")));
    }
    if !report.undecided_thresholds.is_empty() {
        let undecided = report.undecided_thresholds.join(", ");
        found.push(format!("undecided {undecided}"));
    }
    found.extend(report.errors.clone());
    (!found.is_empty()).then(|| format!("{}  {}", found.join(", "), report.page.display()))
}

/// Compares several runs, and writes the result to a new folder, which is returned.
pub(crate) fn compare(
    directories: &[PathBuf],
    results: &Path,
    printed: Printed,
) -> anyhow::Result<(Exit, PathBuf)> {
    let analysis = workbench_analysis::analyze(directories)?;
    let parent = results.join(COMPARISONS_FOLDER);
    let folder = workbench_samples::create_dated_folder(&parent)
        .with_context(|| format!("cannot write results to {}", parent.display()))?;
    let exit = publish(&analysis, &folder, printed)?;
    Ok((exit, folder))
}

/// Analyses one run and writes its report without printing.
pub(crate) fn report_quietly(directory: &Path) -> anyhow::Result<QuietReport> {
    let analysis = workbench_analysis::analyze(&[directory.to_owned()])?;
    let that_are = |status| {
        let runs = analysis.runs.iter();
        runs.flat_map(|run| run.thresholds_that_are(status))
            .collect()
    };
    Ok(QuietReport {
        exit: exit(&analysis),
        missed_thresholds: that_are(ThresholdStatus::Missed),
        undecided_thresholds: that_are(ThresholdStatus::Undecided),
        errors: analysis.runs.iter().find_map(workbench_report::many_errors),
        page: write(&analysis, directory)?.html,
        validity: analysis.runs.into_iter().find_map(|run| run.validity),
    })
}

/// Summary of one of several runs.
pub(crate) struct QuietReport {
    pub(crate) exit: Exit,
    /// As written in the experiment.
    pub(crate) missed_thresholds: Vec<String>,
    pub(crate) undecided_thresholds: Vec<String>,
    /// A description of many failures.
    pub(crate) errors: Option<String>,
    pub(crate) page: PathBuf,
    /// The checks, with those of the analysis; `None` if the run has none.
    pub(crate) validity: Option<Validity>,
}

fn write(analysis: &Analysis, directory: &Path) -> anyhow::Result<workbench_report::Written> {
    let written = analysis
        .write(directory)
        .map_err(anyhow::Error::from)
        .and_then(|()| Ok(workbench_report::write(analysis, directory)?));
    written.with_context(|| {
        format!(
            "cannot write the report to {}; once it can be written, `workbench analyze` makes it of the samples",
            directory.display()
        )
    })
}

fn publish(analysis: &Analysis, directory: &Path, printed: Printed) -> anyhow::Result<Exit> {
    let written = write(analysis, directory);
    let document = || workbench_report::document(analysis, directory);
    // What was computed is printed even where it cannot be written.
    print(&match printed.format {
        Format::Text => {
            let text = document().text(text_options(printed.detail));
            match &written {
                Ok(written) => format!("{text}\nreport: {}\n", written.html.display()),
                Err(_) => text,
            }
        }
        Format::Json => json(analysis)?,
        Format::Markdown => document().markdown(),
    })?;
    written?;
    Ok(exit(analysis))
}

/// Serializes a value for programs.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// A sweep passes if any load meets its thresholds, since they serve to find the largest such load. It fails if none
/// does, and is undecided if a load is undecided. A single analysed load counts as its whole sweep.
fn exit(analysis: &Analysis) -> Exit {
    if analysis.runs.iter().any(|run| !is_believed(run)) {
        return Exit::RunInvalid;
    }
    let of_sweep = |sweep: &SweepAnalysis| {
        let points = &sweep.points;
        if sweep.thresholds.is_empty() || points.iter().any(|point| point.meets_thresholds) {
            Exit::Pass
        } else if points.iter().any(SweepPointAnalysis::is_undecided) {
            Exit::Inconclusive
        } else {
            Exit::ThresholdMissed
        }
    };
    let of_run = |run: &RunAnalysis| {
        let statuses = run
            .thresholds
            .iter()
            .map(|threshold| match threshold.status() {
                ThresholdStatus::Passed => Exit::Pass,
                ThresholdStatus::Missed => Exit::ThresholdMissed,
                ThresholdStatus::Undecided => Exit::Inconclusive,
            });
        statuses.fold(Exit::Pass, Exit::and)
    };
    let alone = |run: &&RunAnalysis| {
        let name = run.name();
        let mut points = analysis.sweeps.iter().flat_map(|sweep| &sweep.points);
        !points.any(|point| point.runs.iter().any(|it| it.run == name))
    };
    let sweeps = analysis.sweeps.iter().map(of_sweep);
    let runs = analysis.runs.iter().filter(alone).map(of_run);
    sweeps.chain(runs).fold(Exit::Pass, Exit::and)
}

/// Whether the run completed and is valid. An imported run without checks counts as valid.
fn is_believed(run: &RunAnalysis) -> bool {
    let valid = run.validity.as_ref().is_none_or(|it| it.valid);
    run.outcome == Outcome::Completed && valid
}

/// Prints to stderr. Neither a closed nor a blocked reader stops a run.
pub(crate) fn note(text: &str) {
    let line = format!("{text}\n");
    terminal::queue(move || terminal::write(&line));
}

/// Warns of secrets that are written in an experiment.
pub(crate) fn note_secrets(plan: &Plan) {
    for place in plan.literal_secrets() {
        note(&format!(
            "warning: {}: {place} holds its value in the clear; it is left out of what is stored. Write ${{env.NAME}} instead",
            plan.name
        ));
    }
}

/// Prints to stdout. A closed reader (`| head`) is not an error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    // On a terminal both streams share the output.
    terminal::drain();
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot print")
        }
        _ => Ok(()),
    }
}

/// Width without a terminal: that of the environment, or a default for logs.
fn width_of_pipe(columns: Option<&str>) -> u16 {
    let columns = columns.and_then(|columns| columns.trim().parse().ok());
    columns.filter(|columns| *columns > 0).unwrap_or(120)
}

/// Width and colour for the output stream.
pub(crate) fn text_options(detail: Detail) -> TextOptions {
    let terminal = console::Term::stdout();
    let width = if std::io::stdout().is_terminal() {
        terminal.size().1
    } else {
        width_of_pipe(std::env::var("COLUMNS").ok().as_deref())
    };
    TextOptions {
        width,
        colour: console::colors_enabled(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(valid: Option<bool>, missed: &[&str]) -> QuietReport {
        QuietReport {
            exit: Exit::Pass,
            missed_thresholds: missed.iter().map(|it| (*it).to_owned()).collect(),
            undecided_thresholds: Vec::new(),
            errors: None,
            page: PathBuf::from("results/a/1/report.html"),
            validity: valid.map(|valid| Validity {
                valid,
                checks: Vec::new(),
            }),
        }
    }

    #[test]
    fn runs_without_problems_need_one_line() {
        let reports = [report(Some(true), &[]), report(Some(true), &[])];
        assert_eq!(
            in_a_line(&reports),
            "2 runs, all valid; the report of each: report.html in its folder.\n\n"
        );
    }

    #[test]
    fn runs_that_are_not_are_named() {
        let mut failing = report(Some(true), &[]);
        failing.undecided_thresholds = vec!["p99 < 1s".to_owned()];
        failing.errors = Some("50.0% of the requests failed (1 of 2)".to_owned());
        let reports = [
            report(Some(true), &[]),
            report(Some(false), &[]),
            report(Some(true), &["p95 < 3 ms"]),
            report(None, &[]),
            failing,
        ];
        assert_eq!(
            in_a_line(&reports),
            "5 runs, 3 of them valid; the report of each: report.html in its folder. Look at:\n  \
             INVALID  results/a/1/report.html\n  \
             missed p95 < 3 ms  results/a/1/report.html\n  \
             not judged  results/a/1/report.html\n  \
             undecided p99 < 1s, 50.0% of the requests failed (1 of 2)  results/a/1/report.html\n\n"
        );
    }

    #[test]
    fn without_a_terminal_the_environment_gives_the_width() {
        assert_eq!(width_of_pipe(Some("80")), 80);
        for none in [None, Some(""), Some("wide"), Some("0"), Some("-3")] {
            assert_eq!(width_of_pipe(none), 120);
        }
    }
}
