//! The requests of a run in one table, with what is known of their numbers folded below it.

use workbench_analysis::{RunAnalysis, SteadyState};

use crate::document::{Block, Depth, Section};
use crate::{judgement, requests, steady};

/// Of more requests the slowest are split into phases.
const ROWS_OF_PHASES: usize = 50;

/// The steady part where there is one, otherwise the whole run; the whole run's columns on demand.
pub(super) fn section(run: &RunAnalysis, quantile_definition: &str) -> Section {
    let mut blocks = Vec::new();
    let heading = match &run.steady {
        Some(state) => {
            push_steady(&mut blocks, run, state);
            "Requests in the steady part"
        }
        None => {
            if let Some(missing) = steady::missing(run) {
                blocks.push(Block::paragraph(missing));
            }
            blocks.push(Block::table(
                "Requests of the whole run",
                requests::brief(run),
            ));
            "Requests of the whole run"
        }
    };
    blocks.push(Block::details(
        "Whole run, ramps included: the columns of JMeter’s Summary and Aggregate reports",
        vec![
            Block::table("Requests of the whole run", requests::whole_run(run)),
            Block::paragraph(&format!(
                "Quantiles: {quantile_definition}. The 90% line is the time within which 90% of the requests were answered; \
                 failed requests are counted in. Std. Dev. is that of the population. Throughput is requests divided by \
                 the time that was run. One KB is 1,024 bytes; sizes include headers."
            )),
        ],
    ));
    if let Some(service) = requests::service(run) {
        blocks.push(Block::details(
            "Service times: from when a request was sent",
            vec![
                Block::table("Service times", service),
                Block::paragraph(requests::RESPONSE_TIMES),
            ],
        ));
    }
    Section::new("requests", heading, Depth::Summary, blocks)
}

fn push_steady(blocks: &mut Vec<Block>, run: &RunAnalysis, state: &SteadyState) {
    blocks.push(Block::table(
        "Requests in the steady part of the run, with intervals",
        steady::table(state),
    ));
    if let Some(outside) = steady::outside(run, state) {
        blocks.push(Block::paragraph(steady::OUTSIDE));
        blocks.push(Block::table("Requests outside of the steady part", outside));
    }
    let mut explained = vec![
        Block::paragraph(&steady::part(run, state)),
        Block::finding(
            state.warm_up.status,
            judgement::status(state.warm_up.status),
            &steady::warm_up(state),
        ),
    ];
    explained.extend(steady::confidence(state).map(|it| Block::paragraph(&it)));
    explained.push(Block::paragraph(steady::MEANING));
    explained.push(Block::table(
        "How much the requests depend on each other",
        steady::dependence(state),
    ));
    blocks.extend(Block::notes(steady::notes(state)));
    blocks.push(Block::details("How to read these numbers", explained));
    blocks.extend(Block::folded_table(
        "Successful and failed requests by themselves",
        steady::outcomes(state),
    ));
    if let Some(phases) = steady::phases(run, state) {
        let caption = "Connecting, waiting and receiving";
        blocks.push(Block::details(
            caption,
            vec![
                Block::table(caption, phases.first(ROWS_OF_PHASES)),
                Block::paragraph(&steady::meaning_of_phases(run)),
            ],
        ));
    }
}
