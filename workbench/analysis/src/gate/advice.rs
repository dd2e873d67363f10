//! Advice on further steps after a conclusion.

use workbench_statistics::{RUNS_FOR_EQUIVALENCE, student_t_quantile};

use crate::model::{Conclusion, GateReport, Metric, ObjectionKind, Pairing, Policy, RowOutcome};

/// Most runs per side that are recommended. Our choice.
const PRACTICAL: u64 = 40;

/// A few sentences, the most useful first. `imported`: another tool makes the runs.
pub(super) fn advice(report: &GateReport, unfinished: bool, imported: bool) -> Vec<String> {
    if unfinished && report.conclusion != Conclusion::Invalid {
        return vec![
            "Make the runs that are missing: `workbench run --resume SERIES`. Then judge the whole series, once."
                .to_owned(),
        ];
    }
    match report.conclusion {
        Conclusion::Passed => Vec::new(),
        Conclusion::Failed => failed(report),
        Conclusion::Inconclusive => inconclusive(report, imported),
        Conclusion::Invalid => invalid(report),
    }
}

fn failed(report: &GateReport) -> Vec<String> {
    let mut advice = vec![
        "Look at the rows that failed, then at the reports of the candidate's runs.".to_owned(),
    ];
    let doubted = report
        .rows
        .iter()
        .filter(|row| row.outcome == RowOutcome::Failed && !row.comparison.warnings.is_empty());
    let doubted: Vec<String> = doubted.map(|row| row.comparison.name()).collect();
    if !doubted.is_empty() {
        advice.push(format!(
            "Read the warnings on {} first.",
            doubted.join(", ")
        ));
    }
    advice.push(
        "An alarm can be false. Do not repeat the gate until it passes: that hides what it looks for. One more series, \
         decided on beforehand and judged by itself, may confirm it."
            .to_owned(),
    );
    advice
}

fn inconclusive(report: &GateReport, imported: bool) -> Vec<String> {
    let mut advice = Vec::new();
    let open = report
        .rows
        .iter()
        .filter(|row| row.outcome == RowOutcome::Open);
    let runs = report.baseline.compared.min(report.candidate.compared);
    let least = u64::from(report.policy.minimum_runs);
    let history = report.baseline.history;
    let few = runs < RUNS_FOR_EQUIVALENCE as u64;
    // Of two numbers only the one that it takes is worth saying.
    let is_said_below = few && least <= RUNS_FOR_EQUIVALENCE as u64 && !history;
    if !is_said_below && (report.baseline.compared < least || (runs < least && !history)) {
        advice.push(format!(
            "The policy asks for {least} runs or more: make a new series of so many, or ask for fewer (minimum_runs)."
        ));
    }
    if history {
        advice.push(
            "One run has a wide interval: compare it with a wider margin, or gate series of both versions \
            instead of a history."
                .to_owned(),
        );
    } else if few {
        advice.push(format!(
            "{} cannot show that nothing changed: it takes {RUNS_FOR_EQUIVALENCE} or more of each, interleaved: {}.",
            match runs {
                1 => "One run on a side".to_owned(),
                runs => format!("{runs} runs on a side"),
            },
            if imported {
                "`workbench gate --baseline FILE… --candidate FILE…`, a result file for each run"
            } else {
                "`workbench run BASELINE.yaml CANDIDATE.yaml --repetitions N`"
            }
        ));
    } else if let Some(needed) = open.filter_map(|row| row.comparison.runs_needed).max() {
        let what = match report.pairing {
            Pairing::Pairs => "pairs of runs",
            Pairing::Independent => "runs on either side",
        };
        advice.push(if needed > PRACTICAL {
            format!(
                "Runs of the same experiment differ so much that it would take {needed} {what} to find a \
                regression as large as the margin. Find out why they differ, use a quieter machine, or allow a \
                wider margin. Longer runs help only against variation within runs."
            )
        } else if needed > runs {
            format!(
                "Make a new series of {needed} {what}. They find a regression as large as the margin four times \
                out of five, if they vary as these do."
            )
        } else {
            format!(
                "{runs} {what} find a regression as large as the margin four times out of five. This one may be \
                smaller: make a new, longer series, or allow a wider margin."
            )
        });
    }
    if !few {
        advice.extend(error_rates(report));
    }
    if !report.missing.is_empty() {
        advice.push(
            "Every gated metric needs a value in every run. Longer runs have more requests for high \
            percentiles. Check the labels."
                .to_owned(),
        );
    }
    if report.pairing == Pairing::Independent && !history && runs > 1 {
        advice.push(
            "The runs are compared as independent. Interleaved runs of one series are compared in pairs, which \
            cancels drift."
                .to_owned(),
        );
    }
    advice
}

/// Without a single failure the interval of a rate still reaches up to z²/n (Wilson).
fn error_rates(report: &GateReport) -> Option<String> {
    let margin = report.policy.rule.error_rate_margin();
    let look = report.look.as_ref();
    let level = look.map_or(report.policy.rule.alpha(), |look| look.level);
    let requests = requests_for_error_rates(&report.policy, level)?;
    let open = report
        .rows
        .iter()
        .any(|row| row.outcome == RowOutcome::Open && row.comparison.metric == Metric::ErrorRate);
    open.then(|| {
        format!(
            "Error rates: showing a margin of {} percentage points takes some {requests} requests on either side even where none \
             fails. Longer runs have more; `error_rate_margin` allows more; `not_required: [error_rate]` fails on them only \
             where they got worse.",
            (margin * 1e6).round() / 1e4,
        )
    })
}

/// The fewest requests per side with which the error rate can be shown to be no worse, if none fails. `None` if that is
/// not required, or if no number is enough. `level` is that of the test, one-sided: the policy's alpha, or that of a
/// look.
pub(super) fn requests_for_error_rates(policy: &Policy, level: f64) -> Option<u64> {
    let margin = policy.rule.error_rate_margin();
    // With this many degrees of freedom t is the normal distribution.
    let z = student_t_quantile(level, 1e9).ok()?;
    let required = !policy.not_required.contains(&Metric::ErrorRate);
    (required && margin > 0.0).then(|| (z * z / margin).round() as u64)
}

fn invalid(report: &GateReport) -> Vec<String> {
    let of_kinds = [
        (
            ObjectionKind::InvalidRun,
            "Fix what made the runs invalid and make the whole series again. Leaving out invalid runs would \
            bias the comparison.",
        ),
        (
            ObjectionKind::Environment,
            "Make the runs of both sides on one machine with one program, best interleaved in one series.",
        ),
        (
            ObjectionKind::Experiment,
            "Give both sides the same experiment; only names, thresholds, URLs and faults may differ.",
        ),
        (
            ObjectionKind::Session,
            "Keep one run of each session in a history.",
        ),
    ];
    let kinds: Vec<_> = report.objections.iter().map(|it| it.kind).collect();
    let of_kinds = of_kinds
        .into_iter()
        .filter(|(kind, _)| kinds.contains(kind));
    let force = "`workbench gate --force` (of the newest series `workbench gate --series --force`) gives a verdict nevertheless \
         and marks every output.";
    let advice = of_kinds.map(|(_, advice)| advice).chain([force]);
    advice.map(str::to_owned).collect()
}
