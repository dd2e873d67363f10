//! The gate's conclusion where an analysis compares two groups. The analysis' own rows are exploratory.

use workbench_analysis::gate::{Conclusion, GateReport, ObjectionKind};

use super::{table, terms};
use crate::document::Level;
use crate::table::Table;

/// Stands between the gate's rows and all others.
pub(crate) const EXPLORATORY: &str = "All other tables are exploratory: every request and metric, with verdicts that allow for all of these rows. They show \
     where a change comes from and do not decide the gate. Their intervals have 90% confidence; those of a gate with \
     interim analyses are wider (96.4% at each of four).";

/// What the gate concludes, for a page that is about more.
pub(crate) struct Concluded {
    /// In capitals: `PASSED`; of what is not gated `not gated`.
    pub(crate) word: &'static str,
    /// What is not gated is open.
    pub(crate) level: Level,
    pub(crate) sentence: String,
    pub(crate) reasons: Vec<String>,
    /// The gated rows; `None` where there are none to be believed.
    pub(crate) rows: Option<Table>,
    pub(crate) policy: String,
}

/// What the gate concludes. Groups that differ in more than the version of one system are no case for it.
pub(crate) fn concluded(report: &GateReport) -> Concluded {
    let incomparable = |kind| kind != ObjectionKind::InvalidRun;
    let unlike = report.conclusion == Conclusion::Invalid
        && report.objections.iter().any(|it| incomparable(it.kind));
    let (word, sentence) = if unlike {
        (
            "not gated",
            "The gate judges two versions of one system under one load, and these runs differ in more.",
        )
    } else {
        (
            terms::conclusion(report.conclusion),
            terms::meaning(report.conclusion),
        )
    };
    let judged = report.conclusion != Conclusion::Invalid && !report.rows.is_empty();
    Concluded {
        word,
        level: if unlike {
            Level::Open
        } else {
            super::level(report.conclusion)
        },
        sentence: sentence.to_owned(),
        reasons: report.reasons.clone(),
        rows: judged.then(|| table::rows(report)),
        policy: terms::policy(&report.policy),
    }
}
