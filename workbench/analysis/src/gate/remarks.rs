//! What a reader should know of single runs: their own warnings, and which of them stand apart. Nothing here changes a
//! verdict.

use workbench_samples::CheckStatus;
use workbench_statistics::quantile;

use super::run::GateRun;

/// Runs with warnings that are named; the others are counted.
const NAMED: usize = 3;

/// Fewer runs have no middle that one of them could be far from: ours.
const FOR_A_MIDDLE: usize = 5;

/// How far from the median, in robust standard deviations, a run is unlike the others: Iglewicz and Hoaglin's.
const FAR: f64 = 3.5;

/// The median absolute deviation of normal values, in their standard deviations.
const MEDIAN_DEVIATION: f64 = 0.6745;

/// One line for all runs whose own checks warn, and one for each run that stands far from the others of its side.
pub(super) fn remarks(baseline: &[&GateRun], candidate: &[&GateRun], margin: f64) -> Vec<String> {
    let mut remarks: Vec<String> = warned(&[baseline, candidate].concat())
        .into_iter()
        .collect();
    for side in [baseline, candidate] {
        remarks.extend(far(side, margin));
    }
    remarks
}

fn warned(runs: &[&GateRun]) -> Option<String> {
    let of: Vec<String> = runs
        .iter()
        .filter_map(|run| {
            let checks = &run.analysis.validity.as_ref()?.checks;
            let findings: Vec<String> = checks
                .iter()
                .filter(|check| check.status == CheckStatus::Warning)
                .map(|check| format!("{}: {}", check.name, check.finding))
                .collect();
            (!findings.is_empty()).then(|| format!("{} ({})", run.name(), findings.join("; ")))
        })
        .collect();
    let named = of
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let more = match of.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!of.is_empty()).then(|| {
        format!(
            "{} of {} runs {} warnings: {named}{more}",
            of.len(),
            runs.len(),
            if of.len() == 1 { "has" } else { "have" }
        )
    })
}

/// Runs whose mean time, as a logarithm, is more than 3.5 robust standard deviations from the median of its side, and
/// farther than the margin. The median absolute deviation is the measure, which no single run can stretch.
///
/// # References
/// B. Iglewicz, D. C. Hoaglin (1993), “How to Detect and Handle Outliers”, section 3.2.
fn far(side: &[&GateRun], margin: f64) -> Vec<String> {
    let means: Option<Vec<f64>> = side
        .iter()
        .map(|run| {
            let mean = run.analysis.steady.as_ref()?.total.mean_ns.value?;
            (mean > 0.0).then(|| mean.ln())
        })
        .collect();
    let Some(means) = means.filter(|means| means.len() >= FOR_A_MIDDLE) else {
        return Vec::new();
    };
    let median = |values: &[f64]| quantile(values, 0.5).ok();
    let Some(middle) = median(&means) else {
        return Vec::new();
    };
    let distances: Vec<f64> = means.iter().map(|mean| (mean - middle).abs()).collect();
    let Some(deviation) = median(&distances).filter(|deviation| *deviation > 0.0) else {
        return Vec::new();
    };
    let distances = means.iter().zip(&distances).zip(side);
    distances
        .filter(|((_, distance), _)| {
            MEDIAN_DEVIATION * **distance / deviation > FAR && **distance > margin.ln_1p()
        })
        .map(|((mean, _), run)| {
            let change = (mean - middle).exp_m1() * 100.0;
            format!(
                "{} is unlike the other runs of its side: its mean time is {:.0}% {} their median; it counts all the same, \
                 look at its report",
                run.name(),
                change.abs(),
                if change > 0.0 { "above" } else { "below" }
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use workbench_samples::Check;

    use super::*;
    use crate::between::fixture::{alone, run};
    use crate::gate::fixture::gate_run;

    fn runs(count: usize) -> Vec<GateRun> {
        alone("shop", count, 10.0)
            .into_iter()
            .map(gate_run)
            .collect()
    }

    fn told(runs: &[GateRun]) -> Vec<String> {
        let runs: Vec<&GateRun> = runs.iter().collect();
        remarks(&runs, &[], 0.05)
    }

    #[test]
    fn runs_with_warnings_are_told_in_one_line() {
        let mut side = runs(5);
        assert_eq!(told(&side), [] as [&str; 0]);
        side[2].analysis.validity.as_mut().unwrap().checks = vec![Check {
            name: "processor".to_owned(),
            status: CheckStatus::Warning,
            finding: "91 % busy".to_owned(),
        }];
        assert_eq!(
            told(&side),
            ["1 of 5 runs has warnings: shop/20261118T110602Z-0002 (processor: 91 % busy)"]
        );
    }

    #[test]
    fn a_run_far_from_the_others_is_named() {
        let mut side = runs(9);
        side.push(gate_run(run("shop", 30, 13.0)));
        let told = told(&side);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with("shop/20261118T110630Z-001e is unlike"),
            "{told:?}"
        );
        assert!(told[0].contains("above their median"), "{told:?}");
    }

    #[test]
    fn a_run_within_the_margin_or_among_few_is_not() {
        let mut side = runs(9);
        // Five robust deviations, but nobody minds 4 %.
        side.push(gate_run(run("shop", 30, 10.4)));
        assert_eq!(told(&side), [] as [&str; 0]);
        let mut side = runs(3);
        side.push(gate_run(run("shop", 30, 13.0)));
        assert_eq!(told(&side), [] as [&str; 0]);
    }
}
