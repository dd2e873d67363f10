//! Checks after the first block what a series that ends as soon as it is decided cannot show.

use workbench_statistics::Looks;

use super::advice::requests_for_error_rates;
use super::conclude::{Sides, judge};
use super::missing_runs::MissingRuns;
use super::run::GateRun;
use crate::between::requests_of;
use crate::model::{Metric, Policy};

/// Gated rows without a value in such runs, and error rates for which the requests are too few; each a sentence without
/// its full stop. Measured values are not reported.
#[must_use]
pub fn cannot_be_shown(
    baseline: &GateRun,
    candidate: &GateRun,
    policy: &Policy,
    looks: &Looks,
) -> Vec<String> {
    let report = judge(
        Sides {
            baseline: std::slice::from_ref(baseline),
            candidate: std::slice::from_ref(candidate),
            history: false,
            absent: &MissingRuns::default(),
        },
        policy,
        true,
    );
    let runs = [&baseline.analysis, &candidate.analysis];
    let mut found: Vec<String> = report
        .missing
        .iter()
        .filter(|row| policy.requires(row.metric))
        .map(|row| {
            let metric = policy.asked_as(row.metric).as_str();
            let why = &row.why;
            format!(
                "{metric} of {} cannot be judged by runs like these ({why}). Make them longer, or say --not-required {metric}",
                row.request
            )
        })
        .collect();
    let (Some(needed), Some(last)) = (
        requests_for_error_rates(policy, looks.level()),
        looks.pairs().last().copied(),
    ) else {
        return found;
    };
    let rows = report.rows.iter().map(|row| &row.comparison);
    for row in rows.filter(|row| row.metric == Metric::ErrorRate) {
        let of_run = runs.map(|run| requests_of(run, &row.request));
        let a_run = of_run.into_iter().min().unwrap_or(0);
        let in_all = a_run * last as u64;
        if in_all < needed {
            found.push(format!(
                "error_rate of {} cannot be shown to be no worse: {last} blocks make some {in_all} requests on either side, and \
                 it takes {needed} even where none fails. Make runs {:.1} times as long. Or say --not-required error_rate: the gate \
                 then fails only if the error rate got worse",
                row.request,
                needed as f64 / in_all.max(1) as f64
            ));
        }
    }
    found
}

/// The fewest requests in a run with which a series with these looks, given in blocks, can show that the error rate is
/// no worse, if none fails. `None` if that is not required, or if no number is enough.
#[must_use]
pub fn requests_at_looks(policy: &Policy, looks: &[u32]) -> Option<u64> {
    let looks = policy.looks(looks).ok()?;
    requests_for_error_rates(policy, looks.level())
}

#[cfg(test)]
mod tests {
    use workbench_statistics::PairTest;

    use super::*;
    use crate::between::fixture::run;
    use crate::gate::PolicyChoices;
    use crate::gate::fixture::gate_run;

    /// The sentences for a first block whose runs have this many requests.
    fn sentences(requests: u64, policy: &Policy) -> Vec<String> {
        let [before, after] = [0, 1].map(|number| {
            let mut run = run("shop", number, 10.0);
            let total = &mut run.steady.as_mut().unwrap().total;
            total.samples = requests;
            if requests < 299 {
                total.p99_ns.value = None;
                total.p99_ns.note = Some("takes 299 requests".to_owned());
            }
            gate_run(run)
        });
        let looks = Looks::new(&[5, 10], PairTest::Trimmed, policy.rule.alpha()).unwrap();
        cannot_be_shown(&before, &after, policy, &looks)
    }

    #[test]
    fn an_error_rate_that_ten_blocks_cannot_show_is_named_with_the_needed_requests() {
        let [sentence] = sentences(300, &Policy::default()).try_into().unwrap();
        assert!(
            sentence.starts_with("error_rate of TOTAL cannot be shown to be no worse: 10 blocks make some 3000 requests"),
            "{sentence}"
        );
        assert_eq!(sentences(1000, &Policy::default()), [] as [&str; 0]);
    }

    #[test]
    fn a_percentile_without_a_value_is_named_with_the_reason() {
        let choices = PolicyChoices {
            metrics: Some(vec![Metric::P99]),
            not_required: Some(vec![Metric::ErrorRate]),
            ..PolicyChoices::default()
        };
        let [sentence] = sentences(200, &choices.policy()).try_into().unwrap();
        assert_eq!(
            sentence,
            "p99 of TOTAL cannot be judged by runs like these (takes 299 requests). Make them longer, or say --not-required p99"
        );
    }

    #[test]
    fn metrics_that_are_not_required_are_not_named() {
        let choices = PolicyChoices {
            metrics: Some(vec![Metric::P99]),
            not_required: Some(vec![Metric::P99, Metric::ErrorRate]),
            ..PolicyChoices::default()
        };
        assert_eq!(sentences(200, &choices.policy()), [] as [&str; 0]);
    }
}
