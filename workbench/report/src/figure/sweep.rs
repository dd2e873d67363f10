//! Effect of the load on response time and throughput: every run of a sweep, and what its points come to.

use plotters::style::{Color, RGBColor};
use workbench_analysis::{Estimate, SweepAnalysis, SweepPointAnalysis, SweepRun};

use super::axis::{Axis, Scale, Tick};
use super::lettering::{self, Mark};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, over_time, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;
use crate::scalability;

/// Loads further apart than this are spread by their ratio.
const WIDE: f64 = 8.0;

#[derive(Debug)]
struct Data {
    parameter: String,
    loads: Axis,
    times: Axis,
    throughputs: Axis,
    /// Slowest first, so that the median is never hidden.
    lines: Vec<Line>,
    throughput: Line,
}

/// Where a metric stands: in what a point comes to, and in each of its runs.
type MetricOf = (
    fn(&SweepPointAnalysis) -> &Estimate,
    fn(&SweepRun) -> Option<f64>,
);

/// From one metric to the next, as a share of the axis.
const ASIDE: f64 = 0.006;

/// One metric over the points.
#[derive(Debug)]
struct Line {
    color: RGBColor,
    /// How far to the right of its load it stands, as a share of the axis: bars of several metrics stay apart.
    aside: f64,
    points: Vec<LinePoint>,
}

#[derive(Debug)]
struct LinePoint {
    load: f64,
    estimate: Option<f64>,
    interval: Option<(f64, f64)>,
    /// One value a valid run that has one.
    runs: Vec<f64>,
}

/// The figure; `None` without a valid run at two points.
pub(super) fn figure(sweep: &SweepAnalysis) -> Option<Figure> {
    let data = Data::of(sweep)?;
    Some(Figure::new(
        "effect-of-load",
        format!(
            "{}: effect of the number of {} on response time and throughput",
            sweep.experiment, sweep.parameter
        ),
        data.caption(sweep),
        640,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(sweep: &SweepAnalysis) -> Option<Self> {
        let valid = |point: &&SweepPointAnalysis| point.mean_ns.value.is_some();
        if sweep.points.iter().filter(valid).count() < 2 {
            return None;
        }
        let line = |color, (estimate, run): MetricOf| Line::of(sweep, color, (estimate, run));
        let mut lines = vec![
            line(palette::P99, (|it| &it.p99_ns, |it| it.p99_ns)),
            line(palette::P95, (|it| &it.p95_ns, |it| it.p95_ns)),
            line(palette::MEDIAN, (|it| &it.p50_ns, |it| it.p50_ns)),
            line(palette::MEAN, (|it| &it.mean_ns, |it| Some(it.mean_ns))),
        ];
        for (place, line) in (0..).zip(&mut lines) {
            line.aside = (f64::from(place) - 1.5) * ASIDE;
        }
        let throughput = line(
            palette::COMPLETED,
            (|it| &it.throughput_per_s, |it| Some(it.throughput_per_s)),
        );
        let of_all: Vec<f64> = lines.iter().flat_map(Line::values).collect();
        let low = of_all.iter().copied().reduce(f64::min)?;
        let high = of_all.iter().copied().reduce(f64::max)?;
        let most = throughput.values().into_iter().fold(0.0, f64::max);
        Some(Self {
            parameter: scalability::capital(&sweep.parameter),
            loads: loads(sweep),
            times: over_time::time_axis((low, high)),
            throughputs: Axis::counts(most),
            lines,
            throughput,
        })
    }

    fn caption(&self, sweep: &SweepAnalysis) -> String {
        let mut with_values = sweep
            .points
            .iter()
            .filter(|point| point.mean_ns.value.is_some());
        let ends = (with_values.next(), with_values.next_back());
        let in_words = |point: &SweepPointAnalysis| {
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
            (Some(first), Some(last)) => {
                format!("Response time {}; {}. ", in_words(first), in_words(last))
            }
            _ => String::new(),
        };
        format!(
            "{ends}Each dot is a run, lines join the means between runs; bars are their 95% intervals, which a single \
             run does not have, and end at the edge where they reach beyond. Steady part of each run, where it has one."
        )
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (Mark::Line(palette::P99), "99% line"),
                (Mark::Line(palette::P95), "95% line"),
                (Mark::Line(palette::MEAN), "average"),
                (Mark::Line(palette::MEDIAN), "median"),
            ],
        )?;
        let labels = panel::label_room(&self.times).max(panel::label_room(&self.throughputs));
        let above = Frame {
            left: 20 + labels,
            top: 108,
            right: WIDTH - 36,
            bottom: 388,
        };
        let panel = Panel::new(area, above, &self.loads, &self.times, XLabels::Hidden)?;
        panel.heading(&format!("Response time{}", self.times.note()))?;
        for line in &self.lines {
            line.draw(&panel, &self.loads)?;
        }
        let below = Frame {
            top: 434,
            bottom: 574,
            ..above
        };
        let panel = Panel::new(area, below, &self.loads, &self.throughputs, XLabels::Shown)?;
        panel.heading("Requests per second")?;
        panel.x_title(&format!("{}{}", self.parameter, self.loads.note()))?;
        self.throughput.draw(&panel, &self.loads)
    }
}

