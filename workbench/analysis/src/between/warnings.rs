//! Texts of the statistics' warnings.

use workbench_statistics::VerdictWarning;

/// Most names in one sentence.
const NAMES: usize = 4;

/// The first names and the number of the others: `a, b, c, d and 12 more`.
pub(crate) fn few(names: &[&str]) -> String {
    let named = &names[..names.len().min(NAMES)];
    match names.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

pub(super) fn describe(warning: VerdictWarning) -> String {
    match warning {
        VerdictWarning::SingleRuns => {
            "one run on either side cannot tell a change from the variation between runs".to_owned()
        }
        VerdictWarning::HistoryTooShort { runs, needed } => format!(
            "a single candidate run needs {needed} runs or more as its baseline, one of each session; there are \
            {runs}"
        ),
        VerdictWarning::TooFewRuns { runs, needed } => {
            format!("{runs} runs are too few for any verdict: {needed} are needed on either side")
        }
        VerdictWarning::LargeEffectsOnly { runs } => {
            format!("{runs} runs can show large changes, but not that there is none")
        }
        VerdictWarning::EquivalenceNeedsMoreRuns { needed } => format!(
            "the interval lies within the margin, but it takes {needed} runs on either side to call that equivalent"
        ),
        VerdictWarning::SingleCandidate => {
            "the candidate is a single run, taken to vary as the history does".to_owned()
        }
        VerdictWarning::NoVariation => {
            "all runs have the same value, so that a change cannot be judged".to_owned()
        }
        VerdictWarning::CrossCheckDisagrees { p } => format!(
            "the test on ranks does not confirm this (one-sided p = {p:.3}): look for a run that is unlike the others"
        ),
        VerdictWarning::LostInFamily { p } => format!(
            "it would count alone, but not among so many rows (one-sided p adjusted by Holm = {p:.3})"
        ),
        other => format!("{other:?}"),
    }
}
