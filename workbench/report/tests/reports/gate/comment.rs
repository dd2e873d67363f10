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
    let (_, objections) = text.split_once("Forced in spite of:\n\n").unwrap();
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
    assert!(text.contains("The first 20 of 503 rows."), "{text}");
    assert!(text.contains("- 497 more"), "{text}");
    assert!(text.chars().count() < 20_000, "{}", text.chars().count());
}
