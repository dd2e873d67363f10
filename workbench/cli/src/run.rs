//! `workbench run`: runs experiments, then analyses them and writes their reports.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use clap::{CommandFactory, ValueEnum};
use tokio::runtime::Runtime;
use workbench_load::{
    BookstoreCommand, FinishedRun, LoadError, RunDirectory, RunOptions, StopReason, StopSignal,
};
use workbench_plan::{Order, Plan};
use workbench_samples::{CheckStatus, Outcome, SeriesPlace, Tool};

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::outcome::Format;
use crate::progress::InSeries;
use crate::{outcome, progress, series, terminal};

/// Run experiments, keep every sample, and report.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench run experiments/smoke.yaml
  workbench run experiments/scenario1.yaml experiments/scenario2.yaml --results /tmp/results
  workbench run a.yaml b.yaml --repetitions 5 --pause 5s     A B, B A, A B, B A, A B
  workbench run a.yaml b.yaml --repetitions 5 --order random --order-seed 7
  workbench run experiments/scalability.yaml                 every point of a sweep
  workbench run --resume                                     go on with the newest series

With --repetitions the runs are a series, kept in DIR/series/<id>/series.json. In ABBA order every second block is \
the mirror of the one before; with more than two files each pair of blocks also begins one file further (A B C, C B A, \
B C A, A C B, …). The target is fresh for every run: the bundled bookstore is started anew, running services are sent \
the experiment's reset requests. An invalid run is kept and named, but not repeated.

An experiment with a sweep is run at each of its points: always a series, of one block without --repetitions, and in \
random order unless --order says otherwise.

Ctrl-C ends the run, keeps what there is, and reports on it; a series can be resumed. A second Ctrl-C leaves at once. \
SIGTERM and SIGHUP do the same.")]
pub(crate) struct Arguments {
    /// Experiment files, run one after the other.
    #[arg(required_unless_present = "resume", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Run every experiment, and every point of a sweep, N times, in blocks that hold each of them once.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    repetitions: Option<NonZeroU32>,
    /// How the runs of a block are ordered: abba, or random where an experiment has a sweep.
    #[arg(long, value_enum)]
    order: Option<OrderName>,
    /// Seed of the random order; drawn where it is not given, and recorded.
    #[arg(long, value_name = "N")]
    order_seed: Option<u64>,
    /// Time left between two runs, for the machine to settle: 5s, 1m30s.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration)]
    pause: Option<Duration>,
    /// End the series with its first invalid run.
    #[arg(long)]
    stop_on_invalid: bool,
    /// Go on with a series that was interrupted: its id, or the newest one.
    #[arg(
        long,
        value_name = "SERIES",
        num_args = 0..=1,
        conflicts_with_all = ["files", "repetitions", "order", "order_seed", "pause", "stop_on_invalid"]
    )]
    resume: Option<Option<String>>,
    /// Accept whatever certificate a service presents (curl's -k); recorded, and a warning in every report.
    #[arg(long, short = 'k')]
    insecure: bool,
    /// Resume although the experiments, the machine or this program have changed; the changes are recorded.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    results: ResultsFolder,
}

fn at_least_one(text: &str) -> Result<NonZeroU32, String> {
    let number: u32 = text.parse().map_err(|_| "not a whole number".to_owned())?;
    NonZeroU32::new(number).ok_or_else(|| "at least 1".to_owned())
}

