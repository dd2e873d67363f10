//! `workbench compare`: compares two experiments, or one experiment at two addresses, and ends with a verdict.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use workbench_analysis::gate::{Policy, requests_at_looks};
use workbench_plan::Plan;
use workbench_samples::SeriesOrder;

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::gate::output::Outputs;
use crate::import::Edges;
use crate::policy::PolicyArguments;
use crate::run::{Runner, check_limits, draw_seed, wrong_usage};
use crate::{gate, outcome, series};

/// Run two versions side by side until the gate can decide, and end with its verdict.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench compare baseline.yaml candidate.yaml
  workbench compare shop.yaml --baseline shop=http://127.0.0.1:8001 --candidate shop=http://127.0.0.1:8002
  workbench compare a.yaml b.yaml --most 10 --margin 3% --comment gate.md
  workbench compare results/old results/new       stored runs, judged as they are

Both versions run at the same time, in blocks, so that what disturbs the machine disturbs both. After 5, 10, 15 and 20 \
blocks the gate looks at the results, at a stricter level than --alpha, so that all looks together keep it; the first look \
that decides ends the series. This is `run --order together --until-decided`, then `gate --series`. Both versions must \
be able to run side by side.

Exit codes are those of the gate: 0 passed, 10 failed, 11 inconclusive, 14 invalid. After Ctrl-C continue with \
`workbench run --resume`, then `workbench gate --series`.")]
pub(crate) struct Arguments {
    /// Two experiments, the baseline first; one, with --baseline and --candidate; or two folders of runs.
    #[arg(required = true, num_args = 1..=2, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// URL of a service of the baseline.
    #[arg(long, value_name = "SERVICE=URL", value_parser = place, requires = "candidate")]
    baseline: Vec<(String, String)>,
    /// URL of a service of the candidate.
    #[arg(long, value_name = "SERVICE=URL", value_parser = place, requires = "baseline")]
    candidate: Vec<(String, String)>,
    /// Maximum number of blocks.
    #[arg(long, value_name = "N", default_value_t = 20)]
    most: u32,
    /// Pause between two blocks, for the machine to settle: 5s.
    #[arg(long, value_name = "TIME", value_parser = workbench_plan::parse_duration)]
    pause: Option<Duration>,
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

fn place(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((service, url)) if !service.is_empty() && !url.is_empty() => {
            Ok((service.to_owned(), url.to_owned()))
        }
        _ => Err("expected SERVICE=URL, such as shop=http://127.0.0.1:8001".to_owned()),
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let policy = arguments.policy.read()?;
    let results = &arguments.results.results;
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
    let looks = until_decided.looks.clone();
    let options = series::Options {
        repetitions: arguments.most,
        order: SeriesOrder::Together { seed: draw_seed()? },
        pause: arguments.pause.unwrap_or_default(),
        stop_on_invalid: true,
        until_decided: Some(until_decided),
    };
    let pause = options.pause;
    let series = series::create(results, &given, &options)?.before_verdict();
    for line in beforehand(&given, &looks, pause, &policy) {
        outcome::note(&line);
    }
    let folder = series.directory().to_owned();
    let made = series::make(series, &Runner::start(results, arguments.insecure)?)?;
    if matches!(
        made,
        Exit::Pass | Exit::ThresholdMissed | Exit::Inconclusive | Exit::RunInvalid
    ) {
        return gate::of_series(&folder, &policy, &arguments.outputs);
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
            "one experiment is compared with itself at another address: say --baseline SERVICE=URL and --candidate \
             SERVICE=URL, or give the candidate's experiment after {}",
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
    let urls = [&arguments.baseline, &arguments.candidate];
    files
        .into_iter()
        .zip(plans)
        .zip(urls)
        .map(|((file, plan), urls)| {
            let urls: BTreeMap<String, String> = urls.iter().cloned().collect();
            let plan = plan
                .with_urls(&urls)
                .map_err(anyhow::Error::msg)
                .with_context(|| format!("cannot place {}", file.display()))?;
            Ok(series::Given { file, plan, urls })
        })
        .collect()
}

/// Prints the estimated duration, and the requirements of the gated rows.
fn beforehand(
    given: &[series::Given],
    looks: &[u32],
    pause: Duration,
    policy: &Policy,
) -> Vec<String> {
    let of = |plan: &Plan| plan.schedule().likely_end();
    let block = given.iter().map(|side| of(&side.plan)).max();
    let block = block.unwrap_or_default() + pause;
    let time = |blocks: u32| {
        let seconds = (block * blocks).as_secs();
        format!("{} min {} s", seconds / 60, seconds % 60)
    };
    let (first, last) = (looks[0], looks[looks.len() - 1]);
    let mut lines = vec![format!(
        "this takes {} at least ({first} blocks) and {} at most ({last} blocks), plus the starts of the targets; the gate looks \
         after {} blocks",
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
