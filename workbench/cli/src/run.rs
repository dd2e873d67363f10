//! `workbench run`: runs experiments, then analyses them and writes their reports.

mod options;
mod runner;
mod segment;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::CommandFactory;
use workbench_load::RunDirectory;
use workbench_plan::{Plan, Segment};
use workbench_samples::{CheckStatus, Outcome, SeriesOrder};

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::live::Address;
use crate::live::page::Server;
use crate::outcome::{Format, Printed, Verbosity};
use crate::storage::{StoreArgument, Upload};
use crate::{outcome, series, terminal};
pub(crate) use options::draw_seed;
use options::{OrderName, order};
pub(crate) use runner::{Runner, bookstore_command, quiet_goose, remains, tool};
pub(crate) use segment::Part;
use segment::StartAt;

/// Run experiments, keep every sample, and report.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench run experiments/smoke.yaml
  workbench run experiments/scenario1.yaml experiments/scenario2.yaml --results /tmp/results
  workbench run a.yaml b.yaml --repetitions 5 --pause 5s     A B, B A, A B, B A, A B
  workbench run a.yaml b.yaml --repetitions 5 --order random --order-seed 7
  workbench run a.yaml b.yaml --repetitions 10 --order together   A and B at the same time, ten times
  workbench run a.yaml b.yaml --until-decided --order together    5, 10, 15 or 20 times, until the gate decides
  workbench run experiments/scalability.yaml                 every point of a sweep
  workbench run --resume                                     continue the newest series
  workbench run a.yaml --live                                watch it in a browser
  workbench run a.yaml --start-at +30s                       begin in half a minute
  workbench run a.yaml --segment 3/10 --start-at 2026-11-27T10:15:00Z   the third of ten parts of its load
  workbench run a.yaml --store s3://bucket/load               copied to object storage while it is made

With --repetitions the runs are a series, recorded in DIR/series/<id>/series.json. In ABBA order every second block is \
the mirror of the one before; with more than two files each pair of blocks also begins one file further (A B C, C B A, \
B C A, A C B, …). The target is fresh for every run: the bundled bookstore is started anew, running services get the \
experiment's reset requests. An invalid run is kept and named, but not repeated.

An experiment with a sweep is run at each of its points. This is always a series: of one block without --repetitions, and \
in random order unless --order is given.

With --segment the process runs a part of the load. Each user and each arrival belongs to one segment, and keeps its \
number, random values and rows of data files of the undivided run. A shell, Slurm, Kubernetes or CI can start segments: \
they share only the experiment file and --start-at or --run-id. Each writes DIR/EXPERIMENT/RUN/segment-K-of-N; \
`workbench analyze DIR/EXPERIMENT/RUN` joins them to one run and judges it. Each segment starts a bundled bookstore of \
its own: to load one target from all, give its URLs.

Ctrl-C ends the run, keeps its samples, and reports on it; a series can be resumed. A second Ctrl-C exits at once. \
SIGTERM and SIGHUP do the same.")]
pub(crate) struct Arguments {
    /// Experiment files, run one after the other.
    #[arg(required_unless_present = "resume", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Run every experiment, and every point of a sweep, N times, in blocks that hold each of them once.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    repetitions: Option<NonZeroU32>,
    /// Ask the gate after 5, 10, 15, … blocks, and end the series as soon as it decides; the first experiment is the baseline.
    #[arg(long, conflicts_with = "repetitions")]
    until_decided: bool,
    /// Maximum number of blocks of --until-decided [default: 20].
    #[arg(long, value_name = "N")]
    most: Option<u32>,
    /// Policy of --until-decided, as for `gate --policy`; recorded before the first run, and then fixed.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Order of the runs within a block [default: abba; random with a sweep].
    #[arg(long, value_enum)]
    order: Option<OrderName>,
    /// Seed of a random order; drawn unless given, and recorded.
    #[arg(long, value_name = "N")]
    order_seed: Option<u64>,
    /// Pause between two runs, for the machine to settle: 5s, 1m30s.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration)]
    pause: Option<Duration>,
    /// End the series with its first invalid run.
    #[arg(long)]
    stop_on_invalid: bool,
    /// Continue a series that was interrupted: its id or folder, or the newest one.
    #[arg(
        long,
        value_name = "SERIES",
        num_args = 0..=1,
        conflicts_with_all = ["files", "order", "order_seed", "pause", "stop_on_invalid", "start_at"]
    )]
    resume: Option<Option<String>>,
    /// Start at a time (RFC 3339) or after a delay (+30s), with the target and all users ready by then.
    #[arg(long, value_name = "TIME", value_parser = segment::start_at)]
    start_at: Option<StartAt>,
    /// Run one of N equal parts of the load, such as 3/10; `analyze` judges the whole run.
    #[arg(long, value_name = "K/N", conflicts_with_all = ["repetitions", "until_decided", "resume"])]
    segment: Option<Segment>,
    /// The run that a segment belongs to: the name of its folder [default: the time of --start-at].
    #[arg(long, value_name = "ID", requires = "segment", value_parser = segment::run_id)]
    run_id: Option<String>,
    /// Serve a page that shows the runs while they are made, and print its address; --live=ADDRESS serves it at another port or
    /// address, to everybody who reaches that.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = Address::LOOPBACK)]
    live: Option<Address>,
    /// Accept any certificate of a service (curl's -k); recorded, and a warning in every report.
    #[arg(long, short = 'k')]
    insecure: bool,
    /// Resume even if the experiments, the machine or this program have changed; the changes are recorded.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    verbosity: Verbosity,
    #[command(flatten)]
    results: ResultsFolder,
    #[command(flatten)]
    store: StoreArgument,
}

