//! `workbench validate`: checks experiment files and prints what they resolve to; sends nothing.

use std::path::PathBuf;

use anyhow::Context;

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

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    for plan in outcome::read_plans(&arguments.files)? {
        outcome::note_secrets(&plan);
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