/// An axis with a tick at each point of the sweep.
fn loads(sweep: &SweepAnalysis) -> Axis {
    let values: Vec<f64> = sweep
        .points
        .iter()
        .map(|point| point.value.into())
        .collect();
    let (low, high) = (values[0], values[values.len() - 1]);
    let ticks = sweep
        .points
        .iter()
        .map(|point| Tick {
            value: point.value.into(),
            label: format::count(point.value.into()),
        })
        .collect();
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
        ticks,
        minor: Vec::new(),
    }
}

impl Line {
    fn of(sweep: &SweepAnalysis, color: RGBColor, (estimate, run): MetricOf) -> Self {
        let points = sweep.points.iter().map(|point| {
            let found = estimate(point);
            LinePoint {
                load: point.value.into(),
                estimate: found.value,
                interval: found
                    .interval
                    .and_then(|interval| Some((interval.lower, interval.upper?))),
                runs: point
                    .runs
                    .iter()
                    .filter(|it| it.valid)
                    .filter_map(run)
                    .collect(),
            }
        });
        Self {
            color,
            aside: 0.0,
            points: points.collect(),
        }
    }

    /// Every value to be seen. Intervals of two runs may reach so far that nothing else would be seen beside them: they
    /// end at the edge.
    fn values(&self) -> Vec<f64> {
        let points = self.points.iter();
        points
            .flat_map(|point| point.runs.iter().copied().chain(point.estimate))
            .filter(|value| value.is_finite())
            .collect()
    }

    fn draw(&self, panel: &Panel<'_, '_>, loads: &Axis) -> Result<(), DrawError> {
        let place = |load: f64| match loads.scale {
            Scale::Linear => load + self.aside * (loads.to - loads.from),
            // Both are spread by the logarithm.
            Scale::Logarithmic | Scale::Ratio => load * (loads.to / loads.from).powf(self.aside),
        };
        let joined: Vec<_> = self
            .points
            .iter()
            .map(|point| (place(point.load), point.estimate))
            .collect();
        panel.line(&joined, self.color)?;
        let bar = self.color.stroke_width(px(1).unsigned_abs());
        for point in &self.points {
            if let Some((lower, upper)) = point.interval {
                let x = place(point.load);
                panel.straight((x, lower), (x, upper), bar)?;
            }
            for value in &point.runs {
                panel.speck(place(point.load), *value, self.color)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn every_run_is_a_dot_and_every_point_a_place_on_the_line() {
        let data = Data::of(&fixture::sweep()).unwrap();
        assert_eq!(data.loads.scale, Scale::Logarithmic);
        let ticks: Vec<_> = data
            .loads
            .ticks
            .iter()
            .map(|tick| tick.label.as_str())
            .collect();
        assert_eq!(ticks, ["1", "2", "4", "8", "16", "32", "64"]);
        for line in data.lines.iter().chain([&data.throughput]) {
            assert_eq!(line.points.len(), 7);
            assert!(line.points.iter().all(|point| point.runs.len() == 2));
            assert!(line.points.iter().all(|point| point.interval.is_some()));
        }
    }

    #[test]
    fn loads_close_to_each_other_are_evenly_spaced() {
        let mut sweep = fixture::sweep();
        sweep.points.truncate(3);
        assert_eq!(Data::of(&sweep).unwrap().loads.scale, Scale::Linear);
    }

    #[test]
    fn one_point_with_valid_runs_is_no_effect() {
        let mut sweep = fixture::sweep();
        for point in &mut sweep.points[1..] {
            point.mean_ns.value = None;
        }
        assert!(Data::of(&sweep).is_none());
    }
}