/// The message for an address that was given in place of an experiment file.
const ADDRESS_OF_LIVE: &str = "--live takes its address after an equals sign: --live=";

impl Arguments {
    /// Refuses an address after a space, which clap parses as a file.
    fn refuse_addresses_as_files(&self) {
        let text = |file: &PathBuf| file.to_str().map(str::to_owned);
        let is_address = |text: &String| {
            text.parse::<u16>().is_ok() || text.parse::<std::net::SocketAddr>().is_ok()
        };
        if self.live.is_some()
            && let Some(address) = self.files.iter().filter_map(text).find(is_address)
        {
            wrong_usage(&format!("{ADDRESS_OF_LIVE}{address}"));
        }
    }

    /// The runner, with the live page if requested.
    fn runner(&self, upload: &Upload) -> anyhow::Result<Runner> {
        let mut runner = Runner::start(&self.results.results, self.insecure)?.copied_by(upload);
        if let Some(address) = &self.live {
            runner.live = Some(Server::start(address)?);
        }
        Ok(runner)
    }
}

fn at_least_one(text: &str) -> Result<NonZeroU32, String> {
    let number: u32 = text.parse().map_err(|_| "not a whole number".to_owned())?;
    NonZeroU32::new(number).ok_or_else(|| "at least 1".to_owned())
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let upload = arguments.store.upload(&arguments.results.results)?;
    let made = make(arguments, &upload);
    // Uploads the results whatever the outcome.
    upload.finish_after(made)
}

fn make(arguments: &Arguments, upload: &Upload) -> anyhow::Result<Exit> {
    let results = &arguments.results.results;
    arguments.refuse_addresses_as_files();
    if let Some(id) = &arguments.resume {
        arguments.refuse_to_change_what_is_fixed();
        let series = series::reopen(results, id.as_deref(), arguments.force)?;
        for (name, plan) in series.missing() {
            check_limits(name, plan)?;
        }
        series.check_together()?;
        return series::make(series, &arguments.runner(upload)?);
    }
    if arguments.force {
        wrong_usage("--force is for --resume");
    }
    // All files are checked before the first one runs.
    let plans = outcome::read_plans(&arguments.files)?;
    plans.iter().for_each(outcome::note_secrets);
    if let Some(segment) = arguments.segment {
        if let Some(option) = arguments.option_of_series() {
            wrong_usage(&format!(
                "{option} is for a series, and a segment is part of one run"
            ));
        }
        return segment::run(arguments, segment, &plans, upload);
    }
    for (point, plan) in plans.iter().flat_map(Plan::points) {
        let at = point.map_or_else(String::new, |point| format!(" at {point}"));
        let name = format!("{}{at}", plan.name);
        check_limits(&name, &plan)?;
        if let Some(warning) = without_users(&plan) {
            outcome::note(&format!("warning: {name}: {warning}"));
        }
    }
    let swept = plans.iter().any(|plan| plan.sweep.is_some());
    let until_decided = arguments.until_decided(plans.len(), swept)?;
    if arguments.repetitions.is_none() && until_decided.is_none() && !swept {
        if let Some(option) = arguments.option_of_series() {
            wrong_usage(&format!(
                "{option} needs --repetitions, --until-decided or an experiment with a sweep"
            ));
        }
        let printed = Printed {
            format: Format::Text,
            detail: arguments.verbosity.detail(),
        };
        if arguments.start_at.is_some() && plans.len() > 1 {
            wrong_usage("--start-at is for one experiment");
        }
        let part = Part {
            segment: None,
            start_at: arguments.start_time(),
        };
        let runner = arguments.runner(upload)?;
        return one_by_one(&plans, &runner, part, printed);
    }
    if arguments.start_at.is_some() {
        wrong_usage("--start-at is for one run, not for a series");
    }
    let options = series::Options {
        repetitions: match (&until_decided, arguments.repetitions) {
            (Some(until_decided), _) => until_decided.looks.last().copied().unwrap_or(1),
            (None, repetitions) => repetitions.map_or(1, NonZeroU32::get),
        },
        order: order(arguments, swept)?,
        pause: arguments.pause.unwrap_or_default(),
        stop_on_invalid: arguments.stop_on_invalid,
        until_decided,
    };
    if matches!(options.order, SeriesOrder::Together { .. }) {
        if swept {
            wrong_usage("--order together is for experiments without a sweep");
        }
        if plans.len() < 2 {
            wrong_usage(
                "--order together needs two experiments or more; a file can be given twice",
            );
        }
    }
    let given: Vec<series::Given> = arguments
        .files
        .iter()
        .zip(plans)
        .map(|(file, plan)| series::Given {
            file: file.clone(),
            plan,
            urls: BTreeMap::new(),
        })
        .collect();
    if let Some(until_decided) = &options.until_decided {
        series::check_that_it_can_pass(&given, until_decided)?;
    }
    let series = series::create(results, &given, &options)?;
    series::make(series, &arguments.runner(upload)?)
}

