//! The gate's report as JUnit XML, which CI systems show as tests.

use askama::Template;
use workbench_analysis::gate::{Conclusion, FailOn, GateReport, GateRow, RowOutcome};

use super::terms;
use crate::error::ReportError;
use crate::groups::terms as of_groups;
use crate::table::one_line;

/// As Jenkins' `junit-10.xsd` has it, the strictest schema that is in use.
#[derive(Template)]
#[template(path = "gate.xml", escape = "xml")]
pub(super) struct Suite {
    pub(super) properties: Vec<(&'static str, String)>,
    pub(super) cases: Vec<Case>,
}

/// One test.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) result: Option<NotPassed>,
    pub(super) out: String,
}

/// The element of a test that did not pass.
pub(super) struct NotPassed {
    /// `failure`, `error` or `skipped`.
    pub(super) element: &'static str,
    pub(super) kind: String,
    pub(super) message: String,
}

impl Suite {
    pub(super) fn xml(&self) -> Result<String, ReportError> {
        self.render().map_err(|source| ReportError::Page { source })
    }

    fn count(&self, element: &str) -> usize {
        let not_passed = self.cases.iter().filter_map(|case| case.result.as_ref());
        not_passed
            .filter(|not_passed| not_passed.element == element)
            .count()
    }
}

/// The report as JUnit XML: a test for each gated label and metric, one for the conclusion, and one for whether the runs
/// can be compared at all.
///
/// A row that fails is a failure, one that is open is skipped (it neither passed nor failed; the exit code tells). One that has no
/// value is skipped, or a failure where the policy fails on what is inconclusive. Where runs cannot be compared, that is the one error.
/// A cause counts once: the conclusion is skipped where another test has failed for it.
///
/// # Errors
/// When the template cannot be filled in.
pub fn junit(report: &GateReport) -> Result<String, ReportError> {
    let class = one_line(&format!(
        "candidate ({}) against baseline ({})",
        report.candidate.name, report.baseline.name
    ));
    let mut cases = vec![conclusion(report, &class), comparable(report, &class)];
    let unanswered = if report.policy.fail_on.contains(&FailOn::Inconclusive) {
        "failure"
    } else {
        "skipped"
    };
    cases.extend(report.rows.iter().map(|row| case(row, &class)));
    cases.extend(report.missing.iter().map(|missing| Case {
        name: one_line(&format!(
            "{} of {}",
            missing.metric.as_str(),
            missing.request
        )),
        class: class.clone(),
        result: Some(NotPassed {
            element: unanswered,
            kind: "inconclusive".to_owned(),
            message: one_line(&format!("not every run has a value ({})", missing.why)),
        }),
        out: String::new(),
    }));
    let is_red = |case: &Case| {
        case.result
            .as_ref()
            .is_some_and(|result| result.element != "skipped")
    };
    if cases[1..].iter().any(is_red)
        && let Some(result) = &mut cases[0].result
    {
        result.element = "skipped";
    }
    let properties = vec![
        (
            "conclusion",
            terms::conclusion(report.conclusion).to_lowercase(),
        ),
        ("policy", one_line(&terms::policy(&report.policy))),
        ("forced", report.forced.to_string()),
    ];
    Suite { properties, cases }.xml()
}

/// The conclusion: whatever the rows are, the suite is not greener than the gate.
fn conclusion(report: &GateReport, class: &str) -> Case {
    let element = match report.conclusion {
        Conclusion::Passed => None,
        Conclusion::Failed => Some("failure"),
        Conclusion::Inconclusive => Some("skipped"),
        Conclusion::Invalid => Some("error"),
    };
    Case {
        name: "the gate".to_owned(),
        class: class.to_owned(),
        result: element.map(|element| NotPassed {
            element,
            kind: terms::conclusion(report.conclusion).to_lowercase(),
            message: one_line(&report.reasons.join("; ")),
        }),
        out: one_line(terms::meaning(report.conclusion)),
    }
}

fn comparable(report: &GateReport, class: &str) -> Case {
    let findings = terms::objections(report);
    Case {
        name: "the runs can be compared".to_owned(),
        class: class.to_owned(),
        result: (!findings.is_empty()).then(|| NotPassed {
            element: if report.forced { "skipped" } else { "error" },
            kind: if report.forced { "forced" } else { "invalid" }.to_owned(),
            message: one_line(&findings.join("; ")),
        }),
        out: one_line(&terms::sides(report)),
    }
}

fn case(row: &GateRow, class: &str) -> Case {
    let it = &row.comparison;
    let verdict = of_groups::verdict_of(it).to_lowercase();
    let mut out = format!(
        "{verdict}: {} to {}",
        terms::value(it.metric, it.baseline),
        terms::value(it.metric, it.candidate)
    );
    if let Some(change) = terms::change_with_interval(it) {
        out.push_str(&format!(", {change}"));
    }
    if let Some(change) = it.minimum_detectable_change {
        out.push_str(&format!(
            "; detectable {}",
            terms::change(it.metric, change)
        ));
    }
    if let Some(runs) = it.runs_needed {
        out.push_str(&format!("; runs needed {runs}"));
    }
    let not_passed = |element| {
        Some(NotPassed {
            element,
            kind: verdict.clone(),
            message: one_line(&format!("{}: {out}", row.reason)),
        })
    };
    Case {
        name: one_line(&format!("{} of {}", it.metric.as_str(), it.request)),
        class: class.to_owned(),
        result: match row.outcome {
            RowOutcome::Passed => None,
            RowOutcome::Failed => not_passed("failure"),
            RowOutcome::Open | RowOutcome::NotRequired => not_passed("skipped"),
            // The runs have the reason, once.
            RowOutcome::Invalid => not_passed("skipped"),
        },
        out: one_line(&out),
    }
}
