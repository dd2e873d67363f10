//! The report of several runs.

use workbench_analysis::Analysis;

use super::{Context, FEW_RUNS, comparison, experiment, method, run, study, sweep};
use crate::document::{Block, Depth, Document, Finding, LINES_OF_A_COMPARISON, Level, Section};
use crate::judgement::{self, Judgement};
use crate::names::{self, RunName};
use crate::runs::overview;
use crate::scalability;
use crate::table::one_line;
use crate::{chart, groups};

pub(super) fn report(analysis: &Analysis, names: &[RunName], context: &Context) -> Document {
    let mut document = Document::new(title(analysis), LINES_OF_A_COMPARISON);
    document.conclusion = conclusion(analysis);
    document.facts = judgement::of_runs(&analysis.runs, names);
    let figures = &context.figures;
    for (place, it) in analysis.sweeps.iter().enumerate() {
        let of_sweep = figures.of_sweeps.get(place).map_or(&[][..], Vec::as_slice);
        let conclusion = document.conclusion.as_ref().map(|it| &it.text);
        let findings = scalability::findings(it);
        let concluded = usize::from(conclusion.is_some() && findings.first() == conclusion);
        document
            .sections
            .push(sweep::section(it, of_sweep, place + 1, concluded));
    }
    let imported = analysis.runs.iter().any(|run| run.origin.is_some());
    if let Some(between) = &analysis.between_runs {
        if let [only] = groups::comparisons(between) {
            document.key_figures = comparison::key_figures(only, between);
        }
        document
            .sections
            .extend(comparison::sections(between, &figures.between, imported));
    }
    document.sections.extend(over_time(analysis, names));
    document.sections.push(runs(analysis, names));
    document.sections.extend(run::warnings(analysis));
    document.sections.push(each_run(analysis, names, context));
    document.sections.push(method::section(analysis));
    if let Some(comparison) = &analysis.comparison {
        let mut study = study::section(analysis, comparison, names, context);
        if imported {
            // It is a reproduction of a published procedure, which whoever brings another tool's files has not asked for.
            study.depth = Depth::StudyIfAsked;
        } else {
            document.sections.push(study::hint());
        }
        document.sections.push(study);
    }
    document
}

fn title(analysis: &Analysis) -> String {
    let mut experiments: Vec<&str> = Vec::new();
    for run in &analysis.runs {
        if !experiments.contains(&&*run.experiment) {
            experiments.push(&run.experiment);
        }
    }
    one_line(&match experiments.as_slice() {
        [] => "No runs".to_owned(),
        [only] => format!("Runs of {only}"),
        several => format!("Comparison of {}", several.join(", ")),
    })
}

/// Of what was compared; of a sweep where nothing was.
fn conclusion(analysis: &Analysis) -> Option<Finding> {
    let between = analysis.between_runs.as_ref();
    let of_sweep = || {
        let findings = analysis.sweeps.first().map(scalability::findings)?;
        let first = findings.first()?;
        Some(Finding::new(Level::Plain, "", first))
    };
    between.and_then(comparison::conclusion).or_else(of_sweep)
}

/// Each run in one line.
fn runs(analysis: &Analysis, names: &[RunName]) -> Section {
    let table = overview(&analysis.runs, names);
    let caption = "Validity and all requests of each run in its steady part";
    let mut blocks = vec![Block::table(caption, table)];
    if analysis.runs.iter().any(|run| run.steady.is_none()) {
        blocks.push(Block::paragraph(
            "Figures of runs without a steady part are those of the whole run.",
        ));
    }
    Section::new("runs", "Runs (steady part)", Depth::Summary, blocks)
}

/// Runs or groups of runs laid over each other where they are few.
fn over_time(analysis: &Analysis, names: &[RunName]) -> Option<Section> {
    let charts = [
        chart::runs_over_time(analysis, names),
        chart::distributions(analysis, names),
    ];
    let charts: Vec<Block> = charts.into_iter().flatten().map(Block::Charts).collect();
    (!charts.is_empty())
        .then(|| Section::new("over-time", "Response times over time", Depth::More, charts))
}

/// Each run as its own report has it, folded.
fn each_run(analysis: &Analysis, names: &[RunName], context: &Context) -> Section {
    let many = analysis.runs.len() > FEW_RUNS;
    let details = analysis.runs.iter().zip(names).enumerate();
    let details = details.map(|(place, (it, name))| {
        let mut blocks = vec![Block::Finding(run::conclusion(it))];
        match context.own_reports.get(place).and_then(Option::as_ref) {
            Some(address) => blocks.push(Block::Link(
                address.clone(),
                "This run’s own report, with its figures".to_owned(),
            )),
            None if many => {
                blocks.push(Block::paragraph(
                    "This page would be too heavy with the figures of all runs. This makes the run’s own report:",
                ));
                let folder = context.folder(place);
                blocks.push(Block::Command(format!("workbench analyze {folder}")));
            }
            None => {}
        }
        let mut sections = run::sections(analysis, it, context, place);
        if many {
            sections.retain(|section| section.id != "over-time");
        }
        sections.push(experiment::section(it, context.folder(place)));
        for section in sections {
            blocks.push(Block::Heading(section.title));
            blocks.extend(section.blocks);
        }
        let word = Judgement::of(it).word();
        let heading = names::heading(&name.label, it);
        let summary = one_line(&format!("{heading} ({word})"));
        Block::Details(summary, blocks)
    });
    let details = Block::PageOnly(details.collect());
    Section::new("each-run", "Each run", Depth::More, vec![details])
}
