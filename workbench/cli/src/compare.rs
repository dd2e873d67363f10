//! `workbench compare`: compares two experiments, or one experiment at two addresses, and ends with a verdict.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use workbench_analysis::gate::{Policy, requests_at_looks};
use workbench_plan::{Plan, Target};
use workbench_samples::SeriesOrder;

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::gate::output::Outputs;
use crate::import::Edges;
use crate::policy::PolicyArguments;
use crate::run::{Runner, check_limits, draw_seed, wrong_usage};
use crate::side::Failure;
use crate::{gate, outcome, series};

/// Run two versions side by side until the gate can decide, and end with its verdict.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench compare baseline.yaml candidate.yaml
  workbench compare shop.yaml --baseline http://127.0.0.1:8001 --candidate http://127.0.0.1:8002
  workbench compare shop.yaml --baseline cart=http://old:81 --candidate cart=http://new:81     one service of several
  workbench compare a.yaml b.yaml --most 10 --margin 3% --comment gate.md
  workbench compare results/old results/new       stored runs, judged as they are

A block is one run of each version, both at the same time, so that what disturbs the machine disturbs both. After 5, 10, 15 \
and 20 blocks the gate makes an interim analysis, at a stricter level than --alpha, so that all of them together keep it; the \
first that decides ends the comparison. This is `run --order together --until-decided`, then `gate --series`. Both versions must \
be able to run side by side.

The first invalid run ends the comparison: no later run could make it valid. After Ctrl-C continue with `workbench compare \
--resume` and the same --junit, --json, --comment.

Exit codes: 0 passed, 10 failed, 11 inconclusive, 12 the experiments or the policy cannot be used, 13 a target did not answer, 14 \
invalid, 130 interrupted.")]
pub(crate) struct Arguments {
    /// Two experiments, the baseline first; one, with --baseline and --candidate; or two folders of runs.
    #[arg(required_unless_present = "resume", num_args = 1..=2, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// URL of the baseline; of an experiment with several services, SERVICE=URL.
    #[arg(long, value_name = "[SERVICE=]URL", value_parser = place, requires = "candidate")]
    baseline: Vec<Place>,
    /// URL of the candidate; of an experiment with several services, SERVICE=URL.
    #[arg(long, value_name = "[SERVICE=]URL", value_parser = place, requires = "baseline")]
    candidate: Vec<Place>,
    /// Maximum number of blocks, at least 6.
    #[arg(long, value_name = "N", default_value_t = 20)]
    most: u32,
    /// Pause between two blocks, for the machine to settle: 5s.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration)]
    pause: Option<Duration>,
    /// Continue a comparison that was interrupted, with its policy, to its verdict: its id, or the newest series.
    #[arg(
        long,
        value_name = "SERIES",
        num_args = 0..=1,
        conflicts_with_all = ["files", "baseline", "candidate", "most", "pause"]
    )]
    resume: Option<Option<String>>,
    /// Accept any certificate of a service (curl's -k); recorded, and a warning in every report.
    #[arg(long, short = 'k')]
    insecure: bool,
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    edges: Edges,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    results: ResultsFolder,
}

/// Where a service is.
#[derive(Clone, Debug)]
struct Place {
    /// `None` stands for the only one that the experiment has.
    service: Option<String>,
    url: String,
}

fn place(text: &str) -> Result<Place, String> {
    let (service, url) = match text.split_once('=') {
        // A query may have an `=`, too.
        Some((service, url)) if !service.contains("://") => (Some(service.to_owned()), url),
        _ => (None, text),
    };
    if service.as_deref() == Some("") || !url.contains("://") {
        return Err("expected a URL, such as http://127.0.0.1:8001, or SERVICE=URL".to_owned());
    }
    Ok(Place {
        service,
        url: url.to_owned(),
    })
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let compared = compared(arguments);
    if let Err(error) = &compared {
        arguments.outputs.no_verdict(error)?;
    }
    compared
}

fn compared(arguments: &Arguments) -> anyhow::Result<Exit> {
    let policy = arguments.policy.read()?;
    let results = &arguments.results.results;
    if let Some(id) = &arguments.resume {
        if arguments.policy.is_given() {
            wrong_usage("a comparison keeps the policy that it began with");
        }
        let series = series::reopen(results, id.as_deref(), false)?;
        for (name, plan) in series.missing() {
            check_limits(name, plan)?;
        }
        series.check_together()?;
        return to_the_verdict(series, arguments, &policy);
    }
    if let [baseline, candidate] = arguments.files.as_slice()
        && !is_experiment(baseline)
        && !is_experiment(candidate)
    {
        let sides = [baseline.as_path(), candidate.as_path()];
        return gate::of_paths(
            sides,
            (results, arguments.edges),
            &policy,
            &arguments.outputs,
        );
    }
    let given = given(arguments)?;
    if let Err(why) = series::looks(arguments.most) {
        wrong_usage(&why);
    }
    for side in &given {
        check_limits(&side.plan.name, &side.plan)?;
    }
    let until_decided = series::until_decided(arguments.most, &policy)?;
    series::check_that_it_can_pass(&given, &until_decided)?;
    let looks = until_decided.looks.clone();
    let options = series::Options {
        repetitions: arguments.most,
        order: SeriesOrder::Together { seed: draw_seed()? },
        pause: arguments.pause.unwrap_or_default(),
        stop_on_invalid: true,
        until_decided: Some(until_decided),
    };
    let pause = options.pause;
    let series = series::create(results, &given, &options)?;
    for line in beforehand(&given, &looks, pause, &policy) {
        outcome::note(&line);
    }
    to_the_verdict(series, arguments, &policy)
}

