//! The distribution of response times as quantiles up to the maximum.

use crate::model::{PercentileCurve, TOTAL};
use crate::observe::{LabelObservations, Observations, Times};

/// The curves of all requests as `TOTAL`, and of the labels that are shown over time.
pub(crate) fn percentile_curves(observations: &Observations) -> Vec<PercentileCurve> {
    let is_steady = observations.steady.is_some();
    let shown = &observations.over_time.response_times;
    let is_shown = |label: &&LabelObservations| shown.iter().any(|it| it.request == label.label);
    let all = Times::together(
        observations
            .labels
            .iter()
            .filter_map(|it| part(it, is_steady)),
    );
    let total = all.map(|times| curve(TOTAL, &times));
    let labels = observations.labels.iter().filter(is_shown);
    let labels = labels.filter_map(|label| Some(curve(&label.label, &part(label, is_steady)?)));
    total.into_iter().chain(labels).collect()
}

fn part(label: &LabelObservations, is_steady: bool) -> Option<Times<'_>> {
    if is_steady {
        label.times.steady()
    } else {
        label.times.all()
    }
}

/// The curve up to the quantile above which one request is left.
fn curve(request: &str, times: &Times<'_>) -> PercentileCurve {
    let count = times.count() as f64;
    let positions = (0..).take_while(|position| PercentileCurve::tail(*position) <= count);
    PercentileCurve {
        request: request.to_owned(),
        quantiles_ns: positions
            .map_while(|position| times.about(PercentileCurve::probability(position)).ok())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Class;

    #[test]
    fn a_percentile_curve_ascends_as_far_as_requests_support_it() {
        let times_ns: Vec<f64> = (1..=10_000).map(|it| f64::from(it) * 1e3).collect();
        let found = curve("a", &Class::of_test(&times_ns).times()).quantiles_ns;
        assert_eq!(found.len(), 41);
        assert!(found.is_sorted());
        for (position, expected) in [(0, 1e3), (10, 9e6), (20, 9.9e6), (40, 1e7)] {
            let share = found[position] / expected;
            assert!((0.998..=1.001).contains(&share), "{position}: {share}");
        }
    }

    #[test]
    fn a_single_request_has_a_single_point() {
        let found = curve("a", &Class::of_test(&[5e6]).times());
        assert_eq!(found.quantiles_ns.len(), 1);
    }
}
