//! `workbench show`: recorded requests and responses, as JMeter's View Results Tree shows them.

mod pager;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use workbench_analysis::{Analysis, RunAnalysis, analyze_run, gate};
use workbench_report::{Detail, ExchangeCount, ShownExchanges};
use workbench_samples::{ErrorKind, Exchange, Failures, MANIFEST_FILE, Reason};

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::outcome;

/// The kind of successful exchanges.
const GOOD: &str = "ok";

/// Print recorded requests and responses: examples of failed ones, and the first good one of each label.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench show results/scenario3                    the newest run: one of each kind of error
  workbench show scenario3 --kind expect              all of this kind of error
  workbench show scenario3 --label order --kind ok    how it looks when it works
  workbench show scenario3 --reason \"out of stock\"    all that failed for this reason
  workbench show scenario3 --format json | jq '.exchanges[].response.start'

A run records ten exchanges of each label and kind of error, chosen at random over the run, and the first good one of each \
label. Bodies are cut at 16 KiB; secrets, credentials and cookies are replaced by [redacted]. Counts are of all requests.

On a terminal the text goes through $PAGER, or `less -R` if it is installed.")]
pub(crate) struct Arguments {
    /// Folder of a run; or folder or name of an experiment, for its newest run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Only exchanges of this label, or of all labels that contain this text.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Only exchanges with this kind of error, or `ok`.
    #[arg(long, value_parser = PossibleValuesParser::new(kinds()))]
    kind: Option<String>,
    /// Only exchanges whose reason contains this text.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// What is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Do not use a pager.
    #[arg(long)]
    no_pager: bool,
    #[command(flatten)]
    results: ResultsFolder,
}

/// What is printed for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
}

fn kinds() -> Vec<&'static str> {
    let kinds = ErrorKind::ALL.map(ErrorKind::as_str);
    std::iter::once(GOOD).chain(kinds).collect()
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let directory = find(&arguments.run, &arguments.results.results)?;
    let recorded = Failures::read(&directory)?;
    let run = analysed(&directory)?;
    let choice = Choice::of(arguments, &run)?;
    let shown = choice.of_run(&run, recorded.as_ref());
    if arguments.format == Format::Json {
        outcome::print(&outcome::json(&shown)?)?;
        return Ok(Exit::Pass);
    }
    let notes = choice.notes(&run, recorded.as_ref(), &shown);
    let text = workbench_report::exchanges_text(
        &run,
        &shown,
        &notes,
        outcome::text_options(Detail::Verbose),
    );
    pager::print(&text, arguments.no_pager)?;
    Ok(Exit::Pass)
}

/// A run's own folder, or the newest run of an experiment's.
fn find(path: &Path, results: &Path) -> anyhow::Result<PathBuf> {
    workbench_analysis::combine_segments(path)?;
    if path.join(MANIFEST_FILE).is_file() {
        return Ok(path.to_owned());
    }
    let of_experiment = results.join(path);
    let folder = if !path.exists() && of_experiment.is_dir() {
        of_experiment
    } else {
        path.to_owned()
    };
    let selection = gate::select(std::slice::from_ref(&folder))?;
    // Runs are named by their time.
    let newest = selection.runs.into_iter().max();
    newest.with_context(|| format!("{} holds no runs", folder.display()))
}

/// The analysis of the run, which is computed if it does not exist.
fn analysed(directory: &Path) -> anyhow::Result<RunAnalysis> {
    // An unreadable one is of another version, or of a killed run.
    let written = Analysis::read(directory).ok();
    match written.and_then(|analysis| analysis.runs.into_iter().next()) {
        Some(run) => Ok(run),
        None => Ok(analyze_run(directory)?),
    }
}

/// The selection of exchanges.
struct Choice<'a> {
    /// `None` where all are.
    labels: Option<Vec<String>>,
    kind: Option<&'a str>,
    reason: Option<String>,
}

impl<'a> Choice<'a> {
    fn of(arguments: &'a Arguments, run: &RunAnalysis) -> anyhow::Result<Self> {
        let labels = arguments.label.as_deref().map(|wanted| labels(wanted, run));
        Ok(Self {
            labels: labels.transpose()?,
            kind: arguments.kind.as_deref(),
            reason: arguments.reason.as_deref().map(str::to_lowercase),
        })
    }

    fn is_everything(&self) -> bool {
        self.labels.is_none() && self.kind.is_none() && self.reason.is_none()
    }

    fn has(&self, label: &str, kind: Option<&str>) -> bool {
        let label_fits = self
            .labels
            .as_ref()
            .is_none_or(|it| it.iter().any(|it| it == label));
        let kind_fits = self.kind.is_none_or(|it| it == kind.unwrap_or(GOOD));
        label_fits && kind_fits
    }

