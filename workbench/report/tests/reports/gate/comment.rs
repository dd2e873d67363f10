use workbench_analysis::gate::{PolicyChoices, RowOutcome};
use workbench_analysis::{ConfidenceInterval, Verdict};
use workbench_report::gate::comment;

use crate::fixture::gate::{failed, forced, refused};

#[test]
fn a_comment_is_short_and_begins_with_its_marker() {
    let link = Some("https://forge.test/runs/7");
    insta::assert_snapshot!(comment(&failed(), "checkout", link));
}

#[test]
fn runs_that_cannot_be_compared_have_the_reason_in_the_comment() {
    let text = comment(&refused(), "gate", None);
    assert!(text.contains("⛔ Gate: INVALID"), "{text}");
    assert!(text.contains("- different environments: kernel"), "{text}");
    assert!(!text.contains("The whole report"), "{text}");
}

#[test]
fn a_comment_says_what_was_forced() {
    let text = comment(&forced(), "gate", None);
    let (_, objections) = text.split_once("Forced despite:\n\n").unwrap();
    assert!(objections.starts_with("- different environments: kernel"));
}

#[test]
fn rows_that_failed_are_among_the_first_of_many_long_ones() {
    let mut report = failed();
    let open = report.rows[0].clone();
    let label = "/v1/".to_owned() + &"_very".repeat(2_000);
    for number in 0..500 {
        let mut row = open.clone();
        row.comparison.request = format!("{label}/{number}");
        report.rows.insert(0, row);
        report
            .reasons
            .push(format!("p95 of {label}/{number}: worse"));
    }
    report.candidate.name = label;
    let text = comment(&report, "gate", None);
    assert!(text.contains("FAILED: regressed"), "{text}");
    assert!(text.contains("The first 20 of 504 rows."), "{text}");
    assert!(text.contains("- 497 more"), "{text}");
    assert!(text.chars().count() < 20_000, "{}", text.chars().count());
}

#[test]
fn a_sure_slowdown_within_the_margin_is_called_one_and_the_margin_is_stated() {
    let mut report = failed();
    report.policy = PolicyChoices {
        margin: Some("10%".parse().unwrap()),
        ..PolicyChoices::default()
    }
    .policy();
    let row = &mut report.rows[0];
    row.outcome = RowOutcome::Passed;
    row.comparison.verdict = Verdict::Equivalent;
    row.comparison.change = Some(0.073);
    row.comparison.interval = Some(ConfidenceInterval {
        lower: 0.070,
        upper: Some(0.076),
        confidence: 0.9,
    });
    let text = comment(&report, "gate", None);
    assert!(text.contains("passed: slower, within 10%"), "{text}");
    assert!(
        text.contains("Margin: 10%; for error rates 0.1 percentage points."),
        "{text}"
    );
    assert!(text.contains("geometric mean of the median"), "{text}");
    assert!(text.contains("Warnings:\n\n- block 6 at the end"), "{text}");
    // What was compared, by its address, and what no run has a value of.
    assert!(
        text.contains("shop#2 (6 runs, 5 of them compared) at http://shop-2.test"),
        "{text}"
    );
    assert!(text.contains("open: no value"), "{text}");
}
