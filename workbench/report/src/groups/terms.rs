//! Names of verdicts and metrics, and values in the units of their metric.

use workbench_analysis::{
    ConfidenceInterval, Group, GroupRun, Metric, MetricComparison, Pairing, TestMethod, Verdict,
};

use crate::format::{self, NOTHING};

/// A verdict in a word.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Invalid => "INVALID",
        Verdict::Equivalent => "equivalent",
        Verdict::Regressed => "regressed",
        Verdict::Improved => "improved",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// The same, and whether a change for the worse is surely beyond the margin.
pub(crate) fn verdict_of(row: &MetricComparison) -> &'static str {
    match (row.verdict, row.strict_regression) {
        (Verdict::Regressed, true) => "regressed beyond margin",
        (other, _) => verdict(other),
    }
}

/// In the order in which a reader wants to know of them.
pub(crate) const BY_URGENCY: [Verdict; 5] = [
    Verdict::Invalid,
    Verdict::Regressed,
    Verdict::Improved,
    Verdict::Inconclusive,
    Verdict::Equivalent,
];

/// A metric's name.
pub(crate) fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::TypicalTime => "median per request",
        Metric::Mean => "mean",
        Metric::P50 => "p50",
        Metric::P95 => "p95",
        Metric::P99 => "p99",
        Metric::Throughput => "throughput",
        Metric::ErrorRate => "error rate",
    }
}

/// A value with its unit.
pub(crate) fn value(metric: Metric, value: f64) -> String {
    match metric {
        Metric::TypicalTime | Metric::Mean | Metric::P50 | Metric::P95 | Metric::P99 => {
            format::time(value)
        }
        Metric::Throughput if value.is_finite() => format!("{}/s", format::significant(value)),
        Metric::Throughput => NOTHING.to_owned(),
        Metric::ErrorRate => format::percentage(value),
    }
}

/// A change: of error rates in percentage points, of everything else in percent.
pub(crate) fn change(metric: Metric, change: f64) -> String {
    match metric {
        Metric::ErrorRate => format::points(change),
        _ => format::change(change),
    }
}

/// How far apart the values of a row are, where the runs allow no test of it: `+9.8% (unproven)`.
pub(crate) fn unproven(row: &MetricComparison) -> Option<String> {
    let is_open = row.change.is_none() && row.method.is_none();
    is_open
        .then(|| apart(row.metric, row.baseline, row.candidate))
        .flatten()
}

/// How far apart two values are that nothing is known of.
pub(crate) fn apart(metric: Metric, before: f64, after: f64) -> Option<String> {
    let apart = match metric {
        Metric::ErrorRate => after - before,
        _ => after / before - 1.0,
    };
    apart
        .is_finite()
        .then(|| format!("{} (unproven)", change(metric, apart)))
}

/// An interval of changes.
pub(crate) fn changes(metric: Metric, interval: &ConfidenceInterval) -> String {
    format::range(interval.lower, interval.upper, |bound| {
        change(metric, bound)
    })
}

/// An interval of values.
pub(crate) fn values(metric: Metric, interval: &ConfidenceInterval) -> String {
    format::range(interval.lower, interval.upper, |bound| value(metric, bound))
}

/// A change with its interval: `+9.8% [+6.1%, +13.7%]`; `None` where the runs allowed no test.
pub(crate) fn change_with_interval(row: &MetricComparison) -> Option<String> {
    let estimate = change(row.metric, row.change?);
    Some(match &row.interval {
        Some(interval) => format!("{estimate} {}", changes(row.metric, interval)),
        None => estimate,
    })
}

/// What a row is about: `p95 of TOTAL`.
pub(crate) fn subject(request: &str, of: Metric) -> String {
    format!("{} of {}", metric(of), crate::table::one_line(request))
}

/// `5 runs against 5 runs`, or `5 pairs of runs`.
pub(crate) fn runs(baseline: &Group, candidate: &Group, pairing: Pairing) -> String {
    let of = |group: &Group| format::counted(group.runs.len() as u64, "run");
    let partner = |run: &&GroupRun| {
        let mut others = candidate.runs.iter();
        run.block.is_some() && others.any(|other| other.block == run.block)
    };
    match pairing {
        Pairing::Pairs => format!(
            "{} of runs, each pair made close in time",
            format::counted(baseline.runs.iter().filter(partner).count() as u64, "pair")
        ),
        Pairing::Independent => format!("{} against {}", of(baseline), of(candidate)),
    }
}

/// How runs were compared.
pub(crate) fn method(method: TestMethod) -> &'static str {
    match method {
        TestMethod::Paired => "the paired t test of logarithms",
        TestMethod::Trimmed => {
            "the trimmed t test of logarithms, in which the most extreme pairs do not count"
        }
        TestMethod::Welch => "Welch’s t test of logarithms",
        TestMethod::Prediction => "where a next run of the baseline could lie",
    }
}

/// A confidence as a percentage without needless decimals.
pub(crate) fn confidence(confidence: f64) -> String {
    // Half a per mille tells 0.95 from 0.949.
    format::level((confidence * 1e3).round() / 1e3)
}
