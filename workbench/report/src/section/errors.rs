//! Which requests failed, why, and an example of each kind.

use workbench_analysis::RunAnalysis;
use workbench_samples::Exchange;

use crate::document::{Block, Depth, Section};
use crate::exchange::{self, MessageText};
use crate::requests;
use crate::table::{Row, Table, one_line};

/// Bytes that a page shows of a body.
const BODY: usize = 4 << 10;

/// Kinds of errors that the brief text shows.
const FEW: usize = 3;

/// Failed requests by label, kind and status, the reasons, and an example of each kind.
pub(super) fn section(run: &RunAnalysis, folder: &str) -> Section {
    let Some(errors) = requests::errors(run) else {
        let none = if run.total.samples == 0 {
            "No request was made."
        } else {
            "No request failed."
        };
        return Section::new(
            "errors",
            "Errors",
            Depth::Summary,
            vec![Block::paragraph(none)],
        );
    };
    let mut blocks = vec![Block::table(
        "Failed requests by name, kind and status",
        most_frequent_first(errors),
    )];
    blocks.extend(requests::most_frequent(run).map(|it| Block::paragraph(&it)));
    if let Some(reasons) = requests::reasons(run) {
        blocks.push(Block::details(
            "Why requests failed",
            vec![Block::table("Reasons, the most frequent first", reasons)],
        ));
    }
    if !run.failures.is_empty() {
        let examples = run.failures.iter();
        let examples = examples.filter_map(|failure| failure.example.as_ref());
        blocks.push(Block::PageOnly(examples.map(example).collect()));
        blocks.push(Block::Command(format!("workbench show {folder}")));
    }
    Section::new("errors", "Errors", Depth::Summary, blocks)
}

/// Where rows have to go, those with the most requests stay.
fn most_frequent_first(mut table: Table) -> Table {
    let count = |row: &Row| row.cells.last().and_then(|cell| cell.value).unwrap_or(0.0);
    for row in &mut table.rows {
        row.priority = count(row);
    }
    table.most_in_brief = FEW;
    table.kept_by_priority("most frequent", "kinds of error")
}

fn example(exchange: &Exchange) -> Block {
    let title = one_line(&exchange::title(exchange));
    let mut blocks = Vec::new();
    if !exchange.reason.is_empty() {
        blocks.push(Block::paragraph(&exchange.reason));
    }
    blocks.push(Block::paragraph(&exchange::facts(exchange)));
    push_message(
        &mut blocks,
        &format!("Request of {title}"),
        &exchange.request,
    );
    match &exchange.response {
        Some(response) => push_message(&mut blocks, &format!("Response to {title}"), response),
        None => blocks.push(Block::paragraph("No response.")),
    }
    Block::details(&format!("Example: {title}"), blocks)
}

fn push_message(blocks: &mut Vec<Block>, name: &str, message: &workbench_samples::Message) {
    let message = MessageText::of(message, BODY);
    let mut text = message.head();
    if !message.body.is_empty() {
        text.push_str("\n\n");
        text.push_str(&message.body);
    }
    blocks.push(Block::Text(name.to_owned(), text));
    for note in &message.notes {
        blocks.push(Block::paragraph(&format!("{name}: {note}.")));
    }
}
