//! A history as it is shown.

use workbench_report::history::{document, write_page};
use workbench_report::{Detail, TextOptions};

use crate::fixture::history as fixture;

const NARROW: TextOptions = TextOptions {
    width: 80,
    colour: false,
    detail: Detail::Brief,
};

#[test]
fn text_says_what_changed_when_and_by_how_much() {
    let text = document(&fixture::history()).text(NARROW);
    insta::assert_snapshot!(text);
    assert!(text.lines().count() <= 40, "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn markdown_has_the_same_tables_and_escapes_names() {
    let page = document(&fixture::history()).markdown();
    assert!(
        page.starts_with("## History of baselines/&lt;shop>"),
        "{page}"
    );
    for expected in ["### Changes", "regressed", "133 ms", "before session 31"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
}

#[test]
fn the_page_has_a_figure_and_fetches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.html");
    write_page(&fixture::history(), &file).unwrap();
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.contains("<svg") && page.contains("regressed") && page.contains("▲ 133 ms"));
    assert!(!page.contains("<shop>"), "names are escaped");
    for fetched in ["src=", "<link", "@import", "url("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    assert_eq!(page.matches("<tr>").count(), 2 + 3 + 1 + 40);
}

#[test]
fn too_few_sessions_are_not_called_unchanged() {
    let mut history = fixture::history();
    history.sessions.truncate(5);
    history.breaks.clear();
    for metric in &mut history.metrics {
        metric.values.truncate(5);
        metric.levels.truncate(1);
        metric.changes.clear();
    }
    let shown = document(&history).text(NARROW);
    assert!(
        shown.contains("Too few sessions to find a change: 11"),
        "{shown}"
    );
    assert!(!shown.contains("No change"), "{shown}");
}
