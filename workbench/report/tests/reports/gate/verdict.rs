//! The verdict as a page, and as it is kept beside a series.

use workbench_analysis::gate::GateReport;
use workbench_report::gate::{VERDICT_FILE, VERDICT_PAGE, page, write_verdict};

use super::made;
use crate::document::body_of;
use crate::fixture::gate as fixture;

#[test]
fn the_page_is_the_conclusion_the_changes_the_rows_and_how_to_come_to_them() {
    let series = tempfile::tempdir().unwrap();
    fixture::series(series.path());
    let page = page(&fixture::of_series(), &made(Some(series.path()))).unwrap();
    insta::assert_snapshot!(body_of(&page));
}

#[test]
fn changes_are_drawn_with_their_interval_and_margin_at_the_top_and_in_a_figure() {
    let page = page(&fixture::failed(), &made(None)).unwrap();
    assert_eq!(page.matches("<svg class=\"change\"").count(), 3);
    assert_eq!(page.matches("<figure>").count(), 1);
    assert!(page.contains("margin: does not matter"), "{page}");
    assert!(page.len() < 60_000, "{}", page.len());
}

#[test]
fn runs_that_cannot_be_judged_have_no_changes_and_say_which_run_is_invalid() {
    let mut report = fixture::with_an_invalid_run();
    report.candidate.runs[2].valid = false;
    for row in &mut report.rows {
        row.comparison.change = None;
    }
    let page = body_of(&page(&report, &made(None)).unwrap());
    assert!(
        page.contains("INVALID: shop/20261123T101503Z-4f2a."),
        "{page}"
    );
    assert!(!page.contains("class=\"tiles\"") && !page.contains("<figure>"));
}

#[test]
fn a_series_keeps_its_page_and_its_report_and_links_to_the_runs_that_have_one() {
    let results = tempfile::tempdir().unwrap();
    let series = results.path().join("series/20261123T101400Z-4f2a");
    fixture::series(&series);
    let report = fixture::of_series();
    let run = results.path().join(&report.baseline.runs[0].run);
    std::fs::create_dir_all(&run).unwrap();
    std::fs::write(run.join("report.html"), "").unwrap();
    let written = write_verdict(&report, &made(Some(&series))).unwrap();
    assert_eq!(written, Some(series.join(VERDICT_PAGE)));
    let page = std::fs::read_to_string(series.join(VERDICT_PAGE)).unwrap();
    assert_eq!(page.matches("<a href=\"../../").count(), 1);
    assert!(page.contains("href=\"../../shop/20261123T101501Z-4f2a/report.html\""));
    let json = std::fs::read(series.join(VERDICT_FILE)).unwrap();
    assert_eq!(serde_json::from_slice::<GateReport>(&json).unwrap(), report);
    assert_eq!(write_verdict(&report, &made(None)).unwrap(), None);
}
