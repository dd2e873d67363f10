//! Reports of the gate, for people and for machines.

mod comment;
mod junit;
mod verdict;

use std::path::Path;

use workbench_analysis::gate::{
    AlarmRate, AuditReport, GATE_SCHEMA_VERSION, GateReport, Needed, PLANNED_CHANGES, PlanReport,
    PlanRow, Policy,
};
use workbench_analysis::{ConfidenceInterval, Metric};

use workbench_report::gate::{
    Made, annotation_without_verdict, annotations, audit, comment_without_verdict, document, junit,
    junit_without_verdict, plan,
};
use workbench_report::{Detail, TextOptions};

use crate::fixture::gate as fixture;

const PLAIN: TextOptions = TextOptions {
    width: 120,
    colour: false,
    detail: Detail::Brief,
};

/// How a verdict came about.
pub(crate) fn made(series: Option<&Path>) -> Made<'_> {
    Made {
        commands: vec![(
            "This judges the stored runs again:",
            "workbench gate --series results/series/20261123T101400Z-4f2a".to_owned(),
        )],
        series,
    }
}

fn plain(report: &GateReport) -> String {
    document(report).text(PLAIN)
}

#[test]
fn the_conclusion_and_its_reasons_come_first_on_a_terminal() {
    insta::assert_snapshot!(plain(&fixture::failed()));
}

#[test]
fn refused_runs_say_why_before_any_number() {
    insta::assert_snapshot!(plain(&fixture::refused()));
}

#[test]
fn what_was_forced_is_in_every_output() {
    let report = fixture::forced();
    for output in [
        plain(&report),
        document(&report).markdown(),
        junit(&report).unwrap(),
        annotations(&report),
    ] {
        assert!(
            output.to_lowercase().contains("force") || output.starts_with("::"),
            "{output}"
        );
        assert!(output.contains("different environments"), "{output}");
        assert!(output.contains("Linux 6.8"), "{output}");
    }
}

#[test]
fn markdown_is_for_pull_requests() {
    insta::assert_snapshot!(document(&fixture::failed()).markdown());
}

#[test]
fn every_gated_metric_is_a_test_of_junit() {
    insta::assert_snapshot!(junit(&fixture::failed()).unwrap());
}

#[test]
fn refused_runs_are_errors_in_junit_and_its_text_is_escaped() {
    insta::assert_snapshot!(junit(&fixture::refused()).unwrap());
}

#[test]
fn annotations_are_one_line_each_and_escaped() {
    insta::assert_snapshot!(annotations(&fixture::failed()));
    let refused = annotations(&fixture::refused());
    assert_eq!(refused.lines().count(), 2, "{refused}");
}

#[test]
fn eighty_columns_have_room_for_the_change_and_its_interval() {
    let options = TextOptions { width: 80, ..PLAIN };
    let text = document(&fixture::failed()).text(options);
    assert!(
        text.contains("[−0.62%, +6.8%]") && text.contains("+10.4%"),
        "{text}"
    );
    let verbose = document(&fixture::failed()).text(TextOptions {
        detail: Detail::Verbose,
        ..options
    });
    assert!(
        verbose.contains("Not shown for want of room: "),
        "{verbose}"
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for report in [fixture::failed(), fixture::refused(), fixture::forced()] {
        for width in [40, 60, 80, 120] {
            let options = TextOptions { width, ..PLAIN };
            for line in document(&report).text(options).lines() {
                let columns = textwrap::core::display_width(line);
                assert!(columns <= usize::from(width), "{columns} > {width}: {line}");
            }
        }
    }
}

fn audited() -> AuditReport {
    AuditReport {
        schema_version: GATE_SCHEMA_VERSION,
        policy: Policy::default(),
        runs: 400,
        disjoint: AlarmRate {
            comparisons: 40,
            regressed: 1,
            improved: 2,
            passed: 30,
            inconclusive: 9,
            untested: 0,
            invalid: 0,
            different_revisions: 0,
        },
        interval: Some(ConfidenceInterval {
            lower: 0.000_633,
            upper: Some(0.131_6),
            confidence: 0.95,
        }),
        most_alarms_allowed: 5,
        within_nominal: Some(true),
        reshuffled: AlarmRate {
            comparisons: 1240,
            regressed: 44,
            improved: 44,
            passed: 900,
            inconclusive: 296,
            untested: 0,
            invalid: 0,
            different_revisions: 0,
        },
        reshuffled_exhaustively: true,
        notes: Vec::new(),
    }
}

#[test]
fn an_audit_keeps_disjoint_and_reshuffled_comparisons_apart() {
    insta::assert_snapshot!(audit(&audited()).text(PLAIN));
}

#[test]
fn an_audit_can_be_put_into_a_pull_request() {
    insta::assert_snapshot!(audit(&audited()).markdown());
}

fn planned() -> PlanReport {
    let needed = |(change, pairs): (f64, u64)| Needed {
        change,
        pairs: Some(pairs),
        wall_s: Some(pairs as f64 * 7.5),
    };
    let pairs = [2048, 512, 230, 84, 22, 7];
    PlanReport {
        schema_version: GATE_SCHEMA_VERSION,
        policy: Policy::default(),
        runs: 40,
        pairs: 20,
        pair_s: 7.5,
        rows: [Metric::TypicalTime, Metric::P95]
            .map(|metric| PlanRow {
                request: "TOTAL".to_owned(),
                metric,
                between_runs: 0.0388,
                of_pairs: 0.0412,
                needed: PLANNED_CHANGES.into_iter().zip(pairs).map(needed).collect(),
            })
            .to_vec(),
        notes: Vec::new(),
    }
}

#[test]
fn a_plan_keeps_its_words_whole_and_the_changes_that_gates_are_for() {
    for width in [80, 100, 120] {
        let text = plan(&planned()).text(TextOptions { width, ..PLAIN });
        let head = text.lines().find(|line| line.contains("+5%")).unwrap();
        assert!(head.trim_start().starts_with("Request  Metric"), "{text}");
        assert!(text.contains("typical_time"), "{text}");
        assert!(text.contains("84 (10 min"), "{text}");
        assert!(!text.contains("of one thing, 20 pairs"), "{text}");
    }
}

#[test]
fn what_ends_without_a_verdict_is_one_error_everywhere() {
    let error = "one.yaml: it has no service \"shop\" & no <b>";
    let xml = junit_without_verdict(error).unwrap();
    assert!(
        xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
    assert!(xml.contains("&#38; no &#60;b&#62;"), "{xml}");
    let comment = comment_without_verdict(error, "checkout", Some("https://forge.test/7"));
    assert!(
        comment.starts_with("<!-- workbench-gate:checkout -->\n### ⛔ Gate: no verdict\n"),
        "{comment}"
    );
    assert!(
        comment.contains("[The job](<https://forge.test/7>)"),
        "{comment}"
    );
    assert_eq!(
        annotation_without_verdict("a\nb"),
        "::error title=Gate%3A no verdict::a%0Ab\n"
    );
}
