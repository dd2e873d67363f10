//! Responses completed and requests failed in each second.

use workbench_analysis::RunAnalysis;

use super::axis::Axis;
use super::lettering;
use super::over_time::{self, Parts, Points};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;

const MOST_BARS: u32 = 1_500;

#[derive(Debug)]
struct Data {
    completed: Vec<(f64, f64)>,
    errors: Vec<(u32, u64)>,
    seconds: Axis,
    parts: Option<Parts>,
    completed_axis: Axis,
    error_axis: Axis,
}

/// The figure; `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let data = Data::of(run)?;
    Some(Figure::new(
        "throughput",
        "Throughput and errors over time".to_owned(),
        caption(run),
        498,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(run: &RunAnalysis) -> Option<Self> {
        let most = run.per_second.iter().map(|second| second.completed).max()?;
        let most_errors = run.per_second.iter().map(|second| second.errors).max()?;
        Some(Self {
            completed: run
                .per_second
                .iter()
                .map(|second| (over_time::middle(second.second), second.completed as f64))
                .collect(),
            errors: run
                .per_second
                .iter()
                .filter(|second| second.errors > 0)
                .map(|second| (second.second, second.errors))
                .collect(),
            seconds: over_time::seconds_axis(run),
            parts: Parts::of(run),
            completed_axis: Axis::counts(most as f64),
            error_axis: Axis::counts(most_errors as f64),
        })
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let legend = Parts::legend(self.parts.as_ref());
        lettering::legend(area, (px(20), px(54)), &legend)?;
        let left =
            20 + panel::label_room(&self.completed_axis).max(panel::label_room(&self.error_axis));
        let above = Frame {
            left,
            top: 106,
            right: WIDTH - 36,
            bottom: 312,
        };
        let panel = Panel::new(
            area,
            above,
            &self.seconds,
            &self.completed_axis,
            XLabels::Hidden,
        )?;
        Parts::draw(self.parts.as_ref(), &panel)?;
        panel.heading("Responses completed per second")?;
        panel.surface(&self.completed, palette::COMPLETED)?;
        let line: Points = self.completed.iter().map(|(x, y)| (*x, Some(*y))).collect();
        panel.line(&line, palette::COMPLETED)?;
        let below = Frame {
            top: 356,
            bottom: 438,
            ..above
        };
        let panel = Panel::new(area, below, &self.seconds, &self.error_axis, XLabels::Shown)?;
        Parts::draw(self.parts.as_ref(), &panel)?;
        panel.heading(if self.errors.is_empty() {
            "Failed requests per second: none"
        } else {
            "Failed requests per second, by the second of their start"
        })?;
        panel.x_title("Time since start")?;
        // Of a run that is longer than the figure is wide, the worst second of each stretch.
        let stretch = (self.seconds.to as u32).div_ceil(MOST_BARS).max(1);
        for seconds in self
            .errors
            .chunk_by(|(one, _), (other, _)| one / stretch == other / stretch)
        {
            let from = f64::from(seconds[0].0 / stretch * stretch);
            let errors = seconds.iter().map(|(_, errors)| *errors).max().unwrap_or(0);
            panel.bar(
                from,
                from + f64::from(stretch),
                errors as f64,
                palette::ERRORS,
            )?;
        }
        Ok(())
    }
}

fn caption(run: &RunAnalysis) -> String {
    let busiest = run
        .per_second
        .iter()
        .max_by_key(|second| second.completed)
        .map(|second| {
            format!(
                " At most {} in one second (second {}).",
                format::counted(second.completed, "response"),
                second.second
            )
        });
    let errors = match run.total.errors {
        0 => " No request failed.".to_owned(),
        errors => {
            let seconds = run
                .per_second
                .iter()
                .filter(|second| second.errors > 0)
                .count();
            format!(
                " {} failed ({}), in {}.",
                format::counted(errors, "request"),
                format::percentage(run.total.error_rate),
                format::counted(seconds as u64, "second"),
            )
        }
    };
    format!(
        "{} requests per second over the whole run.{}{errors}",
        format::significant(run.total.throughput_per_s),
        busiest.unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn only_seconds_with_failures_have_a_bar() {
        let data = Data::of(&fixture::single().runs[0]).unwrap();
        insta::assert_debug_snapshot!((data.errors, data.completed_axis, data.error_axis));
    }
}
