//! Computes levels and change points from values over sessions.

use workbench_statistics::{
    Better, StatisticsError, change_points, fewest_for_change_points, ratio_of_geometric_means,
    verdict_of_interval, welch,
};

use super::metric::{self, Direction};
use super::model::{Break, Change, HISTORY_SCHEMA_VERSION, History, HistoryMetric, Level, Session};
use crate::model::{ComparisonRule, Metric, Verdict};

/// Options of the analysis of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryOptions {
    /// Probability that change points are found in a metric that did not change.
    pub alpha: f64,
    /// Equivalence margin: a relative change.
    pub margin: f64,
    /// Chosen labels; `TOTAL` if empty.
    pub labels: Vec<String>,
    /// Chosen metrics, or columns of a CSV file; all if empty.
    pub metrics: Vec<String>,
    /// Whether sessions are compared across breaks.
    pub across_breaks: bool,
}

impl HistoryOptions {
    /// 1 %, because several metrics are tested again with each session.
    pub const ALPHA: f64 = 0.01;
}

impl Default for HistoryOptions {
    fn default() -> Self {
        Self {
            alpha: Self::ALPHA,
            margin: ComparisonRule::default().margin(),
            labels: Vec::new(),
            metrics: Vec::new(),
            across_breaks: false,
        }
    }
}

/// Confidence of the sizes of changes: the usual one. The changes were selected, see `workbench/METHODOLOGY.md`.
const CONFIDENCE: f64 = 0.95;

/// Seed of the tests' permutations, so that a history always has the same result.
const SEED: u64 = 1;

/// A metric's name with one value for each session.
pub(super) type NamedValues = (String, Vec<Option<f64>>);

/// Sessions and the values of their metrics, as they were read.
pub(super) struct Values {
    pub(super) source: String,
    pub(super) sessions: Vec<Session>,
    pub(super) breaks: Vec<Break>,
    /// Whether times are in milliseconds and throughput is in requests per second.
    pub(super) has_units: bool,
    pub(super) metrics: Vec<NamedValues>,
    pub(super) warnings: Vec<String>,
}

/// Finds the change points.
pub(super) fn judge(values: Values, options: &HistoryOptions) -> Result<History, StatisticsError> {
    let mut history = History {
        schema_version: HISTORY_SCHEMA_VERSION,
        source: values.source,
        alpha: options.alpha,
        margin: options.margin,
        error_rate_margin: ComparisonRule::default().error_rate_margin(),
        fewest_sessions: fewest_for_change_points(options.alpha)?,
        sessions: values.sessions,
        breaks: values.breaks,
        across_breaks: options.across_breaks,
        metrics: Vec::new(),
        warnings: values.warnings,
    };
    for (name, of_sessions) in values.metrics {
        let mut metric = of_metric(name, of_sessions, &history)?;
        if values.has_units {
            metric.unit = metric
                .metric()
                .map_or("", |it| metric::unit(it).0)
                .to_owned();
        }
        history.metrics.push(metric);
    }
    history.warnings.extend(too_few(&history));
    Ok(history)
}

fn of_metric(
    name: String,
    values: Vec<Option<f64>>,
    history: &History,
) -> Result<HistoryMetric, StatisticsError> {
    let known = metric::of_name(&name);
    let direction = known.map(metric::direction);
    let is_rate = known == Some(Metric::ErrorRate);
    let relative = !is_rate && values.iter().flatten().all(|value| *value > 0.0);
    // No margin for values of unknown unit.
    let margin = match (relative, is_rate) {
        (true, _) => history.margin.ln_1p(),
        (false, true) => history.error_rate_margin,
        (false, false) => 0.0,
    };
    let mut metric = HistoryMetric {
        unit: String::new(),
        name,
        direction,
        relative,
        values,
        levels: Vec::new(),
        changes: Vec::new(),
    };
    for (from, to) in history.stretches() {
        let present: Vec<(usize, f64)> = (from..to)
            .filter_map(|session| Some((session, metric.values[session]?)))
            .collect();
        let values: Vec<f64> = present.iter().map(|(_, value)| *value).collect();
        let compared: Vec<f64> = match relative {
            true => values.iter().map(|value| value.ln()).collect(),
            false => values.clone(),
        };
        let found = match change_points(&compared, history.alpha, SEED) {
            Err(StatisticsError::TooFewValues { .. }) => Vec::new(),
            found => found?,
        };
        let borders: Vec<usize> = found.iter().map(|change| change.at).collect();
        let starts = std::iter::once(0).chain(borders.iter().copied());
        let segments: Vec<(usize, usize)> = starts
            .zip(borders.iter().copied().chain([values.len()]))
            .filter(|(start, end)| end > start)
            .collect();
        for (start, end) in &segments {
            metric.levels.push(Level {
                from: present[*start].0,
                to: present[*end - 1].0,
                mean: mean(&values[*start..*end], relative),
            });
        }
        for (pair, change) in segments.windows(2).zip(found) {
            let (before, after) = (&values[pair[0].0..pair[0].1], &values[pair[1].0..pair[1].1]);
            let place = (present[change.at].0, change.p);
            let change = of_change(place, (before, after), &metric, margin)?;
            metric.changes.push(change);
        }
    }
    Ok(metric)
}

