//! What was run, where, and how to run it again.

use workbench_analysis::RunAnalysis;

use crate::document::{Block, Depth, Section};
use crate::table::one_line;

/// The experiment as resolved, or the files that a run was imported from; and the environment.
pub(super) fn section(run: &RunAnalysis, folder: &str) -> Section {
    let mut blocks = Vec::new();
    if !run.question.is_empty() {
        blocks.push(Block::paragraph(&run.question));
    }
    match &run.origin {
        Some(origin) => {
            let mut facts = vec![("format", origin.format.clone())];
            for file in &origin.files {
                let file = format!(
                    "{}, {} bytes, SHA-256 {}",
                    file.path, file.bytes, file.sha256
                );
                facts.push(("file", file));
            }
            facts.push(("elapsed time", run.elapsed.clone()));
            if !origin.options.is_empty() {
                facts.push(("options", origin.options.join(" ")));
            }
            facts.extend(origin.users.clone().map(|users| ("users", users)));
            if !origin.unknown.is_empty() {
                facts.push(("not in the file", origin.unknown.join(", ")));
            }
            facts.extend(origin.notes.iter().map(|note| ("note", note.clone())));
            let facts = facts.into_iter();
            let facts = facts.map(|(name, value)| (name.to_owned(), one_line(&value)));
            blocks.push(Block::Facts(facts.collect()));
        }
        None => {
            // The experiment names files that are not kept with the run.
            let has_tls_files = run.experiment_file.lines().any(|line| line == "  tls:");
            let tls = if has_tls_files {
                " The files that tls names are looked for beside it: copy it to where they are."
            } else {
                ""
            };
            blocks.push(Block::PageOnly(vec![Block::details(
                "Experiment as resolved, and how to run it again",
                vec![
                    Block::paragraph(&format!("This is the file that was run.{tls}")),
                    Block::Command(format!("workbench run {folder}/experiment.yaml")),
                    Block::Text("experiment.yaml".to_owned(), run.experiment_file.clone()),
                ],
            )]));
        }
    }
    if !run.environment.is_empty() {
        let facts = run.environment.iter();
        let facts = facts.map(|(name, value)| (one_line(name), one_line(value)));
        blocks.push(Block::PageOnly(vec![Block::details(
            "Environment",
            vec![Block::Facts(facts.collect())],
        )]));
    }
    Section::new("experiment", "Experiment", Depth::More, blocks)
}
