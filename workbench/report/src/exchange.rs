//! A recorded exchange as text, the same for a terminal and for the page.

mod json;
mod text;

use jiff::Timestamp;
use workbench_samples::{Content, Exchange, Message};

use crate::format;
pub use text::{ExchangeCount, ShownExchanges, exchange_text, exchanges_text};

/// What it is an example of: its label and the kind of its error.
pub(crate) fn title(exchange: &Exchange) -> String {
    let kind = exchange.kind.map_or("ok", |kind| kind.as_str());
    format!("{}: {kind}", exchange.label)
}

/// When it was, whose it was, and how long it took.
pub(crate) fn facts(exchange: &Exchange) -> String {
    let at = Timestamp::from_nanosecond(i128::from(exchange.at))
        .map_or_else(|_| exchange.at.to_string(), |at| format!("{at:.3}"));
    let mut facts = vec![
        at,
        format!(
            "user {}, iteration {} of {}",
            exchange.user, exchange.iteration, exchange.scenario
        ),
        format::time(exchange.elapsed_ns as f64),
        format!("to {}", exchange.server),
    ];
    if exchange.redirects > 0 {
        let followed = format::counted(exchange.redirects.into(), "redirect");
        facts.push(format!("after {followed}"));
    }
    if exchange.sent_again {
        facts.push("sent again on a new connection".to_owned());
    }
    facts.join(", ")
}

/// A request or a response to be read. No part of it drives a terminal.
pub(crate) struct MessageText {
    pub(crate) start: String,
    /// Names and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, JSON with line breaks; empty where there is none to be read.
    pub(crate) body: String,
    pub(crate) is_json: bool,
    /// What is missing.
    pub(crate) notes: Vec<String>,
}

impl MessageText {
    /// `most` is how many bytes of the body are shown.
    pub(crate) fn of(message: &Message, most: usize) -> Self {
        let mut notes = Vec::new();
        if message.head_truncated {
            notes.push("the rest of the head was not kept".to_owned());
        }
        let kept = &message.body;
        let (mut body, is_json) = match &kept.content {
            Content::Text(text) => match json::with_line_breaks(text, kept.truncated) {
                Some(json) => (visible(&json), true),
                None => (visible(text), false),
            },
            Content::Base64 { media_type, .. } => {
                let what = if media_type.is_empty() {
                    "no text"
                } else {
                    media_type
                };
                notes.push(format!(
                    "a body of {} ({}): in base64 in failures/exchanges.json",
                    format::counted(kept.length, "byte"),
                    visible(what)
                ));
                (String::new(), false)
            }
            Content::Encoded => {
                notes.push("a body whose content encoding was not undone was not kept".to_owned());
                (String::new(), false)
            }
        };
        if kept.truncated {
            let length = format::counted(kept.length, "byte");
            notes.push(format!("the beginning of a body of {length}"));
        }
        if body.len() > most {
            body.truncate(body.floor_char_boundary(most));
            notes.push("more of it: workbench show".to_owned());
        }
        Self {
            start: visible(&message.start),
            headers: message
                .headers
                .iter()
                .map(|(name, value)| (visible(name), visible(value)))
                .collect(),
            body,
            is_json,
            notes,
        }
    }

    /// The start and the headers, a line each.
    pub(crate) fn head(&self) -> String {
        let headers = self.headers.iter();
        let lines = headers.map(|(name, value)| format!("{name}: {value}"));
        let lines: Vec<String> = std::iter::once(self.start.clone()).chain(lines).collect();
        lines.join("\n")
    }
}

/// The text with what would drive a terminal, and what XML cannot hold, replaced by U+FFFD; line breaks and tabs stay.
fn visible(text: &str) -> String {
    let visible = |letter: char| match letter {
        '\n' | '\t' => letter,
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
        letter => letter,
    };
    text.replace("\r\n", "\n").chars().map(visible).collect()
}
