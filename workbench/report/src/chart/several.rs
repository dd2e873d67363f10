//! Charts of several runs laid over each other: of each run, or of each group of runs.

use workbench_analysis::{Analysis, PercentileCurve, RunAnalysis, Second};

use super::run::{labels, tails};
use super::{
    Chart, Charts, Chooser, Line, MS, Marks, Set, TAIL, TIME, greatest, load, loads, mean, merged,
    starts, step_of, times,
};
use crate::names::RunName;
use crate::runs::{KeyEstimates, most_users};
use crate::section::FEW_RUNS;

/// Runs that are one line.
struct Together<'a> {
    name: &'a str,
    runs: Vec<&'a RunAnalysis>,
}

/// A line for each group where runs were repeated, otherwise for each run; empty where these are too many.
fn lines_of<'a>(analysis: &'a Analysis, names: &'a [RunName]) -> Vec<Together<'a>> {
    let groups = analysis.between_runs.iter().flat_map(|it| &it.groups);
    let groups = groups.map(|group| {
        let is_in = |run: &&RunAnalysis| group.runs.iter().any(|it| it.run == run.name());
        Together {
            name: &group.name,
            runs: analysis.runs.iter().filter(is_in).collect(),
        }
    });
    let groups: Vec<Together<'_>> = groups.filter(|it| !it.runs.is_empty()).collect();
    let are_repeated = groups.iter().any(|it| it.runs.len() > 1);
    if are_repeated && (2..=FEW_RUNS).contains(&groups.len()) {
        return groups;
    }
    if analysis.runs.len() > FEW_RUNS {
        return Vec::new();
    }
    let runs = analysis.runs.iter().zip(names);
    runs.map(|(run, name)| Together {
        name: &name.label,
        runs: vec![run],
    })
    .collect()
}

