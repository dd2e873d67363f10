//! `workbench gate`: judges a candidate's runs against a baseline's, and ends with a code that CI can rely on.

mod output;
mod pick;

use std::path::PathBuf;

use clap::ValueEnum;
use workbench_analysis::gate::{
    self, AuditOptions, Conclusion, FailOn, GatedLabels, Level, Policy, PolicyChoices, Share, Sides,
};
use workbench_analysis::{LatencyOf, Metric};

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::outcome;
use crate::run::wrong_usage;
use output::Outputs;

/// Judge a candidate against a baseline, with a verdict and an exit code that can be believed.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  workbench run baseline.yaml candidate.yaml --repetitions 10
  workbench gate --series                   of the newest series: its first experiment is the baseline, its second the
                                            candidate
  workbench gate --series results/series/2026… --baseline shop#2 --candidate shop#1
  workbench gate --baseline results/series/2026…:shop --candidate results/series/2027…:shop
  workbench gate --baseline results/old --candidate results/new --margin 3% --metric p95,p99 --all-labels
  workbench gate --history baselines/shop --candidate results/shop/20261123T101500Z-4f2a --margin 10% --keep
  workbench gate --audit results/series/*   how often the gate alarms on series of two equal experiments

RUN is the folder of a run, a folder of runs such as results/shop, the folder of a series of one experiment, or \
SERIES:NAME for one experiment of a series.

A gated metric passes if it is shown to be no worse than the margin, fails if its verdict is one of --fail-on, and is \
open otherwise. 0: all pass. 10: one fails. 11: none fails, but one is open: not enough data is never a pass. 14: a run \
is invalid, or runs differ in machine, program, experiment (but for names, thresholds, URLs and faults), definition of \
elapsed time, or judged part; --force judges all the same and says so in every output. An audit ends with 10 where there \
are more alarms than the nominal rate explains, and with 11 where fewer than 20 comparisons show no more.

The policy file is YAML, its keys those of the flags: margin, error_rate_margin, alpha, metrics, labels (total, all or a \
list), fail_on, latency_of, minimum_runs. Flags come before it. workbench/README.md explains them."
)]
pub(crate) struct Arguments {
    /// Runs that are compared with; with --series, the name of an experiment in it.
    #[arg(long, value_name = "RUN", num_args = 1.., required_unless_present_any = ["series", "history", "audit"])]
    baseline: Vec<PathBuf>,
    /// Runs that are judged; with --series, the name of an experiment in it.
    #[arg(long, value_name = "RUN", num_args = 1.., required_unless_present_any = ["series", "audit"])]
    candidate: Vec<PathBuf>,
    /// A series that holds both sides: its folder, its id, or the newest one. Of two experiments the first is the
    /// baseline.
    #[arg(long, value_name = "SERIES", num_args = 0..=1, conflicts_with_all = ["history", "audit"])]
    series: Option<Option<PathBuf>>,
    /// A kept history, one run for each session, that a single candidate run is held against.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["baseline", "audit"])]
    history: Option<PathBuf>,
    /// Put the candidate into the history unless it was found to be what the policy fails on, or something speaks
    /// against it, forced or not.
    #[arg(long)]
    keep: bool,
    /// Count the gate's alarms on runs that differ in nothing: series of two equal experiments, or runs of one.
    #[arg(long, value_name = "RUN", num_args = 1.., conflicts_with_all = ["baseline", "candidate", "force"])]
    audit: Vec<PathBuf>,
    /// Audit: runs on either side, where runs of one experiment are dealt out; half of them by default.
    #[arg(long, value_name = "N", requires = "audit")]
    runs_per_side: Option<usize>,
    /// Audit: most comparisons of the same runs dealt out anew.
    #[arg(long, value_name = "N", requires = "audit", default_value_t = 1000)]
    reshuffles: u32,
    /// Audit: seed of the dealing.
    #[arg(long, value_name = "N", requires = "audit", default_value_t = 1)]
    audit_seed: u64,
    #[command(flatten)]
    policy: PolicyArguments,
    /// Judge in spite of invalid runs and of differences that make runs incomparable.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    results: ResultsFolder,
}

/// What the gate asks for.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Policy")]
struct PolicyArguments {
    /// A YAML file with the policy.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Relative change that does not matter [default: 5%].
    #[arg(long, value_name = "SHARE")]
    margin: Option<Share>,
    /// Change of an error rate that does not matter, as a difference [default: 0.1%].
    #[arg(long, value_name = "SHARE")]
    error_rate_margin: Option<Share>,
    /// Probability of a false alarm where nothing changed; a change smaller than the margin may still be called regressed
    /// [default: 5%].
    #[arg(long, value_name = "SHARE")]
    alpha: Option<Level>,
    /// Metrics besides the error rate [default: mean,p95].
    #[arg(long = "metric", value_name = "METRIC", value_delimiter = ',', value_parser = metric)]
    metrics: Vec<Metric>,
    /// A label; TOTAL is all requests together [default: TOTAL]. Can be given several times.
    #[arg(long = "label", value_name = "LABEL", conflicts_with = "all_labels")]
    labels: Vec<String>,
    /// Every label, and all requests together.
    #[arg(long)]
    all_labels: bool,
    /// Verdicts that fail [default: regressed].
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    fail_on: Vec<FailOnName>,
    /// Which requests' times count [default: all].
    #[arg(long, value_name = "REQUESTS")]
    latency_of: Option<LatencyOfName>,
    /// Fewer runs than this on either side are not judged [default: 3].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    minimum_runs: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum FailOnName {
    /// Worse, and not within the margin.
    Regressed,
    /// Regressed beyond margin: surely worse by more than it.
    StrictRegression,
    /// Better.
    Improved,
    /// Not shown to be no worse than the margin.
    Inconclusive,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LatencyOfName {
    /// All requests, failed ones too.
    All,
    /// Successful requests only.
    Success,
}

fn metric(word: &str) -> Result<Metric, String> {
    let found = Metric::ALL.into_iter().find(|it| it.as_str() == word);
    found.ok_or_else(|| {
        let words = Metric::ALL.map(Metric::as_str);
        format!("expected one of {}", words.join(", "))
    })
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    if arguments.keep && arguments.history.is_none() {
        // Clap takes what is required for granted where it is excluded by something else.
        wrong_usage("--keep is for --history");
    }
    let policy = arguments.policy.read()?;
    if !arguments.audit.is_empty() {
        return audit(arguments, &policy);
    }
    let picked = pick::pick(arguments)?;
    policy.check_labels(picked.baseline.iter().chain(&picked.candidate))?;
    let report = gate::judge(
        Sides {
            baseline: &picked.baseline,
            candidate: &picked.candidate,
            history: arguments.history.is_some(),
            absent: &picked.absent,
        },
        &policy,
        arguments.force,
    );
    let report = gate::GateReport {
        warnings: [picked.passed_over, report.warnings].concat(),
        ..report
    };
    arguments.outputs.gate(&report)?;
    if let (Some(history), true) = (&arguments.history, arguments.keep) {
        keep(history, &picked.candidate_folders, &report)?;
    }
    Ok(match report.conclusion {
        Conclusion::Passed => Exit::Pass,
        Conclusion::Failed => Exit::ThresholdMissed,
        Conclusion::Inconclusive => Exit::Inconclusive,
        Conclusion::Invalid => Exit::RunInvalid,
    })
}

fn keep(
    history: &std::path::Path,
    runs: &[PathBuf],
    report: &gate::GateReport,
) -> anyhow::Result<()> {
    if report.belongs_in_history() {
        let kept = gate::keep(&runs[0], history)?;
        outcome::note(&format!("kept: {}", kept.display()));
    } else {
        outcome::note(&format!("not kept: {}", runs[0].display()));
    }
    Ok(())
}

fn audit(arguments: &Arguments, policy: &Policy) -> anyhow::Result<Exit> {
    let (sources, passed_over) = pick::sources(&arguments.audit)?;
    policy.check_labels(sources.iter().flat_map(gate::AuditSource::runs))?;
    let mut report = gate::audit(
        &sources,
        policy,
        AuditOptions {
            runs_per_side: arguments.runs_per_side,
            reshuffles: arguments.reshuffles,
            seed: arguments.audit_seed,
        },
    );
    let told = passed_over
        .into_iter()
        .map(|what| format!("passed over: {what}"));
    report.notes.extend(told);
    arguments.outputs.audit(&report)?;
    Ok(match report.within_nominal {
        Some(true) => Exit::Pass,
        Some(false) => Exit::ThresholdMissed,
        None => Exit::Inconclusive,
    })
}

impl PolicyArguments {
    fn read(&self) -> anyhow::Result<Policy> {
        let file = match &self.policy {
            Some(path) => workbench_plan::read_settings::<PolicyChoices>(path)?,
            None => PolicyChoices::default(),
        };
        Ok(self.choices().or(file).policy())
    }

    fn choices(&self) -> PolicyChoices {
        let fail_on = |name: &FailOnName| match name {
            FailOnName::Regressed => FailOn::Regressed,
            FailOnName::StrictRegression => FailOn::StrictRegression,
            FailOnName::Improved => FailOn::Improved,
            FailOnName::Inconclusive => FailOn::Inconclusive,
        };
        PolicyChoices {
            margin: self.margin,
            error_rate_margin: self.error_rate_margin,
            alpha: self.alpha,
            metrics: given(&self.metrics),
            labels: if self.all_labels {
                Some(GatedLabels::All)
            } else {
                given(&self.labels).map(GatedLabels::Listed)
            },
            fail_on: given(&self.fail_on.iter().map(fail_on).collect::<Vec<_>>()),
            latency_of: self.latency_of.map(|name| match name {
                LatencyOfName::All => LatencyOf::All,
                LatencyOfName::Success => LatencyOf::Success,
            }),
            minimum_runs: self.minimum_runs,
        }
    }
}

/// A flag that was not given is an empty list.
fn given<T: Clone>(values: &[T]) -> Option<Vec<T>> {
    (!values.is_empty()).then(|| values.to_vec())
}
