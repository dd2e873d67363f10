//! `workbench gate`: judges a candidate's runs against a baseline's, and ends with a code that CI can rely on.

pub(crate) mod output;
mod pick;

use std::path::{Path, PathBuf};

use workbench_analysis::gate::{self, AuditOptions, Conclusion, Policy, Sides};
use workbench_report::gate::Made;

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::import::{Edges, runs_of_files};
use crate::outcome;
use crate::policy::PolicyArguments;
use crate::run::wrong_usage;
use output::{Outputs, command_line};

/// Judge a candidate's runs against a baseline's, with a verdict and an exit code.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench run baseline.yaml candidate.yaml --repetitions 10
  workbench gate --series                   of the newest series: its first experiment is the baseline, its second the
                                            candidate
  workbench gate --series results/series/2026… --baseline shop#2 --candidate shop#1
  workbench gate --baseline results/series/2026…:shop --candidate results/series/2027…:shop
  workbench gate --baseline results/old --candidate results/new --margin 3% --metric p95,p99 --all-labels
  workbench gate --baseline base*.jtl --candidate cand*.jtl   files of JMeter; see `workbench import --help`
  workbench gate --history baselines/shop --candidate results/shop/20261123T101500Z-4f2a --margin 10% --keep
  workbench gate --plan results/series/2026…      runs and minutes that it takes to find a change
  workbench gate --audit results/series/*   how often the gate alarms on series of two equal experiments

RUN is the folder of a run, a folder of runs such as results/shop, the folder of a series of one experiment, SERIES:NAME \
for one experiment of a series, or a result file of another tool, which is imported once.

A gated metric passes if it is shown to be no worse than the margin, fails if its verdict is one of --fail-on, and is \
open otherwise. 0: all pass. 10: one fails. 11: none fails, but one is open: not enough data is never a pass. 14: a run \
is invalid, or runs differ in machine, program, experiment (except for names, thresholds, URLs and faults), definition of \
elapsed time, or judged part; --force gives a verdict nevertheless and marks every output. An audit ends with \
10 if there are more alarms than the nominal rate explains, and with 11 if there are not and it had fewer than 20 comparisons.

The policy file is YAML, its keys those of the flags: margin, error_rate_margin, alpha, pairs, metrics, labels (total, all \
or a list), fail_on, latency_of, not_required, minimum_runs. Flags override it. docs/policy.md explains them.")]
pub(crate) struct Arguments {
    /// Runs of the baseline; with --series, the name of its experiment.
    #[arg(long, value_name = "RUN", num_args = 1.., required_unless_present_any = ["series", "history", "audit", "plan"])]
    baseline: Vec<PathBuf>,
    /// Runs of the candidate; with --series, the name of its experiment.
    #[arg(long, value_name = "RUN", num_args = 1.., required_unless_present_any = ["series", "audit", "plan"])]
    candidate: Vec<PathBuf>,
    /// A series that holds both sides: its folder, its id, or the newest one. Of two experiments the first is the
    /// baseline.
    #[arg(long, value_name = "SERIES", num_args = 0..=1, conflicts_with_all = ["history", "audit"])]
    series: Option<Option<PathBuf>>,
    /// A history, with one run for each session, that a single candidate run is compared with.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["baseline", "audit"])]
    history: Option<PathBuf>,
    /// Copy the candidate into the history, unless the policy fails on its verdict or the comparison is invalid, forced or
    /// not.
    #[arg(long)]
    keep: bool,
    /// Count the gate's false alarms, on series of two equal experiments, or on runs of one.
    #[arg(long, value_name = "RUN", num_args = 1.., conflicts_with_all = ["baseline", "candidate", "force", "junit", "comment", "html"])]
    audit: Vec<PathBuf>,
    /// Print how many runs, and how much time, it takes to find a change on this machine, from series of two equal experiments
    /// or from runs of one.
    #[arg(long, value_name = "RUN", num_args = 1.., conflicts_with_all = ["baseline", "candidate", "series", "history", "audit", "force", "junit", "comment", "html"])]
    plan: Vec<PathBuf>,
    /// Audit: runs on each side, if runs of one experiment are divided; half of them by default.
    #[arg(long, value_name = "N", requires = "audit")]
    runs_per_side: Option<usize>,
    /// Audit: maximum number of comparisons of reshuffled runs.
    #[arg(long, value_name = "N", requires = "audit", default_value_t = 1000)]
    reshuffles: u32,
    /// Audit: seed of the reshuffling.
    #[arg(long, value_name = "N", requires = "audit", default_value_t = 1)]
    audit_seed: u64,
    #[command(flatten)]
    policy: PolicyArguments,
    /// Judge despite invalid runs, and despite differences that make runs incomparable.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    edges: Edges,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    results: ResultsFolder,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let gated = gated(arguments);
    if let Err(error) = &gated {
        arguments.outputs.no_verdict(error)?;
    }
    gated
}

fn gated(arguments: &Arguments) -> anyhow::Result<Exit> {
    if arguments.keep && arguments.history.is_none() {
        // Clap does not enforce a required option that another option excludes.
        wrong_usage("--keep is for --history");
    }
    let policy = arguments.policy.read()?;
    if !arguments.audit.is_empty() {
        return audit(arguments, &policy);
    }
    if !arguments.plan.is_empty() {
        return plan(arguments, &policy);
    }
    let picked = pick::pick(arguments)?;
    if picked.absent.agreed().is_some() && arguments.policy.is_given() {
        wrong_usage(
            "the policy of this series was fixed before its first run: leave out what says otherwise",
        );
    }
    let (report, folders) = conclude(picked, &policy, arguments)?;
    let sides = [&arguments.baseline, &arguments.candidate];
    if arguments.series.is_none() && sides.iter().all(|side| !side.is_empty()) {
        let runs = sides
            .into_iter()
            .flatten()
            .map(|run| workbench_report::quoted(&run.display().to_string()));
        let runs = runs.collect::<Vec<_>>().join(" ");
        let edges = arguments.edges.in_words();
        outcome::note(&format!(
            "charts of these runs: workbench analyze {runs}{edges}"
        ));
    }
    if let (Some(history), true) = (&arguments.history, arguments.keep) {
        keep(history, &folders, &report)?;
    }
    Ok(exit(report.conclusion))
}

/// Judges the two experiments of a series, the first one as the baseline, by the policy that it recorded.
pub(crate) fn of_series(
    folder: &Path,
    policy: &Policy,
    outputs: &Outputs,
    is_resumed: bool,
) -> anyhow::Result<Exit> {
    let report = judged(pick::pick_series(folder)?, policy, false, false)?;
    let series = workbench_report::quoted(&folder.display().to_string());
    let stored = (STORED_RUNS, format!("workbench gate --series {series}"));
    let new = ("This makes new runs and judges them:", command_line(None));
    let made = Made {
        commands: (!is_resumed)
            .then_some(new)
            .into_iter()
            .chain([stored])
            .collect(),
        series: Some(folder),
    };
    outputs.gate(&report, &made)?;
    Ok(exit(report.conclusion))
}

/// Judges results of other tools, runs or folders of runs.
pub(crate) fn of_paths(
    [baseline, candidate]: [&Path; 2],
    (results, edges): (&Path, Edges),
    policy: &Policy,
    outputs: &Outputs,
) -> anyhow::Result<Exit> {
    let picked = pick::pick_paths(baseline, candidate, results, edges)?;
    let report = judged(picked, policy, false, false)?;
    outputs.gate(&report, &of_stored_runs(None))?;
    Ok(exit(report.conclusion))
}

/// Heads the command that judges runs which are there.
const STORED_RUNS: &str = "This judges the stored runs again:";

fn of_stored_runs(series: Option<&Path>) -> Made<'_> {
    Made {
        commands: vec![(STORED_RUNS, command_line(series))],
        series,
    }
}

fn conclude(
    picked: pick::Picked,
    policy: &Policy,
    arguments: &Arguments,
) -> anyhow::Result<(gate::GateReport, Vec<PathBuf>)> {
    let folders = picked.candidate_folders.clone();
    let series = picked.series.clone();
    let report = judged(picked, policy, arguments.history.is_some(), arguments.force)?;
    let made = of_stored_runs(series.as_deref());
    arguments.outputs.gate(&report, &made)?;
    Ok((report, folders))
}

fn judged(
    picked: pick::Picked,
    policy: &Policy,
    history: bool,
    force: bool,
) -> anyhow::Result<gate::GateReport> {
    policy.check_labels(picked.baseline.iter().chain(&picked.candidate))?;
    let report = gate::judge(
        Sides {
            baseline: &picked.baseline,
            candidate: &picked.candidate,
            history,
            absent: &picked.absent,
        },
        policy,
        force,
    );
    Ok(gate::GateReport {
        warnings: [picked.passed_over, report.warnings].concat(),
        ..report
    })
}

fn exit(conclusion: Conclusion) -> Exit {
    match conclusion {
        Conclusion::Passed => Exit::Pass,
        Conclusion::Failed => Exit::ThresholdMissed,
        Conclusion::Inconclusive => Exit::Inconclusive,
        Conclusion::Invalid => Exit::RunInvalid,
    }
}

fn keep(history: &Path, runs: &[PathBuf], report: &gate::GateReport) -> anyhow::Result<()> {
    if report.belongs_in_history() {
        let kept = gate::keep(&runs[0], history)?;
        outcome::note(&format!("kept: {}", kept.display()));
    } else {
        outcome::note(&format!("not kept: {}", runs[0].display()));
    }
    Ok(())
}

fn audit(arguments: &Arguments, policy: &Policy) -> anyhow::Result<Exit> {
    let (sources, passed_over) = pick::sources(&runs_of_files(
        &arguments.audit,
        &arguments.results.results,
        arguments.edges,
    )?)?;
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
    let notes = passed_over
        .into_iter()
        .map(|what| format!("passed over: {what}"));
    report.notes.extend(notes);
    arguments.outputs.audit(&report)?;
    Ok(match report.within_nominal {
        Some(true) => Exit::Pass,
        Some(false) => Exit::ThresholdMissed,
        None => Exit::Inconclusive,
    })
}

fn plan(arguments: &Arguments, policy: &Policy) -> anyhow::Result<Exit> {
    let (sources, passed_over) = pick::sources(&runs_of_files(
        &arguments.plan,
        &arguments.results.results,
        arguments.edges,
    )?)?;
    policy.check_labels(sources.iter().flat_map(gate::AuditSource::runs))?;
    let mut report = gate::plan(&sources, policy);
    let notes = passed_over
        .into_iter()
        .map(|what| format!("passed over: {what}"));
    report.notes.extend(notes);
    arguments.outputs.plan(&report)?;
    Ok(Exit::Pass)
}