/// Makes what is missing of a series, and judges it.
fn to_the_verdict(
    series: series::OpenSeries,
    arguments: &Arguments,
    policy: &Policy,
) -> anyhow::Result<Exit> {
    let series = series.before_verdict();
    let folder = series.directory().to_owned();
    let runner = Runner::start(&arguments.results.results, arguments.insecure)?;
    let made = series::make(series, &runner)?;
    if matches!(
        made,
        Exit::Pass | Exit::ThresholdMissed | Exit::Inconclusive | Exit::RunInvalid
    ) {
        let is_resumed = arguments.resume.is_some();
        return gate::of_series(&folder, policy, &arguments.outputs, is_resumed);
    }
    Ok(made)
}

/// Folders of runs and results of other tools are no experiments.
fn is_experiment(path: &Path) -> bool {
    path.extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

/// Both experiments, with the URLs of their services.
fn given(arguments: &Arguments) -> anyhow::Result<Vec<series::Given>> {
    let files = match arguments.files.as_slice() {
        [one] if arguments.candidate.is_empty() => wrong_usage(&format!(
            "one experiment is compared with itself at another address: say --baseline URL and --candidate URL, or give the \
             candidate's experiment after {}",
            one.display()
        )),
        [one] => vec![one.clone(), one.clone()],
        both => both.to_vec(),
    };
    let plans = outcome::read_plans(&files)?;
    if arguments.files.len() == 1 {
        plans.iter().take(1).for_each(outcome::note_secrets);
    } else {
        plans.iter().for_each(outcome::note_secrets);
    }
    if plans.iter().any(|plan| plan.sweep.is_some()) {
        wrong_usage("compare is for experiments without a sweep");
    }
    let sides = [
        ("--baseline", &arguments.baseline),
        ("--candidate", &arguments.candidate),
    ];
    let placed = files.into_iter().zip(plans).zip(sides);
    placed
        .map(|((file, plan), (option, places))| {
            let invalid = |why: String| Failure::of_input(format!("{}: {why}", file.display()));
            let urls = urls(&plan, option, places).map_err(invalid)?;
            let plan = plan.with_urls(&urls).map_err(invalid)?;
            Ok(series::Given { file, plan, urls })
        })
        .collect()
}

/// URLs by service.
///
/// # Errors
/// In words, with the option to write: the experiment has no such service, or several of which none is named.
fn urls(plan: &Plan, option: &str, places: &[Place]) -> Result<BTreeMap<String, String>, String> {
    let Target::Urls(target) = &plan.target else {
        // That a bookstore has no URLs is said by whoever gives it some.
        let named = places.iter().map(|it| (String::new(), it.url.clone()));
        return Ok(named.collect());
    };
    let known: Vec<&str> = target.services.keys().map(String::as_str).collect();
    let mut urls = BTreeMap::new();
    for place in places {
        let service = match (place.service.as_deref(), known.as_slice()) {
            (Some(service), _) if known.contains(&service) => service,
            (None, [only]) => only,
            (Some(service), known) => {
                return Err(format!(
                    "it has no service \"{service}\", its services are: {}. Write {option} {}={}",
                    known.join(", "),
                    known[0],
                    place.url
                ));
            }
            (None, known) => {
                return Err(format!(
                    "it has several services: {}. Say which one is at {}: {option} {}={}",
                    known.join(", "),
                    place.url,
                    known[0],
                    place.url
                ));
            }
        };
        urls.insert(service.to_owned(), place.url.clone());
    }
    Ok(urls)
}

/// What a block takes besides its load: the start of its processes, the analysis and the report of each run. Ours: 1.5 s with runs of 6 s
/// on two cores.
const BESIDE_THE_LOAD: Duration = Duration::from_millis(1_500);

/// Prints the estimated duration, and the requirements of the gated rows.
fn beforehand(
    given: &[series::Given],
    looks: &[u32],
    pause: Duration,
    policy: &Policy,
) -> Vec<String> {
    let of = |plan: &Plan| plan.schedule().likely_end();
    let block = given.iter().map(|side| of(&side.plan)).max();
    let block = block.unwrap_or_default() + pause + BESIDE_THE_LOAD;
    let time = |blocks: u32| {
        let seconds = (block * blocks).as_secs();
        format!("{} min {} s", seconds / 60, seconds % 60)
    };
    let (first, last) = (looks[0], looks[looks.len() - 1]);
    let mut lines = vec![format!(
        "this takes some {} at least ({first} blocks) and some {} at most ({last} blocks), with the analysis of each run; the start of a target that is \
         started for each run comes on top. Interim analyses are made after {} blocks",
        time(first),
        time(last),
        looks
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    )];
    if let Some(requests) = requests_at_looks(policy, looks) {
        lines.push(format!(
            "to show that the error rate is no worse takes some {requests} requests on each side, even if none fails; with \
             fewer give --not-required error_rate, and it fails the gate only if it got worse. The first block counts them"
        ));
    }
    lines
}