/// Names of the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OrderName {
    /// Every second block is the mirror of the one before.
    Abba,
    /// Each block is a random permutation.
    Random,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let results = &arguments.results.results;
    if let Some(id) = &arguments.resume {
        let series = series::reopen(results, id.as_deref(), arguments.force)?;
        for (name, plan) in series.missing() {
            check_limits(name, plan)?;
        }
        return series::make(series, &Runner::start(results, arguments.insecure)?);
    }
    if arguments.force {
        wrong_usage("--force is for --resume");
    }
    // All files are checked before the first one runs.
    let plans = outcome::read_plans(&arguments.files)?;
    plans.iter().for_each(outcome::note_secrets);
    for (point, plan) in plans.iter().flat_map(Plan::points) {
        let at = point.map_or_else(String::new, |point| format!(" at {point}"));
        let name = format!("{}{at}", plan.name);
        check_limits(&name, &plan)?;
        if let Some(warning) = without_users(&plan) {
            outcome::note(&format!("warning: {name}: {warning}"));
        }
    }
    let swept = plans.iter().any(|plan| plan.sweep.is_some());
    if arguments.repetitions.is_none() && !swept {
        if let Some(option) = arguments.option_of_series() {
            wrong_usage(&format!(
                "{option} needs --repetitions or an experiment with a sweep"
            ));
        }
        return one_by_one(&plans, &Runner::start(results, arguments.insecure)?);
    }
    let options = series::Options {
        repetitions: arguments.repetitions.map_or(1, NonZeroU32::get),
        order: order(arguments, swept)?,
        pause: arguments.pause.unwrap_or_default(),
        stop_on_invalid: arguments.stop_on_invalid,
    };
    let series = series::create(results, &arguments.files, &plans, &options)?;
    series::make(series, &Runner::start(results, arguments.insecure)?)
}

impl Arguments {
    /// One that says how a series is to be made. Whether there is a series is known only from the files.
    fn option_of_series(&self) -> Option<&'static str> {
        [
            ("--order", self.order.is_some()),
            ("--order-seed", self.order_seed.is_some()),
            ("--pause", self.pause.is_some()),
            ("--stop-on-invalid", self.stop_on_invalid),
        ]
        .into_iter()
        .find_map(|(option, given)| given.then_some(option))
    }
}

/// Points in ascending order would take whatever drifts meanwhile for an effect of the users.
fn order(arguments: &Arguments, swept: bool) -> anyhow::Result<Order> {
    let by_default = if swept {
        OrderName::Random
    } else {
        OrderName::Abba
    };
    match (arguments.order.unwrap_or(by_default), arguments.order_seed) {
        (OrderName::Abba, None) => Ok(Order::Abba),
        (OrderName::Abba, Some(_)) => wrong_usage("--order-seed is for --order random"),
        (OrderName::Random, Some(seed)) => Ok(Order::Random { seed }),
        // No larger than what every reader of JSON takes for a whole number.
        (OrderName::Random, None) => getrandom::u32()
            .map(|seed| Order::Random { seed: seed.into() })
            .map_err(|error| anyhow::anyhow!("cannot draw a seed: {error}")),
    }
}

