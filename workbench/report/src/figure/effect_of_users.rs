//! Users and response time of different experiments: average, median and 95 % line of each run, by its number of
//! users. Runs of a sweep have a figure of their own, in which a point may have several runs.

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};
use workbench_analysis::RunAnalysis;

use super::axis::{Axis, Scale};
use super::lettering::{self, Mark, Style};
use super::over_time;
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, Named, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::comparison::most_users;
use crate::error::DrawError;
use crate::format;
use crate::names::RunName;

const FRAME_TOP: i32 = 110;
const FRAME_BOTTOM: i32 = 430;

#[derive(Debug)]
struct Data {
    columns: Vec<Column>,
    times: Axis,
}

#[derive(Debug)]
struct Column {
    label: String,
    /// Most users at once, as planned where that is known; `None` where users were not recorded.
    users: Option<f64>,
    mean_ns: f64,
    p50_ns: f64,
    p95_ns: f64,
}

/// The figure; `None` unless two runs with different numbers of users have samples.
pub(super) fn figure(runs: &[Named<'_>]) -> Option<Figure> {
    let data = Data::of(runs)?;
    Some(Figure::new(
        "effect-of-users",
        "Users and response time: average, median and 95% line of each run".to_owned(),
        data.caption(),
        500,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(runs: &[Named<'_>]) -> Option<Self> {
        let mut columns: Vec<_> = runs
            .iter()
            .filter(|(run, _)| run.total.samples > 0 && !is_swept(run))
            .map(|(run, name)| Column::of(run, name))
            .collect();
        let users = |column: &Column| column.users.unwrap_or(f64::INFINITY);
        columns.sort_by(|a, b| users(a).total_cmp(&users(b)));
        // Of equally many users there is no effect to be seen.
        if users(columns.first()?) == users(columns.last()?) {
            return None;
        }
        let values = || {
            columns
                .iter()
                .flat_map(|column| column.marks().map(|(value, _)| value))
        };
        let range = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        Some(Self {
            times: over_time::time_axis(range),
            columns,
        })
    }

    fn caption(&self) -> String {
        let runs: Vec<_> = self
            .columns
            .iter()
            .map(|column| {
                format!(
                    "{}{}: average {}, median {}, 95% line {}",
                    column.label,
                    column
                        .users_in_words()
                        .map(|users| format!(" ({users})"))
                        .unwrap_or_default(),
                    format::time(column.mean_ns),
                    format::time(column.p50_ns),
                    format::time(column.p95_ns),
                )
            })
            .collect();
        format!("{}. Ordered by the most users at once.", runs.join("; "))
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (Mark::Dot(palette::P95), "95% line"),
                (Mark::Diamond(palette::MEAN), "average"),
                (Mark::Dot(palette::MEDIAN), "median"),
            ],
        )?;
        let frame = Frame {
            left: 20 + panel::label_room(&self.times),
            top: FRAME_TOP,
            right: WIDTH - 36,
            bottom: FRAME_BOTTOM,
        };
        let places = Axis {
            scale: Scale::Linear,
            from: 0.0,
            to: self.columns.len() as f64,
            ticks: Vec::new(),
            minor: Vec::new(),
        };
        let panel = Panel::new(area, frame, &places, &self.times, XLabels::Hidden)?;
        panel.heading(&format!("Response time{}", self.times.note()))?;
        let room = px(frame.right - frame.left) / self.columns.len() as i32 - px(10);
        for (index, column) in self.columns.iter().enumerate() {
            let x = index as f64 + 0.5;
            column.draw(area, &panel, x)?;
            column.draw_label(area, panel.pixel(x, self.times.from), room)?;
        }
        Ok(())
    }
}

fn is_swept(run: &RunAnalysis) -> bool {
    run.point().is_some()
}

impl Column {
    fn of(run: &RunAnalysis, name: &RunName) -> Self {
        Self {
            label: name.label.clone(),
            users: most_users(run),
            mean_ns: run.total.mean_ns,
            p50_ns: run.total.p50_ns,
            p95_ns: run.total.p95_ns,
        }
    }

    fn marks(&self) -> [(f64, RGBColor); 3] {
        [
            (self.p95_ns, palette::P95),
            (self.p50_ns, palette::MEDIAN),
            (self.mean_ns, palette::MEAN),
        ]
    }

    fn users_in_words(&self) -> Option<String> {
        self.users
            .map(|users| format::counted(users.round() as u64, "user"))
    }

    fn draw(&self, area: &Area<'_>, panel: &Panel<'_, '_>, x: f64) -> Result<(), DrawError> {
        let low = self.p50_ns.min(self.mean_ns);
        let high = self.p95_ns.max(self.mean_ns);
        let span = palette::EXTREMES.stroke_width(px(1).unsigned_abs());
        panel.straight((x, low), (x, high), span)?;
        let style = Style::small(palette::INK);
        let mut marks = self.marks();
        marks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free_below = i32::MAX;
        for (value, color) in marks {
            let (column, row) = panel.pixel(x, value);
            if color == palette::MEAN {
                lettering::diamond(area, (column, row), color)?;
            } else {
                lettering::dot(area, (column, row), color)?;
            }
            // Values are pushed up until they no longer touch the one below.
            let line = row.min(free_below);
            free_below = line - px(16);
            lettering::write(area, &format::time(value), (column + px(12), line), style)?;
        }
        Ok(())
    }

    fn draw_label(
        &self,
        area: &Area<'_>,
        (x, base): (i32, i32),
        room: i32,
    ) -> Result<(), DrawError> {
        let style = Style::small(palette::INK)
            .across(HPos::Center)
            .down(VPos::Top);
        let label = lettering::fitted(&self.label, style, room);
        lettering::write(area, &label, (x, base + px(9)), style)?;
        let muted = Style::small(palette::MUTED)
            .across(HPos::Center)
            .down(VPos::Top);
        let users = self.users_in_words().unwrap_or_default();
        let users = lettering::fitted(&users, muted, room);
        lettering::write(area, &users, (x, base + px(27)), muted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn runs_stand_in_the_order_of_their_users() {
        let mut analysis = fixture::five_runs();
        analysis.runs.reverse();
        let names = crate::names::of_runs(&analysis.runs);
        let runs: Vec<_> = analysis.runs.iter().zip(&names).collect();
        insta::assert_debug_snapshot!(Data::of(&runs));
    }

    #[test]
    fn runs_of_equally_many_users_show_no_effect_of_users() {
        let run = fixture::single().runs.remove(0);
        let runs = [run.clone(), run];
        let names = crate::names::of_runs(&runs);
        let runs: Vec<_> = runs.iter().zip(&names).collect();
        assert!(Data::of(&runs).is_none());
        assert!(Data::of(&runs[..1]).is_none());
        assert!(Data::of(&[]).is_none());
    }
}
