//! Ramp-up studies side by side: response time over time above the users of each second.

use workbench_samples::UsersInSecond;

use super::axis::Axis;
use super::lettering::{self, Mark};
use super::over_time::{self, Quantiles};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, Named, WIDTH, left_out, on_a_page, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;

/// A run is a ramp-up study when its users still increase after this part of it.
const STILL_RISING_AFTER: f64 = 0.5;
const ROW: i32 = 430;
const TOP: i32 = 84;
/// Runs that a page has room for.
const RUNS: usize = 2 * on_a_page(TOP, ROW);

#[derive(Debug)]
struct Data {
    /// How many runs there are.
    all: usize,
    runs: Vec<Run>,
    /// The same for all, so that heights can be compared.
    times: Axis,
    users: Axis,
}

#[derive(Debug)]
struct Run {
    label: String,
    quantiles: Quantiles,
    users: Vec<UsersInSecond>,
    seconds: Axis,
    p95_ns: f64,
}

/// The figure; `None` unless at least two runs are ramp-up studies.
pub(super) fn figure(runs: &[Named<'_>]) -> Option<Figure> {
    let data = Data::of(runs)?;
    Some(Figure::new(
        "ramp-up",
        "Ramp-up studies: response time over time and users".to_owned(),
        data.caption(),
        TOP + ROW * data.runs.len().div_ceil(2) as i32,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(runs: &[Named<'_>]) -> Option<Self> {
        let studies = || runs.iter().filter(|(run, _)| is_ramp_up(&run.users));
        let all = studies().count();
        let runs: Vec<_> = studies()
            .take(RUNS)
            .map(|(run, name)| Run {
                label: name.label.clone(),
                quantiles: Quantiles::of(&run.per_second),
                users: run.users.clone(),
                seconds: over_time::seconds_axis(run),
                p95_ns: run.total.p95_ns,
            })
            .collect();
        if runs.len() < 2 {
            return None;
        }
        let range = runs
            .iter()
            .filter_map(|run| run.quantiles.range())
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let peak = runs
            .iter()
            .map(|run| over_time::peak_users(&run.users))
            .fold(0.0, f64::max);
        Some(Self {
            all,
            runs,
            times: over_time::time_axis(range),
            users: Axis::counts(peak),
        })
    }

    fn caption(&self) -> String {
        let runs: Vec<_> = self
            .runs
            .iter()
            .map(|run| {
                let rises = rises(&run.users);
                format!(
                    "{}: planned users rise {}, 95% line of the whole run {}",
                    run.label,
                    format::counted(rises, "time"),
                    format::time(run.p95_ns),
                )
            })
            .collect();
        format!(
            "{}. All panels share their vertical axes.{}",
            runs.join("; "),
            left_out(runs.len(), self.all, "runs")
        )
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (Mark::Line(palette::P99), "99% line"),
                (Mark::Line(palette::P95), "95% line"),
                (Mark::Line(palette::MEDIAN), "median"),
                (Mark::Line(palette::USERS), "active users"),
                (Mark::Dashes(palette::PLANNED), "planned users"),
            ],
        )?;
        let labels = panel::label_room(&self.times).max(panel::label_room(&self.users));
        for (index, run) in self.runs.iter().enumerate() {
            let left = index as i32 % 2 * (WIDTH / 2) + 20 + labels;
            let top = 114 + ROW * (index as i32 / 2);
            let above = Frame {
                left,
                top,
                right: left - labels + WIDTH / 2 - 48,
                bottom: top + 200,
            };
            let panel = Panel::new(area, above, &run.seconds, &self.times, XLabels::Hidden)?;
            panel.heading(&format!(
                "{}: response time{}",
                run.label,
                self.times.note()
            ))?;
            run.quantiles.draw(&panel)?;
            let below = Frame {
                top: top + 244,
                bottom: top + 330,
                ..above
            };
            let panel = Panel::new(area, below, &run.seconds, &self.users, XLabels::Shown)?;
            panel.heading("Users")?;
            panel.x_title("Time since start")?;
            over_time::draw_users(&panel, &run.users)?;
        }
        Ok(())
    }
}

/// Whether the users planned for a run still increase in its second half.
fn is_ramp_up(users: &[UsersInSecond]) -> bool {
    let planned = users.iter().filter_map(|users| users.planned);
    let Some(peak) = planned.reduce(f64::max) else {
        return false;
    };
    users
        .iter()
        .position(|users| users.planned >= Some(peak))
        .is_some_and(|second| second as f64 >= users.len() as f64 * STILL_RISING_AFTER)
}

/// In how many seconds more users are planned than in the second before.
fn rises(users: &[UsersInSecond]) -> u64 {
    let from_zero = users.first().is_some_and(|first| first.planned > Some(0.0));
    let later = users
        .windows(2)
        .filter(|pair| pair[1].planned > pair[0].planned)
        .count();
    u64::from(from_zero) + later as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn only_runs_whose_users_keep_rising_are_ramp_up_studies() {
        let analysis = fixture::five_runs();
        let names = crate::names::of_runs(&analysis.runs);
        let runs: Vec<_> = analysis.runs.iter().zip(&names).collect();
        let labels: Vec<_> = Data::of(&runs)
            .unwrap()
            .runs
            .into_iter()
            .map(|run| (run.label, rises(&run.users)))
            .collect();
        assert_eq!(
            labels,
            [
                ("rampup-50-steps".to_owned(), 50),
                ("rampup-5-steps".to_owned(), 5)
            ]
        );
    }

    #[test]
    fn one_ramp_up_study_alone_is_not_compared() {
        let mut analysis = fixture::five_runs();
        analysis.runs.pop();
        let names = crate::names::of_runs(&analysis.runs);
        let runs: Vec<_> = analysis.runs.iter().zip(&names).collect();
        assert!(Data::of(&runs).is_none());
    }
}
