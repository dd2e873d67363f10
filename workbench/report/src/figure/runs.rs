//! The run-to-run dot plot: every run's value of each metric, group by group, in order of time.

use workbench_analysis::{BetweenRuns, Group, Metric};

use super::axis::{Axis, Tick, Weight};
use super::palette;
use super::plot::{Cell, Figure, Mark, Panel, Series, Stroke};
use crate::groups::terms;
use crate::table::one_line;

/// More groups than this are too wide for two panels beside each other.
const GROUPS_BESIDE: usize = 6;
/// Height of a panel, in pixels: of all metrics below each other a page has less room for each.
const HIGH: i32 = 132;
const LOW: i32 = 112;
/// Dots become smaller where there are more of them in a panel.
const LARGE_DOTS: usize = 24;
/// Room for the intervals of runs that are all alike, as a share of their value.
const ROOM_OF_LIKE: f64 = 0.02;
/// Share of a group's width that stays free at either side.
const FREE: f64 = 0.12;

/// One metric of one label.
struct MetricRuns {
    metric: Metric,
    axis: Axis,
    groups: Vec<GroupRuns>,
    /// Runs of one block in neighbouring groups.
    pairs: Vec<[(f64, f64); 2]>,
}

/// Runs of one group.
struct GroupRuns {
    dots: Vec<Dot>,
    mean: Option<f64>,
    interval: Option<(f64, f64)>,
}

/// One run that has a value.
#[derive(Clone, Copy)]
struct Dot {
    /// Position of the run in its group.
    run: usize,
    place: (f64, f64),
    valid: bool,
}

/// The figure of one label; `None` where no group has two runs, or no values.
pub(super) fn figure(between: &BetweenRuns, request: &str, name: &str) -> Option<Figure> {
    let groups = &between.groups;
    if groups.iter().all(|group| group.runs.len() < 2) {
        return None;
    }
    let metrics = Metric::ALL.into_iter();
    let metrics: Vec<MetricRuns> = metrics
        .filter_map(|metric| MetricRuns::of(groups, request, metric))
        .collect();
    if metrics.is_empty() {
        return None;
    }
    let joined = metrics.iter().any(|it| !it.pairs.is_empty());
    let cut = metrics.iter().any(|it| {
        it.groups
            .iter()
            .any(|runs| runs.cut(&it.axis) != [false; 2])
    });
    let mut runs = groups.iter().flat_map(|group| &group.runs);
    let mut legend = vec![
        (Mark::Dot(palette::of_run(0)), "run"),
        (Mark::Line(palette::INK), "mean of the group"),
        (Mark::Shade(palette::MARGIN), "its interval"),
    ];
    if joined {
        legend.push((Mark::Thin(palette::EXTREMES), "same block"));
    }
    if cut {
        legend.push((Mark::Up(palette::MUTED), "interval goes on"));
    }
    if runs.any(|run| !run.valid) {
        legend.push((Mark::Cross(palette::INK), "invalid run"));
    }
    let title = format!("Run to run: {}", one_line(request));
    let caption = caption(&metrics, between, joined, cut);
    let figure = Figure::new(name, title, caption, &legend);
    let metrics = metrics.into_iter();
    Some(if groups.len() > GROUPS_BESIDE {
        let cells = metrics.map(|it| it.cell(groups, LOW));
        cells.fold(figure, Figure::with)
    } else {
        figure.in_pairs(metrics.map(|it| it.cell(groups, HIGH)))
    })
}

fn caption(metrics: &[MetricRuns], between: &BetweenRuns, joined: bool, cut: bool) -> String {
    let p95 = metrics.iter().find(|it| it.metric == Metric::P95);
    let shown = p95.unwrap_or(&metrics[0]);
    let means = between.groups.iter().zip(&shown.groups);
    let means = means.filter_map(|(group, runs)| {
        let mean = terms::value(shown.metric, runs.mean?);
        Some(format!("{} {mean}", one_line(&group.name)))
    });
    let joined = if joined {
        " Thin lines join runs of one block."
    } else {
        ""
    };
    let cut = if cut {
        " Triangles point to where an interval goes on beyond the figure: so few runs hardly say where the mean lies."
    } else {
        ""
    };
    let mut statistics = between.groups.iter().flat_map(|group| &group.statistics);
    let confidence = statistics.find_map(|it| Some(it.interval?.confidence));
    let shaded = confidence.map(|confidence| {
        format!(
            ", shaded around it its interval of {} confidence",
            terms::confidence(confidence)
        )
    });
    format!(
        "Mean {} over the runs: {}. Each mark is a run, in order of time from left to right; the bar is the group’s \
         mean{}.{joined}{cut} A run far from the others, or a drift, makes a comparison doubtful.",
        terms::metric(shown.metric),
        means.collect::<Vec<_>>().join(", "),
        shaded.unwrap_or_default(),
    )
}

impl MetricRuns {
    fn of(groups: &[Group], request: &str, metric: Metric) -> Option<Self> {
        let of_groups: Vec<_> = groups
            .iter()
            .enumerate()
            .map(|(index, group)| GroupRuns::of(group, index, request, metric))
            .collect();
        let (low, high) = range(&of_groups)?;
        let axis = match metric {
            Metric::Throughput => Axis::rates_between(low, high),
            Metric::ErrorRate => Axis::shares(high),
            _ => Axis::times_between(low, high),
        };
        let pairs = groups
            .windows(2)
            .zip(of_groups.windows(2))
            .flat_map(|(groups, runs)| pairs(&groups[0], &groups[1], &runs[0], &runs[1]))
            .collect();
        Some(Self {
            metric,
            axis,
            groups: of_groups,
            pairs,
        })
    }