/// Exits as clap does, for rules that clap cannot express: a flag cannot require one that excludes the files, and clap
/// does not know their content.
pub(crate) fn wrong_usage(message: &str) -> ! {
    terminal::drain();
    let mut command = crate::Arguments::command();
    // Built, so that it has the usage of its verbs.
    command.build();
    let given = command.clone().try_get_matches();
    let verb = given
        .ok()
        .and_then(|it| it.subcommand_name().map(str::to_owned));
    let of_verb = verb.and_then(|verb| command.find_subcommand(&verb).cloned());
    of_verb
        .unwrap_or(command)
        .error(clap::error::ErrorKind::ArgumentConflict, message)
        .exit()
}

/// Runs each plan once and compares them.
fn one_by_one(
    plans: &[Plan],
    runner: &Runner,
    part: Part,
    printed: Printed,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Pass;
    let mut directories = Vec::new();
    for (position, plan) in plans.iter().enumerate() {
        let directory = RunDirectory::create(&runner.results, &plan.name)
            .inspect_err(|_| not_run(&plans[position + 1..]))?;
        let finished = runner.load(plan, directory, None, part)?;
        let finished = finished.inspect_err(|_| not_run(&plans[position + 1..]))?;
        match (
            outcome::report(&finished.directory, printed),
            &finished.outcome,
        ) {
            (Ok(reported), _) => {
                exit = exit.and(reported);
                runner.show_report(&plan.name, &finished.directory);
            }
            // Nothing was sent: the run is invalid, and the other runs continue.
            (Err(_), Outcome::Completed) if !finished.validity.valid => {
                let checks = finished.validity.checks.iter();
                let failed = checks.filter(|check| check.status == CheckStatus::Failed);
                let reasons: Vec<String> = failed
                    .map(|check| format!("{}: {}", check.name, check.finding))
                    .collect();
                outcome::note(&format!(
                    "error: {} is invalid, and has nothing to report: {}",
                    plan.name,
                    reasons.join("; ")
                ));
                exit = exit.and(Exit::RunInvalid);
                continue;
            }
            (Err(error), Outcome::Completed) => return Err(error),
            // The run may have been stopped before its first request; the reason of its end is reported.
            (Err(error), _) => outcome::note(&format!("error: {error:#}")),
        }
        if let Outcome::Failed(why) = &finished.outcome {
            outcome::note(&format!("error: {why}"));
        }
        exit = exit.and(runner.stopped());
        directories.push(finished.directory);
        if runner.stop.is_stopped() {
            not_run(&plans[position + 1..]);
            return Ok(exit);
        }
    }
    if directories.len() > 1 {
        let (compared, folder) = outcome::compare(&directories, &runner.results, printed)?;
        runner.show_report("comparison", &folder);
        exit = exit.and(compared);
    }
    Ok(exit)
}

/// Checks the limits of all plans before the first run.
pub(crate) fn check_limits(name: &str, plan: &Plan) -> anyhow::Result<()> {
    workbench_load::check_limits(plan).with_context(|| format!("cannot run {name}"))
}

/// Describes scenarios without users.
fn without_users(plan: &Plan) -> Option<String> {
    let unplayed = plan.scenarios_without_users();
    (!unplayed.is_empty()).then(|| {
        format!(
            "there are too few users for the weights of its scenarios: none plays {}",
            unplayed.join(", ")
        )
    })
}

/// Names the experiments that an early end leaves out.
fn not_run(plans: &[Plan]) {
    for plan in plans {
        outcome::note(&format!("not run: {}", plan.name));
    }
}
