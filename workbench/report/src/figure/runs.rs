//! The run-to-run dot plot: every run's value of each metric, group by group, in order of time.

use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};
use workbench_analysis::{BetweenRuns, Group, Metric};

use super::axis::{Axis, Scale};
use super::lettering::{self, Mark, Style};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::between::words;
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::table::one_line;

const TOP: i32 = 104;
/// Height of a panel's plot, and of all that belongs to it.
const PLOT: i32 = 150;
const STEP: i32 = 226;
/// More groups than this are too wide for two panels beside each other.
const GROUPS_BESIDE: usize = 6;
/// Dots become smaller where there are more of them in a panel.
const LARGE_DOTS: usize = 24;
/// Room for the intervals of runs that are all alike, as a share of their value.
const ROOM_OF_LIKE: f64 = 0.02;
/// Share of a group's width that stays free at either side.
const FREE: f64 = 0.12;

#[derive(Debug)]
struct Data {
    request: String,
    panels: Vec<Metrics>,
    groups: Vec<String>,
    /// Whether runs of one block are joined.
    joined: bool,
    /// Whether an interval goes on beyond its axis.
    cut: bool,
    invalid: bool,
}

/// One metric of one label.
#[derive(Debug)]
struct Metrics {
    metric: Metric,
    axis: Axis,
    groups: Vec<Runs>,
    /// Runs of one block in neighbouring groups: both ends, as places across and values.
    pairs: Vec<[(f64, f64); 2]>,
}

/// Runs of one group.
#[derive(Debug)]
struct Runs {
    dots: Vec<Dot>,
    mean: Option<f64>,
    interval: Option<(f64, f64)>,
}

/// One run that has a value.
#[derive(Clone, Copy, Debug)]
struct Dot {
    /// Position of the run in its group.
    run: usize,
    /// Place across.
    x: f64,
    value: f64,
    valid: bool,
}

