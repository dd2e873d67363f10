//! What the figures over time share: their points, axes and the panel of users.

use workbench_analysis::{RunAnalysis, Scope, Second};
use workbench_samples::{ArrivalsInSecond, UsersInSecond};

use super::axis::Axis;
use super::lettering::Mark;
use super::palette;
use super::panel::Panel;
use crate::error::DrawError;

/// A value for each second, at its middle; nothing where there was nothing to measure.
pub(super) type Points = Vec<(f64, Option<f64>)>;

/// Median, 95 and 99 % line of each second.
#[derive(Clone, Debug)]
pub(super) struct Quantiles {
    pub(super) p50: Points,
    pub(super) p95: Points,
    pub(super) p99: Points,
}

impl Quantiles {
    pub(super) fn of(seconds: &[Second]) -> Self {
        let points = |value: fn(&Second) -> Option<f64>| {
            seconds
                .iter()
                .map(|second| (middle(second.second), value(second)))
                .collect()
        };
        Self {
            p50: points(|second| second.p50_ns),
            p95: points(|second| second.p95_ns),
            p99: points(|second| second.p99_ns),
        }
    }

    /// Smallest and largest value; `None` where there is none.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let values = || {
            [&self.p50, &self.p95, &self.p99]
                .into_iter()
                .flatten()
                .filter_map(|(_, value)| *value)
        };
        Some((values().reduce(f64::min)?, values().reduce(f64::max)?))
    }

    /// Draws the slower lines below the median, which is then never hidden.
    pub(super) fn draw(&self, panel: &Panel<'_, '_>) -> Result<(), DrawError> {
        panel.line(&self.p99, palette::P99)?;
        panel.line(&self.p95, palette::P95)?;
        panel.line(&self.p50, palette::MEDIAN)
    }
}

/// An axis for times: by their ratio where evenly spaced ones would be flattened by the longest.
pub(super) fn time_axis((low, high): (f64, f64)) -> Axis {
    const FLATTENED: f64 = 25.0;
    if low > 0.0 && high / low > FLATTENED {
        Axis::times_by_ratio(low, high)
    } else {
        Axis::times_from_zero(high)
    }
}

/// The run's seconds, those after the last request's start included.
pub(super) fn seconds_axis(run: &RunAnalysis) -> Axis {
    let requests = run.per_second.iter().map(|second| second.second);
    let users = run.users.iter().map(|users| users.second);
    let seconds = requests.chain(users).max().map_or(1, |last| last + 1);
    Axis::since_start(f64::from(seconds))
}

/// Which part of a run its estimates are of, and what comes before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parts {
    steady: (f64, f64),
    name: &'static str,
    /// What the beginning is called in the legend; `None` where there is none.
    before: Option<&'static str>,
}

impl Parts {
    /// `None` for a run without a steady part.
    pub(super) fn of(run: &RunAnalysis) -> Option<Self> {
        let steady = run.steady.as_ref()?;
        let (before, name) = match steady.scope {
            Scope::Hold => ("ramp-up and warm-up", "steady part"),
            Scope::WholeRun => ("warm-up", "all that is analysed"),
        };
        // The first request starts a moment after the part does.
        let begins_later = steady.from_s >= 0.5;
        Some(Self {
            steady: (steady.from_s, steady.to_s),
            name,
            before: begins_later.then_some(before),
        })
    }

    pub(super) fn legend(parts: Option<&Self>) -> Vec<(Mark, &'static str)> {
        let Some(parts) = parts else {
            return Vec::new();
        };
        let before = parts
            .before
            .map(|name| (Mark::Shade(palette::BEFORE), name));
        let steady = (Mark::Shade(palette::STEADY), parts.name);
        before.into_iter().chain([steady]).collect()
    }

    /// Lays the shades on a panel, before its series.
    pub(super) fn draw(parts: Option<&Self>, panel: &Panel<'_, '_>) -> Result<(), DrawError> {
        let Some(parts) = parts else {
            return Ok(());
        };
        let (from, to) = parts.steady;
        if parts.before.is_some() {
            panel.band((panel.x_range().0, from), palette::BEFORE)?;
        }
        panel.band((from, to), palette::STEADY)
    }
}

/// The middle of a second.
pub(super) fn middle(second: u32) -> f64 {
    f64::from(second) + 0.5
}

/// Planned and achieved users.
pub(super) fn draw_users(panel: &Panel<'_, '_>, users: &[UsersInSecond]) -> Result<(), DrawError> {
    let planned: Vec<_> = users
        .iter()
        .filter_map(|users| Some((middle(users.second), users.planned?)))
        .collect();
    let achieved: Vec<_> = users
        .iter()
        .map(|users| (middle(users.second), users.achieved))
        .collect();
    panel.surface(&achieved, palette::USERS)?;
    let achieved: Points = achieved.into_iter().map(|(x, y)| (x, Some(y))).collect();
    panel.line(&achieved, palette::USERS)?;
    panel.dashes(&planned, palette::PLANNED)
}

/// The load of a run, planned and achieved second by second: users, arrivals, or both, each where it was recorded.
pub(super) fn loads(run: &RunAnalysis) -> Vec<(Unit, Vec<UsersInSecond>)> {
    let arrivals = run.open_model.iter().flat_map(|open| &open.arrivals);
    let in_second = |arrivals: &ArrivalsInSecond| UsersInSecond {
        second: arrivals.second,
        planned: Some(arrivals.planned as f64),
        achieved: arrivals.started as f64,
    };
    let loads = [
        (Unit::Users, run.users.clone()),
        (Unit::Arrivals, arrivals.map(in_second).collect()),
    ];
    loads
        .into_iter()
        .filter(|(_, load)| !load.is_empty())
        .collect()
}

/// What the load of a run is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Users,
    Arrivals,
}

impl Unit {
    /// The figure's.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Arrivals => "arrivals",
        }
    }

    /// For headings.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Arrivals => "Arrivals per second",
        }
    }

    /// After a number.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Arrivals => "arrivals a second",
        }
    }

    /// What the load was, and what it should have been, for legends.
    pub(super) fn legend(self) -> [&'static str; 2] {
        match self {
            Self::Users => ["active users", "planned users"],
            Self::Arrivals => ["arrivals begun", "arrivals planned"],
        }
    }
}

/// Most users at once, planned or achieved.
pub(super) fn peak_users(users: &[UsersInSecond]) -> f64 {
    users
        .iter()
        .map(|users| users.planned.unwrap_or_default().max(users.achieved))
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_beginning_has_a_shade_where_there_is_one() {
        let mut run = fixture::single().runs.remove(0);
        let names = |run: &RunAnalysis| -> Vec<_> {
            let parts = Parts::of(run);
            let entries = Parts::legend(parts.as_ref()).into_iter();
            entries.map(|(_, name)| name).collect()
        };
        let steady = run.steady.as_mut().unwrap();
        (steady.scope, steady.from_s) = (Scope::Hold, 10.0);
        assert_eq!(names(&run), ["ramp-up and warm-up", "steady part"]);
        run.steady.as_mut().unwrap().scope = Scope::WholeRun;
        assert_eq!(names(&run), ["warm-up", "all that is analysed"]);
        let steady = run.steady.as_mut().unwrap();
        (steady.scope, steady.from_s) = (Scope::Hold, 0.01);
        assert_eq!(names(&run), ["steady part"]);
        run.steady = None;
        assert!(names(&run).is_empty());
    }
}