/// Ends as clap does, for what clap cannot be told: a flag cannot require one that excludes the files, and what the
/// files say is not known to it.
pub(crate) fn wrong_usage(message: &str) -> ! {
    terminal::drain();
    let mut command = crate::Arguments::command();
    // Built, it knows the usage of its verbs.
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
fn one_by_one(plans: &[Plan], runner: &Runner) -> anyhow::Result<Exit> {
    let mut exit = Exit::Pass;
    let mut directories = Vec::new();
    for (position, plan) in plans.iter().enumerate() {
        let directory = RunDirectory::create(&runner.results, &plan.name)
            .inspect_err(|_| not_run(&plans[position + 1..]))?;
        let finished = runner.load(plan, directory, None)?;
        let finished = finished.inspect_err(|_| not_run(&plans[position + 1..]))?;
        match (
            outcome::report(&finished.directory, Format::Text),
            &finished.outcome,
        ) {
            (Ok(reported), _) => exit = exit.and(reported),
            // Nothing was sent: the run is invalid, and the others are none the worse for it.
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
            // Stopped before its first request, perhaps: why it ended is what counts.
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
        exit = exit.and(outcome::compare(
            &directories,
            &runner.results,
            Format::Text,
        )?);
    }
    Ok(exit)
}

/// Refuses what this machine cannot run before the first run, not hours later.
fn check_limits(name: &str, plan: &Plan) -> anyhow::Result<()> {
    workbench_load::check_limits(plan).with_context(|| format!("cannot run {name}"))
}

/// Says which scenarios no user would play.
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

/// What every run of one command shares.
pub(crate) struct Runner {
    pub(crate) results: PathBuf,
    insecure: bool,
    pub(crate) stop: StopSignal,
    pub(crate) runtime: Runtime,
}

impl Runner {
    /// To be called once: it handles Ctrl-C from now on.
    pub(crate) fn start(results: &Path, insecure: bool) -> anyhow::Result<Self> {
        let stop = StopSignal::new();
        handle_ctrl_c(stop.clone())?;
        quiet_goose();
        Ok(Self {
            results: results.to_owned(),
            insecure,
            stop,
            runtime: Runtime::new().context("cannot start the runtime")?,
        })
    }

    /// Makes one run, with its progress. The outer error is ours, the inner one that of the run.
    pub(crate) fn load(
        &self,
        plan: &Plan,
        directory: RunDirectory,
        series: Option<(SeriesPlace, InSeries)>,
    ) -> anyhow::Result<Result<FinishedRun, LoadError>> {
        let (place, shown) = series.unzip();
        let progress = progress::start(plan, shown);
        let path = directory.path().to_owned();
        let finished = self.runtime.block_on(workbench_load::run(
            plan,
            RunOptions {
                directory,
                series: place,
                bookstore: bookstore_command()?,
                tool: tool(),
                insecure: self.insecure,
                stop: self.stop.clone(),
                observer: progress.observer(),
                exchanges: None,
            },
        ));
        progress.finish();
        if let Err(error) = &finished {
            remains(error, &path);
        }
        Ok(finished)
    }

    /// The exit code of having been stopped, if that is what happened.
    pub(crate) fn stopped(&self) -> Exit {
        match self.stop.reason() {
            Some(StopReason::Interrupted) => Exit::Interrupted,
            Some(StopReason::TargetEnded(_)) => Exit::TargetUnavailable,
            Some(StopReason::SamplesNotWritten(_) | StopReason::DataNotRead(_)) => Exit::Failure,
            None => Exit::Pass,
        }
    }
}

/// Says what there is of a run that could not be finished.
fn remains(error: &LoadError, directory: &Path) {
    let path = directory.display();
    let samples = directory.join(workbench_samples::SAMPLES_FOLDER);
    if workbench_samples::sample_batches(&samples).is_ok_and(|parts| !parts.is_empty()) {
        outcome::note(&format!(
            "what was written before is in {path}; `workbench analyze {path}` reports on it"
        ));
    } else if directory.is_dir() {
        outcome::note(&format!(
            "no samples were written; {path} holds the rest of the run"
        ));
    } else if matches!(error, LoadError::Samples(_)) {
        outcome::note(&format!(
            "nothing is left of the run: its folder {path} is gone"
        ));
    }
}

/// The bookstore is this very program.
pub(crate) fn bookstore_command() -> anyhow::Result<BookstoreCommand> {
    Ok(BookstoreCommand {
        program: std::env::current_exe().context("cannot find this program's own file")?,
        arguments: vec!["bookstore".into()],
    })
}

/// This program, as manifests name it.
pub(crate) fn tool() -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("WORKBENCH_COMMIT").map(str::to_owned),
    }
}

/// Must come before Goose, which would otherwise install a handler that throws results away.
fn handle_ctrl_c(stop: StopSignal) -> anyhow::Result<()> {
    let interrupted = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        // A run that ends for another reason was not asked to before.
        if interrupted.swap(true, Ordering::SeqCst) {
            outcome::note("\nstopped at once; what was not yet written, the last seconds, is lost");
            terminal::drain();
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        stop.stop(StopReason::Interrupted);
        outcome::note(
            "\nstopping: requests in flight may finish, then the report is written (Ctrl-C again leaves at once)",
        );
    })
    .context("cannot handle Ctrl-C")
}

/// Goose logs to stdout unless a logger is there before it; `WORKBENCH_LOG` shows its messages on stderr.
fn quiet_goose() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WORKBENCH_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| terminal::Lines)
        .init();
}
