//! `workbench try`: sends one user through each scenario once, and prints every request and response.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use workbench_load::{LoadError, ObservedExchange, RunDirectory, RunOptions};
use workbench_plan::Plan;
use workbench_report::Detail;
use workbench_samples::Outcome;

use crate::exit::Exit;
use crate::outcome;
use crate::run::{Runner, bookstore_command, tool};

/// Send one user through each scenario once, and print every request, response, captured value and check.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench try experiments/examples/login.yaml
  workbench try shop.yaml --scenario buyer
  workbench try shop.yaml --short                 a line for each request; bodies of those that fail

There are no think times or pauses, nothing is kept, and thresholds are not checked. The bundled bookstore is started for \
it, and running services get the experiment's reset requests. Secrets and credentials are shown as [redacted], captured \
ones by their beginnings. The first thing in a response that is not as expected is named.

Exit code 10 if a request failed.")]
pub(crate) struct Arguments {
    /// Experiment file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only this scenario [default: all].
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// One line for each request; all of those that fail.
    #[arg(long)]
    short: bool,
    /// Accept any certificate of a service (curl's -k).
    #[arg(long, short = 'k')]
    insecure: bool,
}

/// Numbers of requests and failures.
#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    failed: AtomicU64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let plans = outcome::read_plans(std::slice::from_ref(&arguments.file))?;
    let plan = plans.first().context("no experiment")?;
    let scenarios = chosen(plan, arguments.scenario.as_deref())?;
    // Reads the secrets of all scenarios before the first one sends a request.
    for secret in &plan.secrets {
        secret.read().map_err(LoadError::from)?;
    }
    let folder = tempfile::tempdir().context("cannot make a folder for the run")?;
    let runner = Runner::start(folder.path(), arguments.insecure)?;
    let counts = Arc::new(Counts::default());
    for position in scenarios {
        let name = &plan.scenarios[position].name;
        outcome::print(&format!("scenario {name}\n"))?;
        let plan = plan.tried(position);
        let finished = runner.runtime.block_on(workbench_load::run(
            &plan,
            RunOptions {
                directory: RunDirectory::create(folder.path(), &plan.name)?,
                series: None,
                together: None,
                start_at: None,
                segment: None,
                bookstore: bookstore_command()?,
                tool: tool(),
                insecure: arguments.insecure,
                stop: runner.stop.clone(),
                observer: Box::new(|_| {}),
                exchanges: Some(observer(Arc::clone(&counts), arguments.short)),
            },
        ))?;
        match finished.outcome {
            Outcome::Failed(why) => outcome::note(&format!("error: {why}")),
            _ if runner.stop.is_stopped() => break,
            _ => {}
        }
    }
    let (requests, failed) = (
        counts.requests.load(Ordering::SeqCst),
        counts.failed.load(Ordering::SeqCst),
    );
    let verdict = match failed {
        0 => "none failed".to_owned(),
        failed => format!("{failed} failed"),
    };
    let noun = if requests == 1 { "request" } else { "requests" };
    outcome::print(&format!("{requests} {noun}, {verdict}\n"))?;
    let exit = if failed == 0 {
        Exit::Pass
    } else {
        Exit::ThresholdMissed
    };
    Ok(runner.stopped().and(exit))
}

/// Positions of the scenarios that are tried.
fn chosen(plan: &Plan, wanted: Option<&str>) -> anyhow::Result<Vec<usize>> {
    let mut scenarios = plan.scenarios.iter();
    let Some(wanted) = wanted else {
        return Ok((0..plan.scenarios.len()).collect());
    };
    let found = scenarios.position(|scenario| scenario.name == wanted);
    let names = plan.scenarios.iter().map(|scenario| scenario.name.as_str());
    match found {
        Some(position) => Ok(vec![position]),
        None => {
            let near = workbench_plan::nearest(wanted, names.clone());
            let hint = near.map_or_else(
                || format!("there are {}", names.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean \"{near}\"?"),
            );
            crate::run::wrong_usage(&format!("no scenario is named \"{wanted}\"; {hint}"))
        }
    }
}

/// Prints each exchange as it ends.
fn observer(counts: Arc<Counts>, short: bool) -> workbench_load::ExchangeObserver {
    let options = outcome::text_options(Detail::Verbose);
    Box::new(move |tried: ObservedExchange| {
        counts.requests.fetch_add(1, Ordering::SeqCst);
        let has_failed = tried.exchange.kind.is_some();
        counts.failed.fetch_add(has_failed.into(), Ordering::SeqCst);
        let is_whole = !short || has_failed;
        let text = workbench_report::exchange_text(
            &tried.exchange,
            tried.expected.as_deref(),
            &tried.captured,
            (tried.ends_iteration, is_whole),
            options,
        );
        // Errors are ignored: the output may be closed.
        let _ = outcome::print(&text);
    })
}
