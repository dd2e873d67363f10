//! Recorded exchanges on a terminal.

use workbench_report::{Detail, ExchangeCount, ShownExchanges, TextOptions, exchanges_text};
use workbench_samples::{Content, Failures};

use crate::fixture;

fn shown(recorded: &Failures, width: u16, colour: bool) -> String {
    let analysis = fixture::single();
    let run = &analysis.runs[0];
    let shown = ShownExchanges {
        run: run.name(),
        counts: vec![
            ExchangeCount {
                label: "POST orders/orders",
                kind: None,
                status: None,
                count: 30_996,
                recorded: 0,
            },
            ExchangeCount {
                label: "POST orders/orders",
                kind: Some("status"),
                status: Some(503),
                count: 131,
                recorded: 1,
            },
            ExchangeCount {
                label: "POST orders/orders",
                kind: Some("timeout"),
                status: None,
                count: 12,
                recorded: 1,
            },
        ],
        reasons: recorded.reasons.iter().collect(),
        exchanges: recorded.exchanges.iter().collect(),
    };
    let notes = ["One of each kind.".to_owned()];
    let options = TextOptions {
        width,
        colour,
        detail: Detail::Verbose,
    };
    exchanges_text(run, &shown, &notes, options)
}

#[test]
fn exchanges_read_from_their_list_to_the_last_response() {
    insta::assert_snapshot!(shown(&fixture::failures::exchanges(), 80, false));
}

#[test]
fn heads_and_keys_are_coloured_and_nothing_else_changes() {
    let recorded = fixture::failures::exchanges();
    let coloured = shown(&recorded, 80, true);
    assert!(coloured.contains("\u{1b}[31mHTTP/1.1 503 Service Unavailable\u{1b}[0m"));
    assert!(coloured.contains("\u{1b}[32mHTTP/1.1 201 Created\u{1b}[0m"));
    assert!(coloured.contains("\u{1b}[36mhost\u{1b}[0m: shop.test"));
    assert!(coloured.contains("  \u{1b}[36m\"error\"\u{1b}[0m: \"out of stock\""));
    let mut plain = coloured;
    for code in ["0", "1", "31", "32", "36"] {
        plain = plain.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(plain, shown(&recorded, 80, false));
}

#[test]
fn neither_heads_nor_bodies_drive_the_terminal() {
    let mut recorded = fixture::failures::exchanges();
    for exchange in &mut recorded.exchanges {
        exchange.reason = "\u{1b}[2J".to_owned();
        exchange.request.start = "GET /\u{1b}[2J HTTP/1.1".to_owned();
        exchange.request.headers[0].1 = "\u{1b}]0;title\u{7}".to_owned();
        exchange.request.body.content =
            Content::Text("a\u{1b}[31m\r\n::error::x\rb\u{9b}c".to_owned());
    }
    let text = shown(&recorded, 80, false);
    let drives = |letter: char| letter.is_control() && letter != '\n';
    assert!(!text.contains(drives), "{text:?}");
    assert!(!text.contains("\n::error"), "{text}");
}
