//! Users, or arrivals, planned and achieved over time, and how far the two lie apart.

use workbench_analysis::RunAnalysis;
use workbench_samples::UsersInSecond;

use super::axis::Axis;
use super::lettering::{self, Mark};
use super::over_time::{self, Parts, Points, Unit};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;

#[derive(Debug)]
struct Data {
    unit: Unit,
    users: Vec<UsersInSecond>,
    differences: Points,
    seconds: Axis,
    parts: Option<Parts>,
    counts: Axis,
    difference_axis: Axis,
}

/// A figure for each that was planned and recorded.
pub(super) fn figures(run: &RunAnalysis) -> Vec<Figure> {
    let figure = |(unit, load)| {
        let data = Data::of(run, unit, load);
        Figure::new(
            unit.name(),
            format!("{} planned and achieved over time", unit.heading()),
            data.caption(),
            500,
            move |area| data.draw(area),
        )
    };
    over_time::loads(run)
        .into_iter()
        .filter(|(_, load)| load.iter().all(|users| users.planned.is_some()))
        .map(figure)
        .collect()
}

impl Data {
    fn of(run: &RunAnalysis, unit: Unit, users: Vec<UsersInSecond>) -> Self {
        let differences: Points = users
            .iter()
            .map(|users| {
                (
                    over_time::middle(users.second),
                    users.planned.map(|planned| users.achieved - planned),
                )
            })
            .collect();
        let largest = differences
            .iter()
            .filter_map(|(_, difference)| difference.map(f64::abs))
            .fold(0.0, f64::max);
        Self {
            unit,
            differences,
            seconds: over_time::seconds_axis(run),
            parts: Parts::of(run),
            counts: Axis::counts(over_time::peak_users(&users)),
            difference_axis: Axis::differences(largest),
            users,
        }
    }

    fn caption(&self) -> String {
        let peak = over_time::peak_users(&self.users);
        let farthest = self
            .users
            .iter()
            .max_by(|a, b| apart(a).total_cmp(&apart(b)));
        match farthest {
            Some(users) if apart(users) > 0.0 => format!(
                "At most {} {}. Planned and achieved lie farthest apart in second {}: {} planned, {} achieved.",
                format::significant(peak),
                self.unit.noun(),
                users.second,
                format::significant(users.planned.unwrap_or_default()),
                format::significant(users.achieved),
            ),
            _ => format!(
                "At most {} {}, in every second as many as planned.",
                format::significant(peak),
                self.unit.noun()
            ),
        }
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let mut legend = vec![
            (Mark::Line(palette::USERS), "achieved"),
            (Mark::Dashes(palette::PLANNED), "planned"),
        ];
        legend.extend(Parts::legend(self.parts.as_ref()));
        lettering::legend(area, (px(20), px(54)), &legend)?;
        let left =
            20 + panel::label_room(&self.counts).max(panel::label_room(&self.difference_axis));
        let above = Frame {
            left,
            top: 106,
            right: WIDTH - 36,
            bottom: 300,
        };
        let panel = Panel::new(area, above, &self.seconds, &self.counts, XLabels::Hidden)?;
        Parts::draw(self.parts.as_ref(), &panel)?;
        panel.heading(self.unit.heading())?;
        over_time::draw_users(&panel, &self.users)?;
        let below = Frame {
            top: 344,
            bottom: 440,
            ..above
        };
        let panel = Panel::new(
            area,
            below,
            &self.seconds,
            &self.difference_axis,
            XLabels::Shown,
        )?;
        Parts::draw(self.parts.as_ref(), &panel)?;
        panel.heading(&format!("Achieved less planned, {}", self.unit.noun()))?;
        panel.x_title("Time since start")?;
        panel.line(&self.differences, palette::USERS)
    }
}

fn apart(users: &UsersInSecond) -> f64 {
    users
        .planned
        .map_or(0.0, |planned| (users.achieved - planned).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_difference_is_what_was_achieved_less_what_was_planned() {
        let run = fixture::first_seconds(3);
        insta::assert_debug_snapshot!(Data::of(&run, Unit::Users, run.users.clone()));
    }

    #[test]
    fn users_as_planned_are_said_to_be_so() {
        let mut run = fixture::first_seconds(3);
        for users in &mut run.users {
            users.achieved = users.planned.unwrap();
        }
        assert_eq!(
            Data::of(&run, Unit::Users, run.users.clone()).caption(),
            "At most 25.0 users, in every second as many as planned."
        );
    }
}
