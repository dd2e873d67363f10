//! What is drawn behind the lines of charts over time: the steady part, and the limits of thresholds.

use serde::Serialize;
use workbench_analysis::RunAnalysis;

use super::Number;
use crate::table::one_line;

/// What stands behind the lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Marks {
    /// Where the steady part begins and ends, in seconds; `None` where there is none, or where it is the whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    steady: Option<[Number; 2]>,
    /// Of the first chart, that of response times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<Limit>,
}

/// A limit of response times.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Limit {
    /// The threshold as written.
    text: String,
    ms: Number,
    /// Position among the requests to choose from that it is for.
    of: usize,
}

impl Marks {
    pub(super) fn none(&self) -> bool {
        self.steady.is_none() && self.limits.is_empty()
    }

    /// Of a run whose response times can be chosen by these labels, all together first.
    pub(super) fn of(run: &RunAnalysis, labels: &[&str]) -> Self {
        let steady = run.steady.as_ref();
        let steady = steady.map(|it| (it.from_s, it.to_s));
        let is_part = |&(from, to): &(f64, f64)| from > 0.5 || to < run.duration_s - 1.5;
        let limits = run.thresholds.iter().filter_map(|threshold| {
            let (ms, label) = limit(&threshold.text)?;
            let of = match label {
                None => 0,
                Some(label) => labels.iter().skip(1).position(|it| *it == label)? + 1,
            };
            Some(Limit {
                text: one_line(threshold.text.trim()),
                ms: Number::rounded(ms),
                of,
            })
        });
        Self {
            steady: steady
                .filter(is_part)
                .map(|(from, to)| [from, to].map(Number::rounded)),
            limits: limits.collect(),
        }
    }
}

/// The limit in milliseconds of a threshold on a response time, and the request that it is for.
fn limit(text: &str) -> Option<(f64, Option<&str>)> {
    let (measured, limit) = text.rsplit_once(['<', '>'])?;
    let measured = measured.trim();
    let (metric, label) = match measured.split_once('"') {
        None => (measured, None),
        Some((metric, label)) => (metric, Some(label.strip_suffix('"')?)),
    };
    let metric = metric.split_whitespace().next()?;
    let is_time = matches!(metric, "mean" | "max") || metric.starts_with('p');
    let limit = limit.trim_start_matches('=').trim();
    let unit = limit.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = limit.split_at(unit);
    let ms = match unit {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 60e3,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    is_time.then_some((number * ms, label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn limits_of_response_times_are_read_from_thresholds() {
        assert_eq!(limit("p95 < 500ms"), Some((500.0, None)));
        assert_eq!(limit("mean<=1.5s"), Some((1500.0, None)));
        let of_label = limit("p99 of \"GET a<b\" < 1s");
        assert_eq!(of_label, Some((1000.0, Some("GET a<b"))));
        assert_eq!(limit("error_rate < 1%"), None);
        assert_eq!(limit("throughput > 20/s"), None);
        assert_eq!(limit("p95 < 1m30s"), None);
    }

    #[test]
    fn the_steady_part_and_the_limits_of_a_run_are_marked() {
        let marks = Marks::of(&fixture::single().runs[0], &["TOTAL"]);
        let json = serde_json::to_string(&marks).unwrap();
        assert_eq!(
            json,
            "{\"steady\":[10,70],\"limits\":[{\"text\":\"p95 < 500ms\",\"ms\":500,\"of\":0}]}"
        );
    }
}
