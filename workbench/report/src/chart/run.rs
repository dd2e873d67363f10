//! The charts of one run. Long, for it is a list: one chart a function.

use std::collections::BTreeMap;

use workbench_analysis::{IntervalTimes, PercentileCurve, RunAnalysis, TimesOverTime};
use workbench_samples::ArrivalsInSecond;

use super::{
    Chart, Charts, Chooser, Heat, Line, MS, Marks, Number, Set, TAIL, TIME, load, loads, mean,
    merged, starts, step_of, times,
};
use crate::table::one_line;

/// Positions of the options of the outcome.
const ALL: usize = 0;
const SUCCESSFUL: usize = 1;
const FAILED: usize = 2;

/// Response times by label and outcome, and what happened at the same time. Only a page of a run by itself has room for
/// all labels.
pub(crate) fn over_time(run: &RunAnalysis, by_label: bool) -> Charts {
    let most = if by_label { usize::MAX } else { 1 };
    let times = &run.over_time.response_times;
    let times: Vec<&TimesOverTime> = times.iter().take(most).collect();
    let has_failed = times.iter().any(|it| it.failed.is_some());
    let outcomes: &[&str] = if has_failed {
        &["All", "Successful", "Failed"]
    } else {
        &["All"]
    };
    let charts = [
        response_times(&times),
        heatmap(run),
        requests(run, &times),
        statuses(run),
        connections(run),
        load_over_time(run),
    ];
    Charts {
        choosers: vec![
            labels(times.iter().map(|it| &*it.request)),
            Chooser {
                name: "Outcome",
                options: outcomes.iter().map(|&it| it.to_owned()).collect(),
            },
        ],
        charts: charts.into_iter().flatten().chain(resources(run)).collect(),
        marks: Marks::of(
            run,
            &times.iter().map(|it| &*it.request).collect::<Vec<_>>(),
        ),
    }
}

/// The percentile curve, and response times against the load; `None` where there is neither.
pub(crate) fn distribution(run: &RunAnalysis, by_label: bool) -> Option<Charts> {
    let most = if by_label { usize::MAX } else { 1 };
    let curves = &run.percentile_curves;
    let curves: Vec<&PercentileCurve> = curves.iter().take(most).collect();
    let sets = curves.iter().enumerate().map(|(place, curve)| {
        let line = times(
            "response time",
            0,
            curve.quantiles_ns.iter().copied().map(Some),
        );
        let x = tails(curve.quantiles_ns.len());
        Set::new(vec![Some(vec![place])], x, vec![line])
    });
    let part = match run.steady {
        Some(_) => "steady part",
        None => "whole run",
    };
    let title = format!("Response time by percentile, {part}");
    let percentiles = Chart::new(title, "ms", TAIL, sets.collect());
    let charts: Vec<Chart> = (!curves.is_empty())
        .then_some(percentiles)
        .into_iter()
        .chain(against_load(run))
        .collect();
    (!charts.is_empty()).then(|| Charts {
        choosers: vec![labels(curves.iter().map(|it| &*it.request))],
        charts,
        marks: Marks::default(),
    })
}

/// The first one is of all requests.
pub(super) fn labels<'a>(names: impl Iterator<Item = &'a str>) -> Chooser {
    let all = std::iter::once("All requests".to_owned());
    Chooser {
        name: "Requests",
        options: all.chain(names.skip(1).map(one_line)).collect(),
    }
}

pub(super) fn tails(points: usize) -> Vec<Number> {
    let tails = (0..points).map(PercentileCurve::tail);
    tails.map(Number::rounded).collect()
}

/// Says so where a point is more than a second.
fn each(interval_s: u32) -> String {
    if interval_s > 1 {
        format!("Each point is of {interval_s} s.")
    } else {
        String::new()
    }
}

fn response_times(times: &[&TimesOverTime]) -> Option<Chart> {
    let total = times.first()?;
    let last = times.last()?;
    let note = match (total.interval_s, last.interval_s) {
        (all, of_label) if all == of_label => each(all),
        (all, of_label) => format!("Each point is of {all} s, of a single request {of_label} s."),
    };
    let mut sets = Vec::new();
    for (place, of_label) in times.iter().enumerate() {
        // Where nothing failed, all are the successful ones.
        let of_all = match of_label.failed {
            Some(_) => vec![ALL],
            None => vec![ALL, SUCCESSFUL],
        };
        let outcomes = [
            (of_all, Some(&of_label.all)),
            (vec![SUCCESSFUL], of_label.successful.as_ref()),
            (vec![FAILED], of_label.failed.as_ref()),
        ];
        for (outcomes, times) in outcomes {
            sets.extend(times.map(|times| {
                let x = starts(times.requests.len(), of_label.interval_s);
                let chosen = vec![Some(vec![place]), Some(outcomes)];
                Set::new(chosen, x, quantiles(times))
            }));
        }
    }
    Some(Chart::new("Response time", "ms", TIME, sets).noted(note))
}

