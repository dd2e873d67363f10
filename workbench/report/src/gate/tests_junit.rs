//! That JUnit is as green as the gate.

use workbench_analysis::gate::{Conclusion, FailOn};

use super::{fixture, junit};

#[test]
fn a_gate_that_failed_for_want_of_a_value_is_not_green() {
    let mut report = fixture::failed();
    report.rows.clear();
    report.policy.fail_on = vec![FailOn::Regressed, FailOn::Inconclusive];
    let xml = junit(&report).unwrap();
    // The conclusion and the missing row.
    assert!(xml.contains("failures=\"2\""), "{xml}");
    report.policy.fail_on = vec![FailOn::Regressed];
    report.conclusion = Conclusion::Inconclusive;
    let xml = junit(&report).unwrap();
    assert!(
        xml.contains("failures=\"0\"") && xml.contains("skipped=\"2\""),
        "{xml}"
    );
}
