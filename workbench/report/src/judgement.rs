//! Whether a run is valid, how it ended, and the terms for both.

use workbench_analysis::{RunAnalysis, ThresholdOutcome, ThresholdStatus};
use workbench_samples::{CheckStatus, Outcome};

use crate::document::Level;
use crate::format;
use crate::names::RunName;
use crate::requests;
use crate::table::one_line;

/// Where this share of all requests has failed, the run's conclusion says so. Ours.
const MANY_ERRORS: f64 = 0.01;
/// Where this share of the requests of one label has failed, too. Ours.
const MANY_OF_A_LABEL: f64 = 0.5;

/// What failed, where it is so much that no conclusion may leave it out; `None` where it is not.
#[must_use]
pub fn many_errors(run: &RunAnalysis) -> Option<String> {
    let total = &run.total;
    if total.samples > 0 && total.error_rate >= MANY_ERRORS {
        return Some(format!(
            "{} of the requests failed ({} of {})",
            format::percentage(total.error_rate),
            format::count(total.errors),
            format::count(total.samples)
        ));
    }
    let of_labels = run.requests.iter().filter(|row| row.samples > 0);
    let worst = of_labels.max_by(|a, b| a.error_rate.total_cmp(&b.error_rate))?;
    (worst.error_rate >= MANY_OF_A_LABEL).then(|| {
        format!(
            "{} of the requests of {} failed ({} of {})",
            format::percentage(worst.error_rate),
            one_line(&worst.request),
            format::count(worst.errors),
            format::count(worst.samples)
        )
    })
}

/// What is said of an imported run that nothing speaks against.
const IMPORTED: &str =
    "The run was imported: no check failed; checks that need more than its file has were not made.";

/// What was found about a run's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Valid,
    /// Valid, with [`many_errors`].
    Failing,
    Invalid,
    /// It was killed, is under way, or comes from another tool.
    NotJudged,
}

impl Judgement {
    pub(crate) fn of(run: &RunAnalysis) -> Self {
        match &run.validity {
            Some(validity) if validity.valid && many_errors(run).is_some() => Self::Failing,
            Some(validity) if validity.valid && !validity.is_complete() => Self::NotJudged,
            Some(validity) if validity.valid => Self::Valid,
            Some(_) => Self::Invalid,
            None => Self::NotJudged,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Failing => "MANY ERRORS",
            Self::Invalid => "INVALID",
            Self::NotJudged => "not judged",
        }
    }

    pub(crate) fn level(self) -> Level {
        match self {
            Self::Valid => Level::Good,
            Self::Failing | Self::Invalid => Level::Bad,
            Self::NotJudged => Level::Open,
        }
    }

    /// What follows for the reader of the run.
    pub(crate) fn meaning(run: &RunAnalysis) -> String {
        let validity = match Self::of(run) {
            Self::Valid => {
                warnings(run).map_or("No check failed.".to_owned(), |it| format!("{it}."))
            }
            Self::Failing if run.origin.is_some() => IMPORTED.to_owned(),
            Self::Failing => match warnings(run) {
                Some(warnings) => format!("The run is valid, with {warnings}."),
                None => "The run is valid, no check failed.".to_owned(),
            },
            Self::Invalid => format!(
                "Do not draw conclusions from these numbers, because checks failed: {}.",
                failed_checks(run).join(", ")
            ),
            Self::NotJudged if run.origin.is_some() => IMPORTED.to_owned(),
            Self::NotJudged => {
                "The run did not end by itself, so its checks were not made.".to_owned()
            }
        };
        match many_errors(run) {
            Some(errors) => {
                // The reason distinguishes a wrong target from a wrong experiment.
                let reason = requests::most_frequent(run);
                let reason = reason.map_or_else(String::new, |it| format!(" {it}"));
                format!("{errors}.{reason} {validity}")
            }
            None => validity,
        }
    }
}

/// `2 warnings`, which stand below; `None` where there are none.
fn warnings(run: &RunAnalysis) -> Option<String> {
    let checks = run.validity.iter().flat_map(|validity| &validity.checks);
    let count = checks
        .filter(|it| it.status == CheckStatus::Warning)
        .count();
    (count > 0).then(|| format::counted(count as u64, "warning"))
}

/// Names of the checks that make a run invalid; the first with what it found.
fn failed_checks(run: &RunAnalysis) -> Vec<String> {
    let checks = run.validity.iter().flat_map(|validity| &validity.checks);
    checks
        .filter(|check| check.status == CheckStatus::Failed)
        .enumerate()
        .map(|(place, check)| match place {
            0 => format!("{} ({})", check.name, check.finding),
            _ => check.name.clone(),
        })
        .collect()
}

/// How many runs can be believed, and the names of those that cannot, or that failed much.
pub(crate) fn of_runs(runs: &[RunAnalysis], names: &[RunName]) -> String {
    let of = |judgement: Judgement| -> Vec<&str> {
        let judged = runs.iter().zip(names);
        let judged = judged.filter(|(run, _)| Judgement::of(run) == judgement);
        judged.map(|(_, name)| &*name.label).collect()
    };
    let has_file_alone = |label: &&str| {
        let mut of_label = runs.iter().zip(names);
        let run = of_label.find(|(_, name)| name.label == **label);
        run.is_some_and(|(run, _)| run.origin.is_some())
    };
    let (imported, not_judged): (Vec<&str>, Vec<&str>) = of(Judgement::NotJudged)
        .into_iter()
        .partition(has_file_alone);
    let valid = of(Judgement::Valid).len() + of(Judgement::Failing).len() + imported.len();
    let valid = if valid == runs.len() {
        "all".to_owned()
    } else {
        valid.to_string()
    };
    let mut text = format!(
        "{}, {valid} valid.",
        format::counted(runs.len() as u64, "run")
    );
    for (word, names) in [
        ("INVALID", of(Judgement::Invalid)),
        ("Not judged", not_judged),
        (
            "Imported, so that load and load generator are not checked",
            imported,
        ),
        ("Many errors", of(Judgement::Failing)),
    ] {
        if !names.is_empty() {
            text.push_str(&format!(" {word}: {}.", names.join(", ")));
        }
    }
    text
}

/// How a run ended.
pub(crate) fn outcome(run: &RunAnalysis) -> String {
    match &run.outcome {
        Outcome::Running => "under way".to_owned(),
        Outcome::Completed => "completed".to_owned(),
        Outcome::Interrupted => "interrupted on request; what there was is kept".to_owned(),
        Outcome::Failed(reason) => format!("failed: {reason}"),
    }
}

/// Whether a run is valid, in a word.
pub(crate) fn validity(valid: bool) -> &'static str {
    match valid {
        true => Judgement::Valid.word(),
        false => Judgement::Invalid.word(),
    }
}

/// A check's outcome in a word.
pub(crate) fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Passed => "passed",
        CheckStatus::NotChecked => "not checked",
        CheckStatus::Warning => "warning",
        CheckStatus::Failed => "FAILED",
    }
}

/// A threshold's outcome in a word.
pub(crate) fn threshold(status: ThresholdStatus) -> &'static str {
    match status {
        ThresholdStatus::Passed => "passed",
        ThresholdStatus::Missed => "MISSED",
        ThresholdStatus::Undecided => "undecided",
    }
}

/// What was measured over the whole run, and why that decides nothing where it does not.
pub(crate) fn measured(threshold: &ThresholdOutcome) -> String {
    let measured = &threshold.measured;
    match &threshold.undecided {
        Some(why) => format!("{measured} in the whole run; {why}"),
        None => format!("{measured} in the whole run"),
    }
}
