//! Notices on single runs: their own warnings, and outliers. They do not change a verdict.

use workbench_samples::CheckStatus;
use workbench_statistics::quantile;

use super::run::GateRun;
use crate::occurrence::grouped;

/// Fewest runs for the search for outliers. Our choice.
const FOR_A_MIDDLE: usize = 5;

/// Distance from the median, in robust standard deviations, from which a run is an outlier: Iglewicz and Hoaglin's.
const FAR: f64 = 3.5;

/// The median absolute deviation of normal values, in their standard deviations.
const MEDIAN_DEVIATION: f64 = 0.6745;

/// One line for each check with warnings, and one for each outlier of a side.
pub(super) fn notices(baseline: &[&GateRun], candidate: &[&GateRun], margin: f64) -> Vec<String> {
    let mut notices = warned(&[baseline, candidate].concat());
    for side in [baseline, candidate] {
        notices.extend(far(side, margin));
    }
    notices
}

/// A line for each check that warns, with the first finding.
fn warned(runs: &[&GateRun]) -> Vec<String> {
    let checks = runs.iter().flat_map(|run| {
        let checks = run.analysis.validity.iter().flat_map(|it| &it.checks);
        let warnings = checks.filter(|check| check.status == CheckStatus::Warning);
        warnings.map(|check| (&check.name, (&check.finding, run.name())))
    });
    grouped(checks)
        .into_iter()
        .map(|(name, found)| {
            let (finding, run) = &found[0];
            let (count, of) = (found.len(), runs.len());
            format!("{name}, in {count} of {of} runs: {finding} in {run}")
        })
        .collect()
}

/// Runs whose mean time, as a logarithm, is more than 3.5 robust standard deviations from the median of its side, and
/// farther than the margin. The median absolute deviation is used because an outlier does not affect it.
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
                "{} differs from the other runs of its side: its mean time is {:.0}% {} their median; it counts \
                nevertheless, look at its report",
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

    fn found(runs: &[GateRun]) -> Vec<String> {
        let runs: Vec<&GateRun> = runs.iter().collect();
        notices(&runs, &[], 0.05)
    }

    #[test]
    fn each_kind_of_warning_is_one_line_with_its_first_finding() {
        let mut side = runs(5);
        assert_eq!(found(&side), [] as [&str; 0]);
        let warning = |name: &str, finding: &str| Check {
            name: name.to_owned(),
            status: CheckStatus::Warning,
            finding: finding.to_owned(),
        };
        for (run, busy) in [(2, "91 % busy"), (3, "95 % busy")] {
            side[run].analysis.validity.as_mut().unwrap().checks = vec![warning("processor", busy)];
        }
        let checks = &mut side[3].analysis.validity.as_mut().unwrap().checks;
        checks.push(warning("other load", "steal took 3 %"));
        assert_eq!(
            found(&side),
            [
                "processor, in 2 of 5 runs: 91 % busy in shop/20261118T110602Z-0002",
                "other load, in 1 of 5 runs: steal took 3 % in shop/20261118T110603Z-0003"
            ]
        );
    }

    #[test]
    fn an_outlying_run_is_named() {
        let mut side = runs(9);
        side.push(gate_run(run("shop", 30, 13.0)));
        let found = found(&side);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("shop/20261118T110630Z-001e differs from the other runs"),
            "{found:?}"
        );
        assert!(found[0].contains("above their median"), "{found:?}");
    }

    #[test]
    fn a_run_within_the_margin_or_among_few_is_not_named() {
        let mut side = runs(9);
        // Five robust deviations, but only 4 %, which is within the margin.
        side.push(gate_run(run("shop", 30, 10.4)));
        assert_eq!(found(&side), [] as [&str; 0]);
        let mut side = runs(3);
        side.push(gate_run(run("shop", 30, 13.0)));
        assert_eq!(found(&side), [] as [&str; 0]);
    }
}
