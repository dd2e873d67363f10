//! What CI shows where a gate ended with an error, before there was anything to judge.

use super::junit::{Case, NotPassed, Suite};
use crate::document::{escaped, push_heading};
use crate::error::ReportError;
use crate::table::one_line;

/// JUnit XML with one test, which is an error.
///
/// # Errors
/// When the template cannot be filled in.
pub fn junit_without_verdict(error: &str) -> Result<String, ReportError> {
    let suite = Suite {
        properties: vec![("conclusion", "none".to_owned())],
        cases: vec![Case {
            name: "the gate".to_owned(),
            class: "candidate against baseline".to_owned(),
            result: Some(NotPassed {
                element: "error",
                kind: "error".to_owned(),
                message: one_line(error),
            }),
            out: "The gate ended before there was anything to judge.".to_owned(),
        }],
    };
    suite.xml()
}

/// A comment on a pull request, which replaces that of an earlier commit; see [`comment`](super::comment()).
#[must_use]
pub fn comment_without_verdict(error: &str, name: &str, link: Option<&str>) -> String {
    let mut page = format!("<!-- workbench-gate:{name} -->\n");
    push_heading(&mut page, 3, "⛔ Gate: no verdict");
    page.push_str(&format!("{}\n", escaped(&one_line(error))));
    if let Some(link) = link {
        page.push_str(&format!("\n[The job](<{link}>)\n"));
    }
    page
}

/// A workflow command, which GitHub shows as an annotation.
#[must_use]
pub fn annotation_without_verdict(error: &str) -> String {
    super::github::command("error", "Gate: no verdict", error)
}