fn quantiles(of: &IntervalTimes) -> Vec<Line> {
    vec![
        times("p50", 0, of.p50_ns.iter().copied()),
        times("p90", 4, of.p90_ns.iter().copied()).hidden(),
        times("p95", 1, of.p95_ns.iter().copied()),
        times("p99", 3, of.p99_ns.iter().copied()),
        times("longest", 5, of.max_ns.iter().copied()).hidden(),
    ]
}

fn heatmap(run: &RunAnalysis) -> Option<Chart> {
    let heatmap = &run.over_time.heatmap;
    if heatmap.counts.is_empty() {
        return None;
    }
    let bounds = heatmap.bounds_ns.iter();
    let x = starts(heatmap.counts.len() + 1, heatmap.interval_s);
    let set = Set {
        heat: Some(Heat {
            step: heatmap.interval_s,
            bounds: bounds.map(|ns| Number::rounded(*ns as f64 / MS)).collect(),
            counts: heatmap.counts.clone(),
        }),
        ..Set::new(vec![None, None], x, Vec::new())
    };
    let chart = Chart::new("All requests by response time", "ms", TIME, vec![set]);
    Some(chart.noted("The stronger the colour, the more requests (logarithmic)."))
}

/// Requests of intervals, per second; the last interval may be shorter than the others.
fn per_second(run: &RunAnalysis, requests: &[u64], interval_s: u32) -> Vec<Option<f64>> {
    let seconds = run.per_second.len();
    let rate = |(interval, count): (usize, &u64)| {
        let begun = interval * interval_s as usize;
        let length = seconds.saturating_sub(begun).clamp(1, interval_s as usize);
        Some(*count as f64 / length as f64)
    };
    requests.iter().enumerate().map(rate).collect()
}

fn requests(run: &RunAnalysis, times: &[&TimesOverTime]) -> Option<Chart> {
    let has_failed = times.first()?.failed.is_some();
    let sets = times.iter().enumerate().map(|(place, of_label)| {
        let successful = of_label.successful.as_ref().unwrap_or(&of_label.all);
        let line = |name, colour, requests: &[u64]| {
            let values = per_second(run, requests, of_label.interval_s);
            Line::new(name, colour, values.into_iter())
        };
        let mut lines = vec![line("successful", 2, &successful.requests)];
        let none = vec![0; successful.requests.len()];
        let failed = of_label.failed.as_ref().map_or(&none, |it| &it.requests);
        lines.extend(has_failed.then(|| line("failed", 3, failed)));
        let x = starts(successful.requests.len(), of_label.interval_s);
        Set::new(vec![Some(vec![place]), None], x, lines)
    });
    let sets = sets.collect();
    Some(Chart::new("Requests per second", "/s", TIME, sets))
}

/// A chart of all requests, whatever is chosen; `None` without a line that has values.
fn of_all(
    title: &str,
    unit: &'static str,
    note: String,
    step: u32,
    lines: Vec<Line>,
) -> Option<Chart> {
    let lines: Vec<Line> = lines.into_iter().filter(|it| !it.is_empty()).collect();
    let points = lines.first()?.values.len();
    let set = Set::new(vec![None, None], starts(points, step), lines);
    Some(Chart::new(title, unit, TIME, vec![set]).noted(note))
}

fn statuses(run: &RunAnalysis) -> Option<Chart> {
    let responses = &run.over_time.responses;
    let lines = responses.statuses.iter().enumerate().map(|(place, it)| {
        let name = it
            .status
            .map_or("no response".to_owned(), |it| it.to_string());
        let values = per_second(run, &it.requests, responses.interval_s);
        // The most frequent one is nearly always the expected one.
        let colour = [2, 3, 1, 4, 0, 5][place % 6];
        Line::new(&name, colour, values.into_iter())
    });
    let lines = lines.collect();
    of_all(
        "Responses by status, all requests",
        "/s",
        String::new(),
        responses.interval_s,
        lines,
    )
}

fn connections(run: &RunAnalysis) -> Option<Chart> {
    let responses = &run.over_time.responses;
    let (first_byte, connect) = (&responses.first_byte_ns, &responses.connect_ns);
    let lines = vec![
        times("first byte", 0, first_byte.iter().copied()),
        times("connect, of new connections", 1, connect.iter().copied()),
    ];
    let note = "Means, from when a request is sent.".to_owned();
    of_all(
        "Time to connect and to the first byte",
        "ms",
        note,
        responses.interval_s,
        lines,
    )
}

