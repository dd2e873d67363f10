//! Terms and sentences of a history, with units.

use workbench_analysis::history::{Change, Direction, History, HistoryMetric};
use workbench_analysis::{Metric, Verdict};

use crate::format;
use crate::groups::terms as of_groups;

/// A value with its unit, as far as that is known.
pub(crate) fn value(metric: &HistoryMetric, value: f64) -> String {
    match (metric.unit.as_str(), metric.metric()) {
        ("ms", _) => format::time(value * 1e6),
        ("/s", _) => format!("{}/s", format::significant(value)),
        (_, Some(Metric::ErrorRate)) => format::percentage(value),
        _ => format::significant(value),
    }
}

/// A change with its sign: relative, of error rates in percentage points, or in the unit of the metric.
pub(crate) fn change(metric: &HistoryMetric, change: f64) -> String {
    match metric.metric() {
        _ if metric.relative => format::change(change),
        Some(Metric::ErrorRate) => format::points(change),
        _ if change < 0.0 => format!("−{}", value(metric, -change)),
        _ => format!("+{}", value(metric, change)),
    }
}

/// The interval of a change, in brackets.
pub(crate) fn interval(metric: &HistoryMetric, of: &Change) -> Option<String> {
    let interval = of.interval?;
    let bound = |bound| change(metric, bound);
    Some(format::range(interval.lower, interval.upper, bound))
}

/// The verdict on a change.
pub(crate) fn verdict(change: &Change) -> &'static str {
    match change.verdict {
        Some(Verdict::Equivalent) => "within the margin",
        Some(verdict) => of_groups::verdict(verdict),
        None if change.change > 0.0 => "higher",
        None => "lower",
    }
}

/// Names of the metrics without the label, where they have the same.
pub(crate) fn short_names(history: &History) -> Vec<&str> {
    let split = |metric: &'_ HistoryMetric| metric.name.rfind('.').map(|place| place + 1);
    let names = || history.metrics.iter().map(|metric| metric.name.as_str());
    let label = history.metrics.first().and_then(|first| {
        let label = &first.name[..split(first)?];
        let is_shared = |metric| split(metric).is_some_and(|end| metric.name[..end] == *label);
        history.metrics.iter().all(is_shared).then_some(label)
    });
    let label = label.unwrap_or_default();
    names().map(|name| &name[label.len()..]).collect()
}

/// The day of a session.
pub(crate) fn day(history: &History, session: usize) -> &str {
    let time = &history.sessions[session].started_at;
    time.get(..10).unwrap_or(time)
}

/// Date and time of a session, to the minute.
pub(crate) fn minute(started_at: &str) -> String {
    started_at.get(..16).unwrap_or(started_at).replace('T', " ")
}

/// A commit as git shortens it.
pub(crate) fn commit(commit: Option<&String>) -> &str {
    commit.map_or(format::NOTHING, |commit| {
        let is_hash = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash { &commit[..7] } else { commit }
    })
}

/// `34 sessions, 2026-11-18 to 2026-12-23`.
pub(crate) fn extent(history: &History) -> String {
    let count = format::counted(history.sessions.len() as u64, "session");
    match history.sessions.len() {
        0 => count,
        some => format!("{count}, {} to {}", day(history, 0), day(history, some - 1)),
    }
}

/// What was found, in a sentence.
pub(crate) fn conclusion(history: &History) -> String {
    let changes = || {
        let metrics = history.metrics.iter();
        metrics.flat_map(|metric| &metric.changes)
    };
    let count = |verdict| changes().filter(|change| change.verdict == verdict).count() as u64;
    let total = changes().count() as u64;
    let is_changed = |metric: &&HistoryMetric| !metric.changes.is_empty();
    let changed = history.metrics.iter().filter(is_changed).count();
    if total == 0 {
        return if history.can_show_changes() {
            format!("No change was found in {}.", metrics(history))
        } else {
            format!(
                "Too few sessions to find a change: {} or more that can be compared with each other are needed.",
                history.fewest_sessions
            )
        };
    }
    let kinds = [
        (Some(Verdict::Regressed), "for the worse"),
        (Some(Verdict::Improved), "for the better"),
        (Some(Verdict::Equivalent), "within the margin"),
        (Some(Verdict::Inconclusive), "of uncertain size"),
        (
            None,
            "of metrics of which it is not known which way they improve",
        ),
    ];
    let kinds = kinds.into_iter().filter_map(|(verdict, words)| {
        let count = count(verdict);
        (count > 0).then(|| format!("{count} {words}"))
    });
    format!(
        "{} in {changed} of {}: {}.",
        format::counted(total, "change"),
        metrics(history),
        kinds.collect::<Vec<_>>().join(", ")
    )
}

fn metrics(history: &History) -> String {
    format::counted(history.metrics.len() as u64, "metric")
}

/// How to read the table of changes.
pub(crate) fn reading(history: &History) -> String {
    let directions = history.metrics.iter().any(|it| it.direction.is_none());
    let unknown = if directions {
        " Whether higher is better is known of throughput, typical_time, mean, p50, p95, p99 and error_rate alone."
    } else {
        ""
    };
    format!(
        "Change points by circular binary segmentation with permutation tests: a metric that did not change has some with \
         probability {} at most. Intervals have 95% confidence (Welch), as if the change points had been given; those of \
         small changes are often too far from 0. Within the margin: less than {}, of error rates {} percentage points.{unknown}",
        format::level(history.alpha),
        format::level(history.margin),
        format::level(history.error_rate_margin).trim_end_matches('%'),
    )
}

/// The breaks, one sentence each.
pub(crate) fn breaks(history: &History) -> Vec<String> {
    let sentence = |it: &workbench_analysis::history::Break| {
        format!(
            "before session {} ({}): {}",
            it.session + 1,
            day(history, it.session),
            it.findings.join("; ")
        )
    };
    history.breaks.iter().map(sentence).collect()
}

/// What breaks mean.
pub(crate) fn heading_of_breaks(history: &History) -> &'static str {
    if history.across_breaks {
        "Compared in spite of breaks"
    } else {
        "Breaks: sessions are not compared across them"
    }
}

/// An arrow the way a metric went at a session.
pub(crate) fn arrow(metric: &HistoryMetric, session: usize) -> &'static str {
    match metric.changes.iter().find(|it| it.session == session) {
        Some(change) if change.change > 0.0 => "▲ ",
        Some(_) => "▼ ",
        None => "",
    }
}

/// Which way a metric improves.
pub(crate) fn direction(metric: &HistoryMetric) -> &'static str {
    match metric.direction {
        Some(Direction::LowerIsBetter) => ", lower is better",
        Some(Direction::HigherIsBetter) => ", higher is better",
        None => "",
    }
}
