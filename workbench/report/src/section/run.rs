//! The report of a run.

use workbench_analysis::{Analysis, Estimate, RunAnalysis, Scope, ThresholdStatus};

use super::{Context, errors, experiment, method, over_time, requests, validity};
use crate::document::{
    Block, Depth, Document, Finding, KeyFigure, LINES_OF_A_RUN, Level, Note, Section,
};
use crate::format;
use crate::judgement::{self, Judgement};
use crate::names::{self, RunName};
use crate::runs::{KeyEstimates, most_users};
use crate::steady;
use crate::table::one_line;

pub(super) fn report(
    analysis: &Analysis,
    run: &RunAnalysis,
    name: &RunName,
    context: &Context,
) -> Document {
    let mut document = Document::new(one_line(&names::heading(&name.label, run)), LINES_OF_A_RUN);
    document.conclusion = Some(conclusion(run));
    document.facts = facts(run);
    document.key_figures = key_figures(run);
    document.sections = sections(analysis, run, context, 0);
    document.sections.extend(warnings(analysis));
    document
        .sections
        .push(experiment::section(run, context.folder(0)));
    document.sections.push(method::section(analysis));
    document
}

/// What is shown of a run, whether by itself or among others.
pub(super) fn sections(
    analysis: &Analysis,
    run: &RunAnalysis,
    context: &Context,
    number: usize,
) -> Vec<Section> {
    let mut sections = vec![over_time::section(
        run,
        context.figures_of(number),
        analysis.runs.len() == 1,
    )];
    sections.extend(validity::section(run));
    sections.push(requests::section(run, &analysis.quantile_definition));
    sections.push(errors::section(run, context.folder(number)));
    sections.push(over_time::what_to_look_at(run));
    sections
}

/// What a reader has to know of all runs.
pub(super) fn warnings(analysis: &Analysis) -> Option<Section> {
    let notes = analysis.warnings.iter().map(|it| Note::of_all(it));
    let notes = Block::notes(notes.collect())?;
    Some(Section::new(
        "warnings",
        "Warnings",
        Depth::Summary,
        vec![notes],
    ))
}

/// The conclusion in a sentence: whether the run is valid, and the outcome of its thresholds.
pub(crate) fn conclusion(run: &RunAnalysis) -> Finding {
    let judgement = Judgement::of(run);
    let meaning = Judgement::meaning(run);
    let missed = run.thresholds_that_are(ThresholdStatus::Missed);
    let undecided = run.thresholds_that_are(ThresholdStatus::Undecided);
    let all = format::counted(run.thresholds.len() as u64, "threshold");
    match judgement {
        Judgement::Invalid => Finding::new(judgement.level(), judgement.word(), &meaning),
        Judgement::Failing if missed.is_empty() => {
            Finding::new(judgement.level(), judgement.word(), &meaning)
        }
        // It was killed: what it has says nothing of the whole.
        Judgement::NotJudged if run.validity.is_none() && run.origin.is_none() => {
            Finding::new(judgement.level(), judgement.word(), &meaning)
        }
        _ if !missed.is_empty() => Finding::new(
            Level::Bad,
            "FAILED",
            &format!(
                "{} of {all} missed: {}. {meaning}",
                missed.len(),
                missed.join(", ")
            ),
        ),
        _ if !undecided.is_empty() => Finding::new(
            Level::Open,
            "UNDECIDED",
            &format!(
                "{} of {all} undecided, for want of requests: {}. {meaning}",
                undecided.len(),
                undecided.join(", ")
            ),
        ),
        Judgement::Valid if !run.thresholds.is_empty() => Finding::new(
            Level::Good,
            "PASSED",
            &match run.thresholds.len() {
                1 => format!("The threshold is met. {meaning}"),
                _ => format!("All {all} are met. {meaning}"),
            },
        ),
        _ => Finding::new(judgement.level(), judgement.word(), &meaning),
    }
}

fn facts(run: &RunAnalysis) -> String {
    let part = match &run.steady {
        Some(steady) => {
            let part = match steady.scope {
                Scope::Hold => "Steady part",
                Scope::WholeRun => "Whole run",
            };
            let intervals = match steady.total.p50_ns.interval {
                Some(_) => ", 95% intervals",
                None => "",
            };
            format!(
                " {part}, {:.0} s to {:.0} s{intervals}:",
                steady.from_s, steady.to_s
            )
        }
        None => " Figures of the whole run:".to_owned(),
    };
    one_line(&format!(
        "Run {}, {}, {}; started {} (UTC).{part}",
        run.run_id,
        format::duration(run.duration_s),
        judgement::outcome(run),
        run.started_at,
    ))
}

fn key_figures(run: &RunAnalysis) -> Vec<KeyFigure> {
    let figure = |name: &str, value: String, beside: String, level| KeyFigure {
        name: name.to_owned(),
        value,
        beside,
        level,
        change: None,
    };
    let Some(of_run) = KeyEstimates::of(run) else {
        return Vec::new();
    };
    let estimated = |name, estimate: &Estimate, shown: fn(f64) -> String, level| {
        let value = estimate.value.map_or(steady::TOO_FEW.to_owned(), shown);
        let interval = estimate.interval.as_ref();
        let interval =
            interval.map_or_else(String::new, |it| format::range(it.lower, it.upper, shown));
        figure(name, value, interval, level)
    };
    let errors = if judgement::many_errors(run).is_some() {
        Level::Bad
    } else {
        Level::Plain
    };
    let throughput = of_run.throughput_per_s.map_or_else(
        || "none".to_owned(),
        |rate| format!("{}/s", format::significant(rate)),
    );
    let mut figures = vec![
        estimated("p50", &of_run.p50_ns, format::time, Level::Plain),
        estimated("p95", &of_run.p95_ns, format::time, Level::Plain),
        estimated("p99", &of_run.p99_ns, format::time, Level::Plain),
        figure("throughput", throughput, String::new(), Level::Plain),
        estimated("errors", &of_run.error_rate, format::percentage, errors),
    ];
    if let Some(users) = most_users(run) {
        let users = format::count(users.round() as u64);
        figures.push(figure("users", users, String::new(), Level::Plain));
    }
    figures
}
