//! The run-to-run dot plot: every run's value of each metric, group by group, in order of time.

mod metrics;

use workbench_analysis::{BetweenRuns, Metric};

use super::lettering::{self, Mark};
use super::panel::{self, Frame};
use super::{Figure, WIDTH, palette};
use crate::between::words;
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::table::one_line;
use metrics::Metrics;

const TOP: i32 = 104;
/// Height of a panel's plot, and of all that belongs to it.
const PLOT: i32 = 132;
const STEP: i32 = 208;
/// More groups than this are too wide for two panels beside each other.
const GROUPS_BESIDE: usize = 6;

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
