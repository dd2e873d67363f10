//! Recorded exchanges for a terminal: a list by label and kind, why they failed, and each with its request and response.

use serde::Serialize;
use workbench_analysis::RunAnalysis;
use workbench_samples::{Exchange, Message, Reason};

use super::{MessageText, facts, title};
use crate::document::{Page, TextOptions, Tone};
use crate::format;
use crate::judgement;
use crate::names;
use crate::table::{Cell, Column, Row, Table};

/// What of a run's exchanges is shown.
#[derive(Clone, Debug, Serialize)]
pub struct ShownExchanges<'a> {
    /// Name of the experiment's folder and of the run's.
    pub run: String,
    /// How many requests ended in which way.
    pub counts: Vec<ExchangeCount<'a>>,
    /// Why they failed.
    pub reasons: Vec<&'a Reason>,
    /// Recorded exchanges.
    pub exchanges: Vec<&'a Exchange>,
}

/// How many requests of a label ended in one way.
#[derive(Clone, Debug, Serialize)]
pub struct ExchangeCount<'a> {
    /// Label of the requests.
    pub label: &'a str,
    /// The kind of error; `None` of those that did not fail.
    pub kind: Option<&'a str>,
    /// HTTP status of those that failed, where there was a response.
    pub status: Option<u16>,
    /// How many.
    pub count: u64,
    /// Of these, how many were recorded.
    pub recorded: u64,
}

/// The exchanges as text of a terminal's width, heads and bodies as long as they are.
///
/// `notes` end the list, before the first exchange.
#[must_use]
pub fn exchanges_text(
    run: &RunAnalysis,
    shown: &ShownExchanges<'_>,
    notes: &[String],
    options: TextOptions,
) -> String {
    let mut page = Page::new(options);
    page.title(&names::heading(&run.experiment, run));
    page.paragraph(&format!(
        "Run {}, {}: {} of {} failed.",
        run.run_id,
        judgement::outcome(run),
        format::count(run.total.errors),
        format::counted(run.total.samples, "request")
    ));
    page.heading("Requests");
    page.table(&counts(&shown.counts));
    if !shown.reasons.is_empty() {
        page.heading("Reasons");
        page.table(&reasons(&shown.reasons));
    }
    if !notes.is_empty() {
        page.gap();
    }
    for note in notes {
        page.paragraph(note);
    }
    for exchange in &shown.exchanges {
        write(&mut page, exchange);
    }
    page.into_text()
}

/// One exchange as it is shown while somebody looks on: a line, whether what was `expected` came, the variables that the
/// response has set, whether the iteration ends with it, and where `is_whole`, request and response.
#[must_use]
pub fn exchange_text(
    exchange: &Exchange,
    expected: Option<&str>,
    captured: &[(String, String)],
    (ends_iteration, is_whole): (bool, bool),
    options: TextOptions,
) -> String {
    let mut page = Page::new(options);
    let tone = if exchange.kind.is_none() {
        Tone::Good
    } else {
        Tone::Bad
    };
    let status = exchange
        .response
        .as_ref()
        .map_or("no response", |response| {
            let status = response.start.split_once(' ');
            status.map_or(response.start.as_str(), |(_, status)| status)
        });
    let elapsed = format::milliseconds(exchange.elapsed_ns as f64);
    page.verbatim(
        "",
        &exchange.label,
        tone,
        &format!("  {status}  {elapsed} ms"),
    );
    if !exchange.reason.is_empty() {
        let kind = exchange.kind.map_or("", |kind| kind.as_str());
        page.verbatim("  ", kind, Tone::Bad, &format!(": {}", exchange.reason));
    }
    if let (Some(expected), None) = (expected, exchange.kind) {
        page.verbatim("  ", "as expected", Tone::Good, &format!(": {expected}"));
    }
    for (name, value) in captured {
        page.verbatim("  ", name, Tone::Name, &format!(" = {value}"));
    }
    if ends_iteration {
        page.verbatim(
            "  ",
            "the iteration ends here",
            Tone::Bad,
            ": later steps need what is missing",
        );
    }
    if is_whole {
        page.gap();
        write_messages(&mut page, exchange);
        page.gap();
    }
    page.into_text()
}

fn counts(counts: &[ExchangeCount<'_>]) -> Table {
    let rows = counts.iter().map(|it| {
        Row::of(vec![
            Cell::text(it.label),
            Cell::text(it.kind.unwrap_or("ok")),
            match (it.kind, it.status) {
                (_, Some(status)) => Cell::number(status.into(), status.to_string()),
                (Some(_), None) => Cell::text("no response"),
                (None, None) => Cell::nothing(),
            },
            Cell::count(it.count),
            Cell::count(it.recorded),
        ])
    });
    let columns = vec![
        Column::text("Request", 0),
        Column::text("Kind", 0),
        Column::number("Status", "", 2),
        Column::number("Count", "", 0),
        Column::number("Recorded", "", 1),
    ];
    Table::new(columns, rows.collect())
}

fn reasons(reasons: &[&Reason]) -> Table {
    let rows = reasons.iter().map(|it| {
        Row::of(vec![
            Cell::count(it.count),
            Cell::text(it.kind.as_str()),
            Cell::text(&it.label),
            Cell::text(it.reason.as_deref().unwrap_or("other reasons")),
        ])
    });
    let columns = vec![
        Column::number("Count", "", 0),
        Column::text("Kind", 0),
        Column::text("Request", 1),
        Column::text("Reason", 0),
    ];
    Table::new(columns, rows.collect())
}

fn write(page: &mut Page, exchange: &Exchange) {
    page.title(&title(exchange));
    if !exchange.reason.is_empty() {
        page.item("Reason", Tone::Bad, &exchange.reason);
    }
    page.paragraph(&facts(exchange));
    page.gap();
    write_messages(page, exchange);
}

fn write_messages(page: &mut Page, exchange: &Exchange) {
    write_message(page, &exchange.request, Tone::Strong);
    page.gap();
    match &exchange.response {
        Some(response) => {
            let tone = if exchange.kind.is_none() {
                Tone::Good
            } else {
                Tone::Bad
            };
            write_message(page, response, tone);
        }
        None => page.paragraph("No response."),
    }
}

fn write_message(page: &mut Page, message: &Message, tone: Tone) {
    let message = MessageText::of(message, usize::MAX);
    page.verbatim("", &message.start, tone, "");
    for (name, value) in &message.headers {
        page.verbatim("", name, Tone::Name, &format!(": {value}"));
    }
    if !message.body.is_empty() {
        page.gap();
    }
    for line in message.body.lines() {
        let (indent, key, rest) = match key(line) {
            Some(parts) if message.is_json => parts,
            _ => (line, "", ""),
        };
        page.verbatim(indent, key, Tone::Name, rest);
    }
    for note in &message.notes {
        page.paragraph(&format!("({note})"));
    }
}

/// A line of JSON that begins with a key: what stands before it, the key, and the rest.
fn key(line: &str) -> Option<(&str, &str, &str)> {
    let text = line.trim_start();
    let after_quote = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = after_quote.find(|letter: char| {
        let is_end = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        is_end
    })?;
    let (key, rest) = text.split_at(end + 2);
    let indent = &line[..line.len() - text.len()];
    rest.starts_with(':').then_some((indent, key, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_stands_before_a_colon() {
        assert_eq!(key("  \"a\\\"b\": 1"), Some(("  ", "\"a\\\"b\"", ": 1")));
        for line in ["", "  1", "\"text\",", "\"open", "{"] {
            assert_eq!(key(line), None);
        }
    }
}
