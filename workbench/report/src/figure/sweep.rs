//! Effect of the load on response time and throughput: every run of a sweep, and what its points come to.

use plotters::style::RGBColor;
use workbench_analysis::{Estimate, SweepAnalysis, SweepPointAnalysis, SweepRun};

use super::axis::{Axis, Scale, Tick};
use super::plot::{Figure, Mark, Panel, Series, Stroke};
use super::{over_time, palette};
use crate::format;
use crate::scalability;

/// Loads further apart than this are spread by their ratio.
const WIDE: f64 = 8.0;

/// From one metric to the next, as a share of the axis: bars of several metrics stay apart.
const ASIDE: f64 = 0.006;

/// Where a metric stands: in what a point comes to, and in each of its runs.
type Metric = (
    fn(&SweepPointAnalysis) -> &Estimate,
    fn(&SweepRun) -> Option<f64>,
);

/// `None` without a valid run at two points.
pub(super) fn figure(sweep: &SweepAnalysis) -> Option<Figure> {
    let valid = |point: &&SweepPointAnalysis| point.mean_ns.value.is_some();
    if sweep.points.iter().filter(valid).count() < 2 {
        return None;
    }
    // The slowest first, so that the median is never hidden.
    let metrics: [(&str, RGBColor, Metric); 4] = [
        ("99% line", palette::P99, (|it| &it.p99_ns, |it| it.p99_ns)),
        ("95% line", palette::P95, (|it| &it.p95_ns, |it| it.p95_ns)),
        ("median", palette::MEDIAN, (|it| &it.p50_ns, |it| it.p50_ns)),
        (
            "average",
            palette::MEAN,
            (|it| &it.mean_ns, |it| Some(it.mean_ns)),
        ),
    ];
    let throughput: Metric = (|it| &it.throughput_per_s, |it| Some(it.throughput_per_s));
    let of_all = metrics
        .iter()
        .flat_map(|(.., metric)| values(sweep, *metric));
    let of_all: Vec<f64> = of_all.collect();
    let low = of_all.iter().copied().reduce(f64::min)?;
    let high = of_all.iter().copied().reduce(f64::max)?;
    let most = values(sweep, throughput).into_iter().fold(0.0, f64::max);
    let (loads, times) = (loads(sweep), over_time::time_axis((low, high)));
    let heading = format!("Response time{}", times.note());
    let mut above = Panel::new(heading, loads.clone(), times, 280);
    for (place, (_, colour, metric)) in (0..).zip(&metrics) {
        let aside = (f64::from(place) - 1.5) * ASIDE;
        above = above.with(series(sweep, *metric, *colour, (&loads, aside)));
    }
    let below = format!("{}{}", scalability::capital(&sweep.parameter), loads.note());
    let of_throughput = series(sweep, throughput, palette::COMPLETED, (&loads, 0.0));
    let below = Panel::new("Requests per second", loads, Axis::counts(most), 140)
        .below(below)
        .with(of_throughput);
    let legend = [0, 1, 3, 2].map(|it| (Mark::Line(metrics[it].1), metrics[it].0));
    let title = format!(
        "{}: effect of the number of {} on response time and throughput",
        sweep.experiment, sweep.parameter
    );
    Some(Figure::new("effect-of-load", title, caption(sweep), &legend).with(vec![above, below]))
}

/// A line through the points, their intervals, and every valid run.
fn series(
    sweep: &SweepAnalysis,
    (estimate, run): Metric,
    colour: RGBColor,
    (loads, aside): (&Axis, f64),
) -> [Series; 3] {
    let place = |point: &SweepPointAnalysis| {
        let load = f64::from(point.value);
        match loads.scale {
            Scale::Linear | Scale::Names => load + aside * (loads.to - loads.from),
            // Both are spread by the logarithm.
            Scale::Logarithmic | Scale::Ratio => load * (loads.to / loads.from).powf(aside),
        }
    };
    let points = || sweep.points.iter();
    let joined = points().map(|it| (place(it), estimate(it).value));
    let intervals = points().filter_map(|it| {
        let interval = estimate(it).interval?;
        Some([(place(it), interval.lower), (place(it), interval.upper?)])
    });
    let runs = points().flat_map(|it| {
        let valid = it.runs.iter().filter(|run| run.valid);
        valid.filter_map(run).map(move |value| (place(it), value))
    });
    [
        over_time::line(joined.collect(), colour),
        Series::Strokes(intervals.collect(), Stroke::solid(colour, 1.0)),
        Series::Marks(runs.collect(), Mark::Speck(colour)),
    ]
}

/// Every value to be seen. Intervals of two runs may reach so far that nothing else would be seen beside them: they end
/// at the edge.
fn values(sweep: &SweepAnalysis, (estimate, run): Metric) -> Vec<f64> {
    let of_point = |point: &SweepPointAnalysis| {
        let valid = point.runs.iter().filter(|run| run.valid);
        let values = valid.filter_map(run).chain(estimate(point).value);
        values.filter(|it| it.is_finite()).collect::<Vec<_>>()
    };
    sweep.points.iter().flat_map(of_point).collect()
}

/// An axis with a tick at each point of the sweep.
fn loads(sweep: &SweepAnalysis) -> Axis {
    let values: Vec<f64> = sweep.points.iter().map(|it| it.value.into()).collect();
    let (low, high) = (values[0], values[values.len() - 1]);
    let points = sweep.points.iter();
    let ticks = points.map(|it| Tick::new(it.value.into(), format::count(it.value.into())));
    let (scale, from, to) = if high / low > WIDE {
        (Scale::Logarithmic, low / 1.12, high * 1.12)
    } else {
        let room = (high - low) * 0.04;
        (Scale::Linear, low - room, high + room)
    };
    Axis {
        scale,
        from,
        to,
        ticks: ticks.collect(),
        minor: Vec::new(),
    }
}

fn caption(sweep: &SweepAnalysis) -> String {
    let mut with_values = sweep
        .points
        .iter()
        .filter(|point| point.mean_ns.value.is_some());
    let ends = (with_values.next(), with_values.next_back());
    let at = |point: &SweepPointAnalysis| {
        let time = |estimate: &Estimate| {
            estimate
                .value
                .map_or_else(|| format::NOTHING.to_owned(), format::time)
        };
        format!(
            "at {} average {}, median {}, 95% line {}, 99% line {}",
            scalability::load(sweep, point.value),
            time(&point.mean_ns),
            time(&point.p50_ns),
            time(&point.p95_ns),
            time(&point.p99_ns),
        )
    };
    let ends = match ends {
        (Some(first), Some(last)) => format!("Response time {}; {}. ", at(first), at(last)),
        _ => String::new(),
    };
    format!(
        "{ends}Each dot is a run, lines join the means between runs; bars are their 95% intervals, which a single \
         run does not have, and end at the edge where they reach beyond. Steady part of each run, where it has one."
    )
}
