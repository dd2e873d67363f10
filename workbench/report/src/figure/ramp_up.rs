//! Ramp-up studies side by side: response time over time above the users of each second.

use workbench_samples::UsersInSecond;

use super::axis::Axis;
use super::over_time::{self, Load, QUANTILES, USERS};
use super::plot::{Figure, Panel};
use super::{Named, left_out, on_a_page};
use crate::format;

/// A run is a ramp-up study when its users still increase after this part of it.
const STILL_RISING_AFTER: f64 = 0.5;
/// Runs that a page has room for, two in a row.
const RUNS: usize = 2 * on_a_page(84, 430);

/// `None` unless at least two runs are ramp-up studies.
pub(super) fn figure(runs: &[Named<'_>]) -> Option<Figure> {
    let studies: Vec<_> = runs
        .iter()
        .filter(|(run, _)| is_ramp_up(&run.users))
        .collect();
    if studies.len() < 2 {
        return None;
    }
    let shown = &studies[..studies.len().min(RUNS)];
    let quantiles: Vec<_> = shown
        .iter()
        .map(|(run, _)| over_time::quantiles(&run.per_second))
        .collect();
    let loads: Vec<Load> = shown
        .iter()
        .map(|(run, _)| Load {
            unit: USERS,
            seconds: run.users.clone(),
        })
        .collect();
    // Both axes are the same for all, so that heights can be compared.
    let ranges = quantiles.iter().flatten().map(|(range, _)| *range);
    let range = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let times = over_time::time_axis(range);
    let peak = loads.iter().map(Load::peak).fold(0.0, f64::max);
    let cells = shown.iter().zip(quantiles).zip(&loads);
    let cells = cells.map(|(((run, name), quantiles), load)| {
        let seconds = over_time::seconds_axis(run);
        let heading = format!("{}: response time{}", name.label, times.note());
        let quantiles = quantiles.into_iter().flat_map(|(_, series)| series);
        vec![
            Panel::over_time(heading, seconds.clone(), times.clone(), 200).with(quantiles),
            over_time::load_panel("Users", load, &seconds, Axis::counts(peak), 86),
        ]
    });
    let each = shown.iter().map(|(run, name)| {
        format!(
            "{}: planned users rise {}, 95% line of the whole run {}",
            name.label,
            format::counted(rises(&run.users), "time"),
            format::time(run.total.p95_ns),
        )
    });
    let each: Vec<String> = each.collect();
    let caption = format!(
        "{}. All panels share their vertical axes.{}",
        each.join("; "),
        left_out(shown.len(), studies.len(), "runs")
    );
    let title = "Ramp-up studies: response time over time and users".to_owned();
    let legend = [&QUANTILES[..], &USERS.legend].concat();
    Some(Figure::new("ramp-up", title, caption, &legend).in_pairs(cells))
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