/// The figure of one label; `None` where no group has two runs, or no values.
pub(super) fn figure(between: &BetweenRuns, request: &str, name: &str) -> Option<Figure> {
    let data = Data::of(between, request)?;
    let rows = (data.panels.len() as i32 + data.columns() - 1) / data.columns();
    let height = TOP + STEP * rows - 20;
    Some(Figure::new(
        name,
        format!("Run to run: {}", data.request),
        data.caption(between),
        height,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(between: &BetweenRuns, request: &str) -> Option<Self> {
        let groups = &between.groups;
        if groups.iter().all(|group| group.runs.len() < 2) {
            return None;
        }
        let panels: Vec<_> = Metric::ALL
            .into_iter()
            .filter_map(|metric| Metrics::of(groups, request, metric))
            .collect();
        if panels.is_empty() {
            return None;
        }
        Some(Self {
            request: one_line(request),
            cut: panels.iter().any(Metrics::is_cut),
            joined: panels.iter().any(|panel| !panel.pairs.is_empty()),
            invalid: groups
                .iter()
                .any(|group| group.runs.iter().any(|run| !run.valid)),
            groups: groups.iter().map(|group| one_line(&group.name)).collect(),
            panels,
        })
    }

    fn columns(&self) -> i32 {
        if self.groups.len() > GROUPS_BESIDE {
            1
        } else {
            2
        }
    }

    fn caption(&self, between: &BetweenRuns) -> String {
        let telling = self
            .panels
            .iter()
            .find(|panel| panel.metric == Metric::P95)
            .unwrap_or(&self.panels[0]);
        let means: Vec<_> = self
            .groups
            .iter()
            .zip(&telling.groups)
            .filter_map(|(name, runs)| {
                Some(format!(
                    "{name} {}",
                    words::value(telling.metric, runs.mean?)
                ))
            })
            .collect();
        let joined = if self.joined {
            " Thin lines join runs of one block."
        } else {
            ""
        };
        let cut = if self.cut {
            " Triangles point to where an interval goes on beyond the figure: so few runs hardly say where the mean lies."
        } else {
            ""
        };
        let confidence = between
            .groups
            .iter()
            .flat_map(|group| &group.statistics)
            .find_map(|statistic| Some(statistic.interval?.confidence));
        let shaded = confidence.map_or_else(String::new, |confidence| {
            format!(
                ", shaded around it its interval of {} confidence",
                words::confidence(confidence)
            )
        });
        format!(
            "Mean {} over the runs: {}. Each mark is a run, in order of time from left to right; the bar is the group’s \
             mean{shaded}.{joined}{cut} A run far from the others, or a drift, makes a comparison doubtful.",
            words::metric(telling.metric),
            means.join(", "),
        )
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let mut legend = vec![
            (Mark::Dot(palette::of_run(0)), "run"),
            (Mark::Line(palette::INK), "mean of the group"),
            (Mark::Shade(palette::MARGIN), "its interval"),
        ];
        if self.joined {
            legend.push((Mark::Thin(palette::EXTREMES), "same block"));
        }
        if self.cut {
            legend.push((Mark::Triangle(palette::MUTED), "interval goes on"));
        }
        if self.invalid {
            legend.push((Mark::Cross(palette::INK), "invalid run"));
        }
        lettering::legend(area, (px(20), px(54)), &legend)?;
        let columns = self.columns();
        let width = (WIDTH - 40 - 28 * (columns - 1)) / columns;
        for (index, metrics) in self.panels.iter().enumerate() {
            let (row, column) = (index as i32 / columns, index as i32 % columns);
            let left = 20 + column * (width + 28);
            let top = TOP + row * STEP;
            let frame = Frame {
                left: left + panel::label_room(&metrics.axis),
                top,
                right: left + width,
                bottom: top + PLOT,
            };
            metrics.draw(area, frame, &self.groups)?;
        }
        Ok(())
    }
}

impl Metrics {
    fn of(groups: &[Group], request: &str, metric: Metric) -> Option<Self> {
        let of_groups: Vec<_> = groups
            .iter()
            .enumerate()
            .map(|(index, group)| Runs::of(group, index, request, metric))
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

    fn is_cut(&self) -> bool {
        self.groups
            .iter()
            .any(|runs| runs.cut(&self.axis).into_iter().any(|cut| cut))
    }

    fn draw(&self, area: &Area<'_>, frame: Frame, names: &[String]) -> Result<(), DrawError> {
        let places = Axis {
            scale: Scale::Linear,
            from: 0.0,
            to: self.groups.len() as f64,
            ticks: Vec::new(),
            minor: (1..self.groups.len()).map(|edge| edge as f64).collect(),
        };
        let panel = Panel::new(area, frame, &places, &self.axis, XLabels::Hidden)?;
        let unit = match self.metric {
            Metric::Throughput => ", requests per second",
            Metric::ErrorRate => "",
            _ => ", response time",
        };
        panel.heading(&format!("{}{unit}", words::metric(self.metric)))?;
        let dots: usize = self.groups.iter().map(|runs| runs.dots.len()).sum();
        let radius = if dots > LARGE_DOTS { px(5) / 2 } else { px(4) };
        for (index, runs) in self.groups.iter().enumerate() {
            runs.draw_mean(&panel, index as f64)?;
            let middle = index as f64 + 0.5;
            let [below, above] = runs.cut(&self.axis);
            if above {
                let (x, y) = panel.pixel(middle, self.axis.to);
                lettering::pointer(area, (x, y), px(6), palette::MUTED)?;
            }
            if below {
                let (x, y) = panel.pixel(middle, self.axis.from);
                lettering::pointer(area, (x, y), -px(6), palette::MUTED)?;
            }
        }
        let thin = palette::EXTREMES.stroke_width((px(1) * 3 / 4).unsigned_abs());
        for [from, to] in &self.pairs {
            panel.straight(*from, *to, thin)?;
        }
        let style = Style::small(palette::INK)
            .across(HPos::Center)
            .down(VPos::Top);
        let room = px(frame.right - frame.left) / self.groups.len() as i32 - px(6);
        for (index, (runs, name)) in self.groups.iter().zip(names).enumerate() {
            for dot in &runs.dots {
                let at = panel.pixel(dot.x, dot.value);
                if dot.valid {
                    lettering::dot_of(area, at, palette::of_run(index), radius)?;
                } else {
                    lettering::draw_at(area, Mark::Cross(palette::INK), at)?;
                }
            }
            let (column, base) = panel.pixel(index as f64 + 0.5, self.axis.from);
            let name = lettering::fitted(name, style, room);
            lettering::write(area, &name, (column, base + px(8)), style)?;
        }
        Ok(())
    }
}

impl Runs {
    fn of(group: &Group, index: usize, request: &str, metric: Metric) -> Self {
        let statistic = group
            .statistics
            .iter()
            .find(|statistic| statistic.request == request && statistic.metric == metric);
        let runs = group.runs.len().max(1) as f64;
        let place =
            |run: usize| index as f64 + FREE + (1.0 - 2.0 * FREE) * (run as f64 + 0.5) / runs;
        let values = statistic.map_or(&[][..], |statistic| &statistic.values);
        Self {
            dots: values
                .iter()
                .enumerate()
                .filter_map(|(run, value)| {
                    let value = value.filter(|value| value.is_finite())?;
                    let valid = group.runs.get(run).is_none_or(|run| run.valid);
                    Some(Dot {
                        run,
                        x: place(run),
                        value,
                        valid,
                    })
                })
                .collect(),
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

    fn draw_mean(&self, panel: &Panel<'_, '_>, index: f64) -> Result<(), DrawError> {
        let (from, to) = (index + FREE / 2.0, index + 1.0 - FREE / 2.0);
        if let Some(interval) = self.interval {
            panel.shade((from, to), interval, palette::MARGIN)?;
        }
        if let Some(mean) = self.mean {
            let style = palette::INK.stroke_width((px(3) / 2).unsigned_abs());
            panel.straight((from, mean), (to, mean), style)?;
        }
        Ok(())
    }
}

/// What an axis has to show: every run, and intervals as far as they leave the runs room.
///
/// Of two runs the interval is ten times as wide as they lie apart and more.
fn range(groups: &[Runs]) -> Option<(f64, f64)> {
    let values = || {
        groups
            .iter()
            .flat_map(|runs| &runs.dots)
            .map(|dot| dot.value)
    };
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let intervals = || groups.iter().filter_map(|runs| runs.interval);
    let lowest = intervals().map(|(low, _)| low).fold(low, f64::min);
    let highest = intervals().map(|(_, high)| high).fold(high, f64::max);
    // Runs that are all alike have room as well.
    let room = (high - low).max(high * ROOM_OF_LIKE);
    Some((lowest.max(low - room), highest.min(high + room)))
}

/// Runs of the same block in two groups, where both have a value.
fn pairs(a: &Group, b: &Group, of_a: &Runs, of_b: &Runs) -> Vec<[(f64, f64); 2]> {
    let block = |group: &Group, dot: &Dot| group.runs.get(dot.run)?.block.clone();
    of_a.dots
        .iter()
        .filter_map(|dot| {
            let of_it = block(a, dot)?;
            let mut others = of_b.dots.iter();
            let partner = others.find(|other| block(b, other).as_ref() == Some(&of_it))?;
            Some([(dot.x, dot.value), (partner.x, partner.value)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::between::TOTAL;
    use crate::fixture;

    #[test]
    fn runs_of_one_block_are_joined() {
        let analysis = fixture::two_groups();
        let mut data = Data::of(analysis.between_runs.as_ref().unwrap(), TOTAL).unwrap();
        assert!(data.panels.iter().all(|panel| panel.pairs.len() == 5));
        data.panels.truncate(1);
        insta::assert_debug_snapshot!(data);
    }

    #[test]
    fn runs_of_no_series_are_not_joined() {
        let analysis = fixture::three_groups();
        let data = Data::of(analysis.between_runs.as_ref().unwrap(), TOTAL).unwrap();
        assert!(!data.joined);
    }

    #[test]
    fn a_run_without_a_value_has_no_dot() {
        let mut analysis = fixture::two_groups();
        let between = analysis.between_runs.as_mut().unwrap();
        for statistic in &mut between.groups[1].statistics {
            statistic.values[2] = None;
        }
        let data = Data::of(between, TOTAL).unwrap();
        assert_eq!(data.panels[0].groups[1].dots.len(), 4);
        assert_eq!(data.panels[0].pairs.len(), 4, "the others stay joined");
    }

    #[test]
    fn an_interval_of_two_runs_does_not_flatten_them() {
        let mut analysis = fixture::two_groups();
        let between = analysis.between_runs.as_mut().unwrap();
        assert!(!Data::of(between, TOTAL).unwrap().cut);
        for statistic in &mut between.groups[0].statistics {
            if let Some(interval) = &mut statistic.interval {
                interval.upper = interval.upper.map(|upper| upper * 50.0);
            }
        }
        let data = Data::of(between, TOTAL).unwrap();
        let panel = &data.panels[0];
        let highest = panel.groups.iter().flat_map(|runs| &runs.dots);
        let highest = highest.map(|dot| dot.value).fold(0.0, f64::max);
        assert!(panel.axis.to < 1.5 * highest, "{:?}", panel.axis);
        assert_eq!(panel.groups[0].cut(&panel.axis), [false, true]);
        assert!(data.cut && data.caption(between).contains("goes on beyond"));
    }

    #[test]
    fn single_runs_need_no_figure() {
        let analysis = fixture::single_runs();
        assert!(Data::of(analysis.between_runs.as_ref().unwrap(), TOTAL).is_none());
    }
}