    fn cell(self, groups: &[Group], height: i32) -> Cell {
        let unit = match self.metric {
            Metric::Throughput => ", requests per second",
            Metric::ErrorRate => "",
            _ => ", response time",
        };
        let heading = format!("{}{unit}", terms::metric(self.metric));
        let names = groups.iter();
        let names = names.map(|group| Tick::name(one_line(&group.name), Weight::Plain));
        let mut places = Axis::names_across(names.collect());
        places.minor = (1..groups.len()).map(|edge| edge as f64).collect();
        let mut series = Vec::new();
        for (index, runs) in self.groups.iter().enumerate() {
            series.extend(runs.mean(index as f64, &self.axis));
        }
        series.push(Series::Strokes(
            self.pairs,
            Stroke::solid(palette::EXTREMES, 0.75),
        ));
        let dots: usize = self.groups.iter().map(|runs| runs.dots.len()).sum();
        let mark = if dots > LARGE_DOTS {
            Mark::Speck
        } else {
            Mark::Dot
        };
        for (index, runs) in self.groups.iter().enumerate() {
            let (valid, invalid): (Vec<Dot>, Vec<Dot>) = runs.dots.iter().partition(|it| it.valid);
            let places = |dots: Vec<Dot>| dots.into_iter().map(|it| it.place).collect();
            series.push(Series::Marks(places(valid), mark(palette::of_run(index))));
            series.push(Series::Marks(places(invalid), Mark::Cross(palette::INK)));
        }
        vec![Panel::new(heading, places, self.axis, height).with(series)]
    }
}

impl GroupRuns {
    fn of(group: &Group, index: usize, request: &str, metric: Metric) -> Self {
        let statistic = group
            .statistics
            .iter()
            .find(|statistic| statistic.request == request && statistic.metric == metric);
        let runs = group.runs.len().max(1) as f64;
        let across =
            |run: usize| index as f64 + FREE + (1.0 - 2.0 * FREE) * (run as f64 + 0.5) / runs;
        let values = statistic.map_or(&[][..], |statistic| &statistic.values);
        let dots = values.iter().enumerate().filter_map(|(run, value)| {
            let value = value.filter(|value| value.is_finite())?;
            Some(Dot {
                run,
                place: (across(run), value),
                valid: group.runs.get(run).is_none_or(|run| run.valid),
            })
        });
        Self {
            dots: dots.collect(),
            mean: statistic.and_then(|statistic| statistic.mean),
            interval: statistic
                .and_then(|statistic| statistic.interval)
                .and_then(|interval| Some((interval.lower, interval.upper?))),
        }
    }

    /// Whether the interval goes on below the axis, and above it.
    fn cut(&self, axis: &Axis) -> [bool; 2] {
        self.interval.map_or([false; 2], |(low, high)| {
            // Nothing lies below none.
            [low.max(0.0) < axis.from, high > axis.to]
        })
    }

    /// The mean, its interval, and where that goes on.
    fn mean(&self, index: f64, axis: &Axis) -> Vec<Series> {
        let (from, to) = (index + FREE / 2.0, index + 1.0 - FREE / 2.0);
        let mut series = Vec::new();
        if let Some((low, high)) = self.interval {
            series.push(Series::Shade([(from, low), (to, high)], palette::MARGIN));
        }
        let [below, above] = self.cut(axis);
        if above {
            let tip = (index + 0.5, axis.to);
            series.push(Series::Marks(vec![tip], Mark::Up(palette::MUTED)));
        }
        if below {
            let tip = (index + 0.5, axis.from);
            series.push(Series::Marks(vec![tip], Mark::Down(palette::MUTED)));
        }
        if let Some(mean) = self.mean {
            let bar = vec![[(from, mean), (to, mean)]];
            series.push(Series::Strokes(bar, Stroke::solid(palette::INK, 1.5)));
        }
        series
    }
}

/// What an axis has to show: every run, and intervals as far as they leave the runs room.
///
/// Of two runs the interval is ten times as wide as they lie apart and more.
fn range(groups: &[GroupRuns]) -> Option<(f64, f64)> {
    let dots = || groups.iter().flat_map(|runs| &runs.dots);
    let values = || dots().map(|dot| dot.place.1);
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let intervals = || groups.iter().filter_map(|runs| runs.interval);
    let lowest = intervals().map(|(low, _)| low).fold(low, f64::min);
    let highest = intervals().map(|(_, high)| high).fold(high, f64::max);
    // Runs that are all alike have room as well.
    let room = (high - low).max(high * ROOM_OF_LIKE);
    Some((lowest.max(low - room), highest.min(high + room)))
}

/// Runs of the same block in two groups, where both have a value.
fn pairs(a: &Group, b: &Group, of_a: &GroupRuns, of_b: &GroupRuns) -> Vec<[(f64, f64); 2]> {
    let block = |group: &Group, dot: &Dot| group.runs.get(dot.run)?.block.clone();
    of_a.dots
        .iter()
        .filter_map(|dot| {
            let of_it = block(a, dot)?;
            let mut others = of_b.dots.iter();
            let partner = others.find(|other| block(b, other).as_ref() == Some(&of_it))?;
            Some([dot.place, partner.place])
        })
        .collect()
}
