//! Response time over time: median, 95 and 99 % line of each second, above the users of that second.

use workbench_analysis::{RunAnalysis, Second};
use workbench_samples::UsersInSecond;

use super::axis::Axis;
use super::lettering::{self, Mark};
use super::over_time::{self, Parts, Quantiles, Unit};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;

#[derive(Debug)]
struct Data {
    quantiles: Quantiles,
    load: Option<(Unit, Vec<UsersInSecond>)>,
    seconds: Axis,
    parts: Option<Parts>,
    times: Axis,
    user_counts: Axis,
}

/// The figure; `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let data = Data::of(run)?;
    let height = if data.load.is_none() { 460 } else { 600 };
    Some(Figure::new(
        "response-time",
        "Response time over time: median, 95 and 99% line of each second".to_owned(),
        caption(run),
        height,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(run: &RunAnalysis) -> Option<Self> {
        let quantiles = Quantiles::of(&run.per_second);
        let times = over_time::time_axis(quantiles.range()?);
        let load = over_time::loads(run).into_iter().next();
        let peak = load
            .as_ref()
            .map_or(0.0, |(_, users)| over_time::peak_users(users));
        Some(Self {
            quantiles,
            seconds: over_time::seconds_axis(run),
            parts: Parts::of(run),
            times,
            user_counts: Axis::counts(peak),
            load,
        })
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let mut entries = vec![
            (Mark::Line(palette::P99), "99% line"),
            (Mark::Line(palette::P95), "95% line"),
            (Mark::Line(palette::MEDIAN), "median"),
        ];
        if let Some((unit, users)) = &self.load {
            let [achieved, planned] = unit.legend();
            entries.push((Mark::Line(palette::USERS), achieved));
            if users.iter().any(|users| users.planned.is_some()) {
                entries.push((Mark::Dashes(palette::PLANNED), planned));
            }
        }
        entries.extend(Parts::legend(self.parts.as_ref()));
        lettering::legend(area, (px(20), px(54)), &entries)?;
        let left = 20 + panel::label_room(&self.times).max(panel::label_room(&self.user_counts));
        let above = Frame {
            left,
            top: 106,
            right: WIDTH - 36,
            bottom: 400,
        };
        let heading = format!("Response time{}", self.times.note());
        let Some((unit, users)) = &self.load else {
            let panel = Panel::new(area, above, &self.seconds, &self.times, XLabels::Shown)?;
            Parts::draw(self.parts.as_ref(), &panel)?;
            panel.heading(&heading)?;
            panel.x_title("Time since start")?;
            return self.quantiles.draw(&panel);
        };
        let panel = Panel::new(area, above, &self.seconds, &self.times, XLabels::Hidden)?;
        Parts::draw(self.parts.as_ref(), &panel)?;
        panel.heading(&heading)?;
        self.quantiles.draw(&panel)?;
        let below = Frame {
            top: 444,
            bottom: 540,
            ..above
        };
        let panel = Panel::new(
            area,
            below,
            &self.seconds,
            &self.user_counts,
            XLabels::Shown,
        )?;
        Parts::draw(self.parts.as_ref(), &panel)?;
        panel.heading(unit.heading())?;
        panel.x_title("Time since start")?;
        over_time::draw_users(&panel, users)
    }
}

fn caption(run: &RunAnalysis) -> String {
    let overall = format!(
        "Over the whole run: median {}, 95% line {}, 99% line {}.",
        format::time(run.total.p50_ns),
        format::time(run.total.p95_ns),
        format::time(run.total.p99_ns),
    );
    match slowest(&run.per_second) {
        Some((second, p95_ns)) => format!(
            "{overall} Slowest second by 95% line: second {}, with {}. \
             A request belongs to the second in which it started.",
            second,
            format::time(p95_ns)
        ),
        None => overall,
    }
}

/// The second with the highest 95 % line.
fn slowest(seconds: &[Second]) -> Option<(u32, f64)> {
    seconds
        .iter()
        .filter_map(|second| Some((second.second, second.p95_ns?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn seconds_lie_at_their_middle_above_their_users() {
        let run = fixture::first_seconds(3);
        insta::assert_debug_snapshot!(Data::of(&run));
    }

    #[test]
    fn far_apart_times_get_a_logarithmic_axis() {
        let mut run = fixture::first_seconds(3);
        assert_eq!(Data::of(&run).unwrap().times.note(), "");
        run.per_second[1].p99_ns = Some(9e9);
        assert_eq!(Data::of(&run).unwrap().times.note(), ", logarithmic scale");
    }
}
