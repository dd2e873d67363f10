//! `workbench validate`: checks experiment files and prints what they resolve to; sends nothing.

use std::path::PathBuf;

use anyhow::Context;
use workbench_plan::{Load, Plan};

use crate::exit::Exit;
use crate::outcome;

/// Check experiment files and print the resolved schedule; sends nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench validate experiments/*.yaml
  workbench validate experiments/scenario3.yaml --segments 4    and what each of four processes would do")]
pub(crate) struct Arguments {
    /// Experiment files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also print what each of N segments does (`run --segment K/N`).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    segments: Option<u32>,
}

/// Says where a load is larger than its rate: every arrival does what its scenario does on start and on stop.
fn note_arrivals(plan: &Plan) {
    for scenario in &plan.scenarios {
        let load = scenario.load.as_ref().or(plan.load.as_ref());
        if matches!(load, Some(Load::Arrivals(_)))
            && (!scenario.on_start.is_empty() || !scenario.on_stop.is_empty())
        {
            outcome::note(&format!(
                "note: {}: each arrival of {} is a user of its own, so on_start and on_stop are done once per arrival, beyond \
                 its steps",
                plan.name, scenario.name
            ));
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    for plan in outcome::read_plans(&arguments.files)? {
        outcome::note_secrets(&plan);
        // Whoever checks an experiment may not have them: no mistake of the experiment, but a run would not begin.
        for secret in &plan.secrets {
            if let Err(why) = secret.read() {
                outcome::note(&format!("warning: {}: {why}", plan.name));
            }
        }
        note_arrivals(&plan);
        outcome::print(&format!("{}\n", workbench_plan::describe(&plan)))?;
        if let Some(of) = arguments.segments {
            let segments = workbench_plan::describe_segments(&plan, of);
            let segments = segments
                .with_context(|| format!("{} cannot be run in {of} segments", plan.name))?;
            outcome::print(&format!("{segments}\n"))?;
        }
    }
    Ok(Exit::Pass)
}