    fn has_reason(&self, reason: &str) -> bool {
        let wanted = self.reason.as_ref();
        wanted.is_none_or(|wanted| reason.to_lowercase().contains(wanted))
    }

    fn of_run<'r>(
        &self,
        run: &'r RunAnalysis,
        recorded: Option<&'r Failures>,
    ) -> ShownExchanges<'r> {
        let all = recorded.map_or(&[][..], |it| &it.exchanges);
        let reasons = recorded.map_or(&[][..], |it| &it.reasons).iter();
        let mut reasons: Vec<&Reason> = reasons
            .filter(|it| self.has(&it.label, Some(it.kind.as_str())))
            .filter(|it| self.has_reason(it.reason.as_deref().unwrap_or_default()))
            .collect();
        reasons.sort_by_key(|it| Reverse(it.count));
        let exchanges = if self.is_everything() {
            let mut kinds = ErrorKind::ALL;
            kinds.sort_by_key(|kind| {
                let of_kind = reasons.iter().filter(|it| it.kind == *kind);
                Reverse(of_kind.map(|it| it.count).sum::<u64>())
            });
            let kinds = kinds.into_iter();
            kinds
                .filter_map(|kind| recorded?.example_of(kind))
                .collect()
        } else {
            let exchanges = all.iter().filter(|it| {
                self.has(&it.label, it.kind.map(ErrorKind::as_str)) && self.has_reason(&it.reason)
            });
            exchanges.collect()
        };
        let counts = counts(run, all).into_iter();
        ShownExchanges {
            run: run.name(),
            counts: counts.filter(|it| self.has(it.label, it.kind)).collect(),
            reasons,
            exchanges,
        }
    }

    /// Notes on the shown exchanges.
    fn notes(
        &self,
        run: &RunAnalysis,
        recorded: Option<&Failures>,
        shown: &ShownExchanges<'_>,
    ) -> Vec<String> {
        let note = match (recorded, shown.exchanges.is_empty()) {
            (None, _) => {
                "This run has recorded no exchanges: there is no failures/exchanges.json in its folder. An earlier workbench or \
                 another tool made it, or it ended before its first response."
            }
            (Some(_), true) if self.is_everything() && run.total.errors == 0 => {
                "No request failed. The first good exchange of each label: --kind ok"
            }
            (Some(_), true) => "None of these was recorded.",
            (Some(_), false) if self.is_everything() => {
                "One example of each kind of error follows; --label, --kind and --reason show others."
            }
            (Some(_), false) => return Vec::new(),
        };
        vec![note.to_owned()]
    }
}

/// The label with this name, or those that contain the text.
fn labels(wanted: &str, run: &RunAnalysis) -> anyhow::Result<Vec<String>> {
    let all: Vec<String> = run.requests.iter().map(|it| it.request.clone()).collect();
    if all.iter().any(|label| label == wanted) {
        return Ok(vec![wanted.to_owned()]);
    }
    let part = wanted.to_lowercase();
    let some: Vec<String> = all
        .iter()
        .filter(|label| label.to_lowercase().contains(&part))
        .cloned()
        .collect();
    anyhow::ensure!(
        !some.is_empty(),
        "no label of the run contains {wanted:?}; its labels: {}",
        all.join(", ")
    );
    Ok(some)
}

/// Numbers of requests by label and kind, successful ones first.
fn counts<'r>(run: &'r RunAnalysis, recorded: &[Exchange]) -> Vec<ExchangeCount<'r>> {
    let recorded = |label: &str, kind: Option<&str>, status| {
        let same = |it: &&Exchange| {
            it.label == label
                && it.kind.map(ErrorKind::as_str) == kind
                && (kind.is_none() || self::status(it) == status)
        };
        recorded.iter().filter(same).count() as u64
    };
    let mut counts = Vec::new();
    for row in &run.requests {
        let label = &*row.request;
        counts.push(ExchangeCount {
            label,
            kind: None,
            status: None,
            count: row.samples - row.errors,
            recorded: recorded(label, None, None),
        });
        let errors = run.errors.iter().filter(|it| it.request == label);
        counts.extend(errors.map(|it| ExchangeCount {
            label,
            kind: Some(&it.error),
            status: it.status,
            count: it.count,
            recorded: recorded(label, Some(&it.error), it.status),
        }));
    }
    counts
}

/// The status of a response, from its first line.
fn status(exchange: &Exchange) -> Option<u16> {
    let start = &exchange.response.as_ref()?.start;
    start.split(' ').nth(1)?.parse().ok()
}
