//! What is known of a comparison before its first request: that its runs cannot be compared, or can never pass.

use std::time::Duration;

use workbench_plan::{Load, Plan, SteadyPart, Times};

use super::feasibility::requests_at_looks;
use crate::between::grouping::difference;
use crate::model::{GatedLabels, Policy, TOTAL};

/// Why a series of these two experiments, with looks after so many blocks, could not end with a pass; `None` where nothing is known
/// that speaks against it.
///
/// The experiments differ in more than two versions of a system may, a label that the policy gates is in neither, or even immediate
/// responses would make fewer requests than the error rate takes.
#[must_use]
pub fn cannot_pass(
    (baseline, before): (&str, &Plan),
    (candidate, after): (&str, &Plan),
    policy: &Policy,
    looks: &[u32],
) -> Option<String> {
    let (expected, other) = (before.workload(), after.workload());
    if expected != other {
        let how = difference((baseline, &expected), (candidate, &other));
        return Some(format!(
            "the experiments differ in more than name, thresholds, URLs and faults, so that their runs cannot be compared: {how}"
        ));
    }
    no_such_label(before, policy).or_else(|| too_few_requests(before, policy, looks))
}

fn no_such_label(plan: &Plan, policy: &Policy) -> Option<String> {
    let GatedLabels::Listed(listed) = &policy.labels else {
        return None;
    };
    let mut labels = crate::read::experiment::labels(plan);
    labels.sort_unstable();
    let unknown = |label: &&String| *label != TOTAL && !labels.contains(&label.as_str());
    let label = listed.iter().find(unknown)?;
    Some(format!(
        "the policy gates the label \"{label}\", which the experiment does not have; it has: {}",
        labels.join(", ")
    ))
}

fn too_few_requests(plan: &Plan, policy: &Policy, looks: &[u32]) -> Option<String> {
    let needed = requests_at_looks(policy, looks)?;
    let last = looks.last().copied()?;
    let most = most_requests(plan)? * u64::from(last);
    (most < needed).then(|| {
        format!(
            "such runs can never pass the gate: even with immediate responses {last} blocks make at most {most} requests on each \
             side, and to show that the error rate is no worse takes {needed} without a failure. Make the runs {:.1} times as long, \
             or use more users or a shorter think_time. With --not-required error_rate the gate fails only if the error rate got \
             worse",
            needed as f64 / most.max(1) as f64
        )
    })
}

/// No run can have more requests in its steady part; `None` where the experiment sets no limit.
fn most_requests(plan: &Plan) -> Option<u64> {
    let load = plan.load.as_ref()?;
    if plan.scenarios.iter().any(|it| it.load.is_some()) {
        return None;
    }
    let schedule = plan.schedule();
    let (from, to) = match plan.steady_part() {
        SteadyPart::Hold => (schedule.ramped_up(), schedule.hold_end()),
        SteadyPart::WholeRun => (Duration::ZERO, schedule.likely_end()),
    };
    let time = to.saturating_sub(from.max(plan.warm_up));
    match load {
        Load::Threads(_) | Load::Concurrency(_) => {
            let pauses = plan.scenarios.iter().map(|it| it.think_time.as_ref());
            let pauses = pauses.map(|time| time.map_or(Duration::ZERO, shortest));
            let pause = pauses.min().filter(|pause| !pause.is_zero())?;
            let each = time.as_secs_f64() / pause.as_secs_f64() + 1.0;
            Some((schedule.peak_users() as f64 * each).ceil() as u64)
        }
        // How many requests an iteration has is not looked at.
        Load::Arrivals(_) | Load::Iterations(_) => None,
    }
}

/// No time that is drawn is shorter.
fn shortest(times: &Times) -> Duration {
    match times {
        Times::Constant(time) | Times::Uniform(time, _) => *time,
        Times::Choice(times) => times.iter().min().copied().unwrap_or_default(),
        Times::Real(_) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::gate::PolicyChoices;

    fn plan(load: &str, think_time: &str) -> Plan {
        let text = format!(
            "name: shop\ntarget: {{ urls: {{ shop: \"http://127.0.0.1:1\" }} }}\n{load}\n\
             scenarios: [ {{ name: one, think_time: {think_time}, steps: [ {{ request: GET shop/items }} ] }} ]\n"
        );
        workbench_plan::parse(&text, Path::new("shop.yaml")).unwrap()
    }

    fn said(before: &Plan, after: &Plan, policy: &Policy) -> Option<String> {
        cannot_pass(
            ("a.yaml", before),
            ("b.yaml", after),
            policy,
            &[5, 10, 15, 20],
        )
    }

    const STARTER: &str = "threads: [ { start: 10, startup: 1s, hold: 10s } ]";

    #[test]
    fn runs_whose_requests_can_never_suffice_cannot_pass() {
        let slow = plan("threads: [ { start: 5, startup: 5s, hold: 30s } ]", "1s");
        let why = said(&slow, &slow, &Policy::default()).unwrap();
        assert!(
            why.contains("20 blocks make at most 3100 requests"),
            "{why}"
        );
        assert!(why.contains("--not-required error_rate"), "{why}");
        let choices = PolicyChoices {
            not_required: Some(vec![crate::model::Metric::ErrorRate]),
            ..PolicyChoices::default()
        };
        assert_eq!(said(&slow, &slow, &choices.policy()), None);
        for unlimited in ["0s", "{ exponential: 1s }"] {
            let plan = plan("threads: [ { start: 5, hold: 30s } ]", unlimited);
            assert_eq!(said(&plan, &plan, &Policy::default()), None, "{unlimited}");
        }
    }

    #[test]
    fn the_load_that_init_writes_can_pass_after_five_blocks() {
        let starter = plan(STARTER, "100ms");
        let needed = requests_at_looks(&Policy::default(), &[5, 10, 15, 20]).unwrap();
        // The service takes up to ten milliseconds for a response.
        let of_a_run = most_requests(&plan(STARTER, "110ms")).unwrap();
        assert!(5 * of_a_run >= needed, "{of_a_run} of {needed}");
        assert_eq!(said(&starter, &starter, &Policy::default()), None);
    }

    #[test]
    fn different_experiments_and_unknown_labels_cannot_pass() {
        let (fast, slow) = (plan(STARTER, "100ms"), plan(STARTER, "200ms"));
        let why = said(&fast, &slow, &Policy::default()).unwrap();
        assert!(why.contains("cannot be compared"), "{why}");
        assert!(why.contains("b.yaml has `"), "{why}");
        let labels = PolicyChoices {
            labels: Some(GatedLabels::Listed(vec![
                TOTAL.to_owned(),
                "GET shop/item".to_owned(),
            ])),
            ..PolicyChoices::default()
        };
        let why = said(&fast, &fast, &labels.policy()).unwrap();
        assert!(why.contains("\"GET shop/item\""), "{why}");
        assert!(why.ends_with("it has: GET shop/items"), "{why}");
    }
}