/// Says so where a line is of several runs.
fn of_what(together: &[Together<'_>]) -> &'static str {
    if together.iter().any(|it| it.runs.len() > 1) {
        "mean of each group’s runs"
    } else {
        "each run"
    }
}

/// Response times and throughput from the start on, all requests; `None` where there are too many lines.
pub(crate) fn runs_over_time(analysis: &Analysis, names: &[RunName]) -> Option<Charts> {
    let together = lines_of(analysis, names);
    let runs = together.iter().flat_map(|it| &it.runs);
    let seconds = runs.map(|run| run.per_second.len()).max()?;
    let step = step_of(seconds);
    let lines = |merge: fn(&[f64]) -> f64, value: fn(&Second) -> Option<f64>| -> Vec<Line> {
        let lines = together.iter().enumerate();
        let lines = lines.map(|(place, it)| {
            let courses: Vec<Vec<Option<f64>>> = it
                .runs
                .iter()
                .map(|run| {
                    let at = |second: usize| run.per_second.get(second).and_then(value);
                    merged((0..seconds).map(at), step, merge)
                })
                .collect();
            let points = (0..seconds.div_ceil(step as usize)).map(|point| {
                let known: Vec<f64> = courses.iter().filter_map(|it| it[point]).collect();
                (!known.is_empty()).then(|| mean(&known))
            });
            Line::new(it.name, place, points)
        });
        lines.collect()
    };
    let set = |chosen: Option<Vec<usize>>, lines: Vec<Line>| {
        let x = starts(seconds.div_ceil(step as usize), step);
        Set::new(vec![chosen], x, lines)
    };
    let note = |which: &str| match step {
        1 => String::new(),
        _ => format!("Each point is the {which} of {step} s."),
    };
    type Value = fn(&Second) -> Option<f64>;
    let quantiles: [(&str, Value); 3] = [
        ("p95", |it| Some(it.p95_ns? / MS)),
        ("p50", |it| Some(it.p50_ns? / MS)),
        ("p99", |it| Some(it.p99_ns? / MS)),
    ];
    let of_quantiles = quantiles.iter().enumerate();
    let of_quantiles = of_quantiles
        .map(|(place, (_, value))| set(Some(vec![place]), lines(greatest, *value)))
        .collect();
    let requests = vec![set(None, lines(mean, |it| Some(it.requests as f64)))];
    let of_what = of_what(&together);
    let charts = vec![
        Chart::new(
            format!("Response time, {of_what}"),
            "ms",
            TIME,
            of_quantiles,
        )
        .noted(note("longest")),
        Chart::new(
            format!("Requests per second, {of_what}"),
            "/s",
            TIME,
            requests,
        )
        .noted(note("mean")),
    ];
    Some(Charts {
        choosers: vec![Chooser {
            name: "Percentile",
            options: quantiles.map(|(name, _)| name.to_owned()).into(),
        }],
        charts,
        marks: Marks::default(),
    })
}

/// Percentile curves, and response times by the users of the runs where these differ; `None` where there is neither.
pub(crate) fn distributions(analysis: &Analysis, names: &[RunName]) -> Option<Charts> {
    let together = lines_of(analysis, names);
    let first = together.iter().flat_map(|it| &it.runs).next();
    let requests: Vec<&str> = first.map_or_else(Vec::new, |run| {
        let curves = run.percentile_curves.iter();
        curves.map(|it| &*it.request).collect()
    });
    let sets = requests.iter().enumerate().map(|(place, request)| {
        let lines = together.iter().map(|it| curve(it, request));
        let lines: Vec<Vec<f64>> = lines.collect();
        let points = lines.iter().map(Vec::len).max().unwrap_or(0);
        let lines = together.iter().zip(&lines).enumerate();
        let lines = lines.map(|(place, (it, curve))| {
            let values = (0..points).map(|point| curve.get(point).copied());
            times(it.name, place, values)
        });
        Set::new(vec![Some(vec![place])], tails(points), lines.collect())
    });
    let title = format!("Response time by percentile, {}", of_what(&together));
    let percentiles = Chart::new(title, "ms", TAIL, sets.collect())
        .noted("Of the steady part of each run that has one.");
    let charts: Vec<Chart> = (!percentiles.sets.is_empty())
        .then_some(percentiles)
        .into_iter()
        .chain(by_users(analysis))
        .collect();
    (!charts.is_empty()).then(|| Charts {
        choosers: vec![labels(requests.into_iter())],
        charts,
        marks: Marks::default(),
    })
}

/// The quantiles of a label, each the mean over the runs; as many as every run that has the label supports.
fn curve(together: &Together<'_>, request: &str) -> Vec<f64> {
    let curves = together.runs.iter().filter_map(|run| {
        let mut curves = run.percentile_curves.iter();
        curves.find(|it| it.request == request)
    });
    let curves: Vec<&PercentileCurve> = curves.collect();
    let points = curves.iter().map(|it| it.quantiles_ns.len()).min();
    (0..points.unwrap_or(0))
        .map(|point| {
            let values: Vec<f64> = curves.iter().map(|it| it.quantiles_ns[point]).collect();
            mean(&values)
        })
        .collect()
}

/// A point for each run, of its steady part where it has one; `None` where all had as many users.
fn by_users(analysis: &Analysis) -> Option<Chart> {
    let runs = analysis.runs.iter();
    let mut points: Vec<(f64, [Option<f64>; 3])> = runs
        .filter_map(|run| {
            let of_run = KeyEstimates::of(run)?;
            let times = [of_run.p50_ns, of_run.p95_ns, of_run.p99_ns].map(|it| it.value);
            Some((most_users(run)?, times))
        })
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    if points.first()?.0 == points.last()?.0 {
        return None;
    }
    let line = |name, colour, metric: usize| {
        times(name, colour, points.iter().map(|(_, times)| times[metric]))
    };
    let lines = vec![line("p50", 0, 0), line("p95", 1, 1), line("p99", 3, 2)];
    let x = loads(points.iter().map(|(users, _)| *users));
    let set = Set::new(vec![None], x, lines);
    let title = "Response time against users, each run";
    Some(Chart::new(title, "ms", load("users"), vec![set]))
}