fn of_change(
    (session, p): (usize, f64),
    (before, after): (&[f64], &[f64]),
    metric: &HistoryMetric,
    margin: f64,
) -> Result<Change, StatisticsError> {
    let relative = metric.relative;
    let (of_before, of_after) = (mean(before, relative), mean(after, relative));
    // On the scale of the test: differences of logarithms, or of values.
    let interval = if relative {
        ratio_of_geometric_means(before, after, CONFIDENCE).map(|test| test.logarithms.interval)
    } else {
        welch(after, before, CONFIDENCE).map(|test| test.interval)
    };
    let (interval, size) = match interval {
        // Two levels without variation have an exact difference.
        Err(StatisticsError::NoVariation) => {
            let size = match relative {
                true => (of_after / of_before).ln(),
                false => of_after - of_before,
            };
            (None, (size, size))
        }
        interval => {
            let interval = interval?;
            (Some(interval), (interval.lower, interval.upper))
        }
    };
    let shown = |value: f64| if relative { value.exp_m1() } else { value };
    Ok(Change {
        session,
        before: of_before,
        after: of_after,
        change: match relative {
            true => of_after / of_before - 1.0,
            false => of_after - of_before,
        },
        interval: interval.map(|interval| interval.map(shown).into()),
        p,
        verdict: verdict(size, margin, metric.direction),
    })
}

fn verdict(
    (lower, upper): (f64, f64),
    margin: f64,
    direction: Option<Direction>,
) -> Option<Verdict> {
    let better = direction.map_or(Better::Lower, Better::from);
    let found = verdict_of_interval(lower, upper, margin, better);
    let has_direction = !matches!(found, Verdict::Equivalent | Verdict::Inconclusive);
    (!has_direction || direction.is_some()).then_some(found)
}

/// The mean, by a plain sum.
pub(super) fn mean(values: &[f64], geometric: bool) -> f64 {
    let count = values.len() as f64;
    if geometric {
        (values.iter().map(|value| value.ln()).sum::<f64>() / count).exp()
    } else {
        values.iter().sum::<f64>() / count
    }
}

/// Warnings on metrics with too few sessions for a change point.
fn too_few(history: &History) -> Vec<String> {
    let fewest = history.fewest_sessions;
    let of_stretches = history
        .stretches()
        .filter(|(from, to)| to - from < fewest)
        .map(|(from, to)| {
            let which = match to - from {
                all if all == history.sessions.len() => format!("there are {all} sessions"),
                1 => format!("session {to} cannot be compared with others"),
                some => format!(
                    "sessions {} to {to} are {some} that can be compared with each other",
                    from + 1
                ),
            };
            format!(
                "{which}: among fewer than {fewest}, no change can be distinguished from chance"
            )
        });
    let enough: Vec<(usize, usize)> = history
        .stretches()
        .filter(|(from, to)| to - from >= fewest)
        .collect();
    let of_metrics = history.metrics.iter().filter_map(|metric| {
        let present = |(from, to): &(usize, usize)| metric.values[*from..*to].iter().flatten().count();
        let least = enough.iter().map(present).filter(|count| *count < fewest).max()?;
        Some(format!(
            "{}: only {least} of the sessions that can be compared have a value; among fewer than {fewest}, no \
            change can be distinguished from chance",
            metric.name
        ))
    });
    of_stretches.chain(of_metrics).collect()
}
