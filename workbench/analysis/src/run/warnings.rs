//! Warnings on a run.

use std::collections::BTreeSet;

use workbench_plan::{Plan, Scenario};
use workbench_samples::{BadRows, CheckStatus, ErrorKind, Manifest, Origin, Outcome};

use crate::between::few;
use crate::observe::Observations;
use crate::occurrence::unique;

/// Warnings on an imported run: rows that were not imported.
fn of_origin(origin: &Origin) -> Vec<String> {
    let mut warnings = Vec::new();
    let bad = origin.bad_row_count();
    if bad > 0 {
        let kinds = origin.bad_rows.iter().map(BadRows::describe);
        warnings.push(format!(
            "lacks {bad} of {} rows, which could not be read: {}",
            origin.rows,
            kinds.collect::<Vec<_>>().join("; ")
        ));
    }
    for left_out in &origin.left_out {
        warnings.push(format!(
            "leaves out {} rows: {}",
            left_out.count, left_out.what
        ));
    }
    warnings
}

/// Each completes a sentence that begins with the run.
pub(super) fn warnings(
    manifest: &Manifest,
    plan: &Plan,
    observations: &Observations,
) -> Vec<String> {
    let mut warnings = Vec::new();
    match &manifest.outcome {
        Outcome::Completed => {}
        Outcome::Running => warnings.push(
            "has not ended: its last seconds are missing, and nothing has checked its validity yet"
                .to_owned(),
        ),
        Outcome::Interrupted => {
            warnings.push("was interrupted before the end of its schedule".to_owned());
        }
        Outcome::Failed(reason) => warnings.push(format!("failed: {reason}")),
    }
    if let Some(validity) = manifest.validity.as_ref().filter(|it| !it.valid) {
        let checks = validity.checks.iter();
        let failed = checks.filter(|check| check.status == CheckStatus::Failed);
        let reasons: Vec<String> = failed
            .map(|check| format!("{}: {}", check.name, check.finding))
            .collect();
        warnings.push(format!("is invalid ({})", reasons.join("; ")));
    }
    if manifest.target.is_unverified() {
        warnings.push(
            "did not verify the certificates of the services (--insecure): they may not be those of the target"
                .to_owned(),
        );
    }
    let errors = observations.errors.iter();
    let censored = errors.filter(|total| total.error == ErrorKind::Censored.as_str());
    let censored: u64 = censored.map(|total| total.count).sum();
    let counts = observations.labels.iter().map(|label| &label.counts);
    let never_began: u64 = counts.map(|counts| counts.samples - counts.began).sum();
    if never_began > 0 {
        warnings.push(format!(
            "has arrivals that never began ({never_began}): they count as errors, and enter the times with how long they had waited, a lower bound"
        ));
    }
    let in_flight = censored.saturating_sub(never_began);
    if in_flight > 0 {
        warnings.push(format!(
            "has requests that were still in flight at its end ({in_flight}): they count as errors, and enter the times with how long they had waited, a lower bound"
        ));
    }
    if let Some(origin) = &manifest.origin {
        warnings.extend(of_origin(origin));
        return warnings;
    }
    let unplayed = plan.scenarios_without_users();
    if !unplayed.is_empty() {
        warnings.push(format!(
            "has too few users for the weights of its scenarios: none played {}",
            few(&unplayed)
        ));
    }
    let sent: BTreeSet<&str> = observations.labels.iter().map(|it| &*it.label).collect();
    let is_played = |it: &&Scenario| !unplayed.contains(&it.name.as_str());
    let steps = plan
        .scenarios
        .iter()
        .filter(is_played)
        .flat_map(|it| &it.steps);
    let mut never_sent = unique(steps.map(|step| step.label.as_str()));
    never_sent.retain(|label| !sent.contains(label));
    if !never_sent.is_empty() {
        warnings.push(format!("has no samples of {}", few(&never_sent)));
    }
    warnings
}
