//! Groups that are not compared: why, and what to do.

use workbench_analysis::BetweenRuns;

use super::comparisons;
use crate::format;
use crate::table::one_line;

/// Why groups stand there without any comparison, and what to do; `None` where they are compared.
///
/// `imported`: another tool made the runs.
pub(crate) fn why_uncompared(between: &BetweenRuns, imported: bool) -> Option<String> {
    if !comparisons(between).is_empty() {
        return None;
    }
    let groups: Vec<_> = between
        .groups
        .iter()
        .map(|group| {
            let runs = format::counted(group.runs.len() as u64, "run");
            format!("{} ({runs})", one_line(&group.name))
        })
        .collect();
    Some(match groups.as_slice() {
        [] => "There are no groups of runs to compare.".to_owned(),
        [only] => format!(
            "Nothing to compare with: all runs repeat {only}. The spread between its runs is shown below. To compare, {}.",
            if imported {
                "give the files of a candidate: workbench gate --baseline FILE… --candidate FILE…, five or more of each"
            } else {
                "run another experiment beside it: workbench run BASELINE.yaml CANDIDATE.yaml --repetitions 5"
            }
        ),
        _ if between.comparisons.is_empty() => {
            "The groups are points of a sweep: they are meant to differ, so no verdict is given on their differences."
                .to_owned()
        }
        several => format!(
            "No verdict: {} are too few to tell a change from the variation between runs. The values below are what \
             these runs had; the next ones may well lie elsewhere. To get a verdict, repeat all of them, interleaved: {}.",
            listed(several),
            if imported {
                "five result files or more of each, then workbench gate --baseline FILE… --candidate FILE…"
            } else {
                "workbench run BASELINE.yaml CANDIDATE.yaml --repetitions 5, then workbench analyze with the series’ folder"
            }
        ),
    })
}

/// `a, b and c`.
fn listed(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}
