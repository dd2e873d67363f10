//! That JUnit is as green as the gate.

use workbench_analysis::gate::{Conclusion, FailOn};

use workbench_report::gate::junit;

use crate::fixture::gate as fixture;

#[test]
fn no_label_makes_the_xml_malformed() {
    let mut report = fixture::failed();
    let label =
        "]]> <a> & \u{0}\u{1}\u{8}\u{b}\u{c}\u{1f}\u{7f}\u{85}\u{fffd}\u{fffe}\u{ffff}\u{1f600}";
    label.clone_into(&mut report.rows[0].comparison.request);
    label.clone_into(&mut report.candidate.name);
    report.reasons.push(label.to_owned());
    let xml = junit(&report).unwrap();
    // Production 2 of XML 1.0.
    let is_char = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(is_char), "{xml:?}");
    assert!(
        !xml.contains("]]>") && xml.contains("]]&#62;") && xml.contains('\u{1f600}'),
        "{xml}"
    );
}

#[test]
fn a_gate_that_failed_for_want_of_a_value_is_not_green() {
    let mut report = fixture::failed();
    report.rows.clear();
    report.policy.fail_on = vec![FailOn::Regressed, FailOn::Inconclusive];
    let xml = junit(&report).unwrap();
    // The missing row; the conclusion is no second failure.
    assert!(xml.contains("failures=\"1\""), "{xml}");
    report.policy.fail_on = vec![FailOn::Regressed];
    report.conclusion = Conclusion::Inconclusive;
    let xml = junit(&report).unwrap();
    assert!(
        xml.contains("failures=\"0\"") && xml.contains("skipped=\"2\""),
        "{xml}"
    );
}

#[test]
fn one_cause_is_one_failure_or_one_error() {
    for (report, expected) in [
        (fixture::failed(), "failures=\"1\" errors=\"0\""),
        (fixture::refused(), "failures=\"0\" errors=\"1\""),
    ] {
        let xml = junit(&report).unwrap();
        assert!(xml.contains(expected), "{xml}");
    }
}