/// A value of each second of the run, where it is known.
fn of_seconds<T>(
    run: &RunAnalysis,
    known: &[T],
    second: fn(&T) -> u32,
    value: fn(&T) -> Option<f64>,
) -> Vec<Option<f64>> {
    let known: BTreeMap<u32, &T> = known.iter().map(|it| (second(it), it)).collect();
    let seconds = run.per_second.iter();
    seconds
        .map(|it| known.get(&it.second).and_then(|it| value(it)))
        .collect()
}

fn load_over_time(run: &RunAnalysis) -> Option<Chart> {
    let step = step_of(run.per_second.len());
    let line = |name, colour, values: Vec<Option<f64>>| {
        Line::new(
            name,
            colour,
            merged(values.into_iter(), step, mean).into_iter(),
        )
    };
    if let Some(open) = run.open_model.as_ref().filter(|it| !it.arrivals.is_empty()) {
        let begun = begun(run, &open.arrivals);
        let planned = of_seconds(
            run,
            &open.arrivals,
            |it| it.second,
            |it| Some(it.planned as f64),
        );
        let lines = vec![line("planned", 5, planned), line("begun", 2, begun)];
        return of_all("Arrivals per second", "/s", each(step), step, lines);
    }
    let active = of_seconds(run, &run.users, |it| it.second, |it| Some(it.achieved));
    let planned = of_seconds(run, &run.users, |it| it.second, |it| it.planned);
    let lines = vec![line("planned", 5, planned), line("active", 2, active)];
    of_all("Users", "", each(step), step, lines)
}

fn resources(run: &RunAnalysis) -> Vec<Chart> {
    let Some(resources) = &run.resources else {
        return Vec::new();
    };
    let seconds = run.per_second.len();
    let step = step_of(seconds);
    let chart = |title, unit, scale: f64, series: &[workbench_analysis::ResourceSeries]| {
        let lines = series.iter().enumerate().map(|(place, it)| {
            let at = |second: usize| Some(it.values.get(second).copied().flatten()? / scale);
            let values = merged((0..seconds).map(at), step, mean);
            let name = format!("{:?}", it.source).to_lowercase();
            Line::new(&name, place, values.into_iter())
        });
        of_all(title, unit, each(step), step, lines.collect())
    };
    let sent = chart("Bytes out", "MB/s", 1e6, &resources.bytes_out_per_s);
    let processors = chart("Processors in use", "", 1.0, &resources.processors);
    processors.into_iter().chain(sent).collect()
}

/// Response times against users, or against arrivals where requests arrive at a rate; `None` where the load hardly varied.
fn against_load(run: &RunAnalysis) -> Option<Chart> {
    let of_all = run.over_time.response_times.first()?;
    let (label, achieved) = match run.open_model.as_ref().filter(|it| !it.arrivals.is_empty()) {
        Some(open) => ("arrivals per second", begun(run, &open.arrivals)),
        None => (
            "users",
            of_seconds(run, &run.users, |it| it.second, |it| Some(it.achieved)),
        ),
    };
    let achieved = merged(achieved.into_iter(), of_all.interval_s, mean);
    let times_of = &of_all.all;
    let mut points: Vec<(f64, usize)> = achieved
        .iter()
        .enumerate()
        .filter_map(|(interval, load)| Some(((*load)?, interval)))
        .filter(|(_, interval)| times_of.p50_ns.get(*interval).is_some_and(Option::is_some))
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, most) = (points.first()?.0, points.last()?.0);
    if most < 1.2 * least {
        return None;
    }
    let line = |name, colour, ns: &[Option<f64>]| {
        times(
            name,
            colour,
            points.iter().map(|(_, interval)| ns[*interval]),
        )
    };
    let lines = vec![
        line("p50", 0, &times_of.p50_ns),
        line("p95", 1, &times_of.p95_ns),
        line("p99", 3, &times_of.p99_ns).hidden(),
    ];
    let x = loads(points.iter().map(|(load, _)| *load));
    let title = format!("Response time against {label}, all requests");
    let chart = Chart::new(
        title,
        "ms",
        load(label),
        vec![Set::new(vec![None], x, lines)],
    );
    Some(chart.noted(match of_all.interval_s {
        1 => "Each point is a second of the run, ramps included.".to_owned(),
        more => format!("Each point is {more} s of the run, ramps included."),
    }))
}

/// Arrivals of each second.
fn begun(run: &RunAnalysis, arrivals: &[ArrivalsInSecond]) -> Vec<Option<f64>> {
    of_seconds(run, arrivals, |it| it.second, |it| Some(it.started as f64))
}
