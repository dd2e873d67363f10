//! Analyses sweeps: estimates at each point, loads that meet the thresholds, and the growth of throughput.

mod fit;
mod point;

use workbench_samples::SeriesPlace;

use crate::between::grouping::swept_by;
use crate::model::{LargestLoad, RunAnalysis, SweepAnalysis, SweepPointAnalysis};
use crate::occurrence::unique;

use fit::fit;
use point::point;

/// The identity of a sweep.
#[derive(Clone, PartialEq)]
struct Identity {
    series_id: String,
    /// The experiment's name within the series, without the point.
    experiment: String,
    parameter: String,
    /// The part of the experiment that its points have in common.
    swept: String,
}

impl Identity {
    /// `None` for a run of no sweep.
    fn of(run: &RunAnalysis) -> Option<Self> {
        let place: &SeriesPlace = run.series.as_ref()?;
        let point = place.point.as_ref()?;
        let experiment = place.experiment.split('@').next().unwrap_or_default();
        Some(Self {
            series_id: place.series_id.clone(),
            experiment: experiment.to_owned(),
            parameter: point.parameter.clone(),
            swept: swept_by(run),
        })
    }
}

/// Every sweep of which there are two points at least, in the order of its first run.
pub(crate) fn sweeps(runs: &[RunAnalysis]) -> Vec<SweepAnalysis> {
    let of_runs: Vec<Option<Identity>> = runs.iter().map(Identity::of).collect();
    let identities: Vec<&Identity> = unique(of_runs.iter().flatten());
    identities
        .iter()
        .filter_map(|identity| {
            let same = |(_, of_run): &(_, &Option<Identity>)| of_run.as_ref() == Some(identity);
            let of_sweep = runs.iter().zip(&of_runs).filter(same);
            let of_sweep: Vec<&RunAnalysis> = of_sweep.map(|(run, _)| run).collect();
            let name = name(identity, &identities);
            sweep(name, identity.parameter.clone(), &of_sweep)
        })
        .collect()
}

/// The experiment's name, extended if there are several sweeps of it.
fn name(identity: &Identity, identities: &[&Identity]) -> String {
    let same_name = || {
        let others = identities.iter();
        others.filter(|other| other.experiment == identity.experiment)
    };
    let in_series = || same_name().filter(|other| other.series_id == identity.series_id);
    let mut name = identity.experiment.clone();
    if same_name().count() > in_series().count() {
        name = format!("{name} of series {}", identity.series_id);
    }
    // The experiment was changed before the series was resumed.
    if in_series().count() > 1 {
        let number = in_series().position(|other| *other == identity);
        name = format!("{name} (experiment {})", number.unwrap_or_default() + 1);
    }
    name
}

/// `None` for a single point.
fn sweep(experiment: String, parameter: String, runs: &[&RunAnalysis]) -> Option<SweepAnalysis> {
    let mut values: Vec<u32> = runs.iter().filter_map(|run| value(run)).collect();
    values.sort_unstable();
    values.dedup();
    if values.len() < 2 {
        return None;
    }
    let points: Vec<SweepPointAnalysis> = values
        .into_iter()
        .map(|at| {
            let mut at_point = runs.to_vec();
            at_point.retain(|run| value(run) == Some(at));
            at_point.sort_by(|a, b| a.started_at.cmp(&b.started_at));
            point(at, &at_point)
        })
        .collect();
    let thresholds = runs.first().map_or(&[][..], |run| &run.thresholds);
    let thresholds: Vec<String> = thresholds.iter().map(|it| it.text.clone()).collect();
    let fit = fit(&points);
    Some(SweepAnalysis {
        experiment,
        parameter,
        largest_load: largest_load(&points, thresholds.is_empty()),
        points,
        thresholds,
        no_fit: fit.as_ref().err().cloned(),
        fit: fit.ok(),
    })
}

fn value(run: &RunAnalysis) -> Option<u32> {
    Some(run.point()?.value)
}

/// Searched from the smallest load up: a larger load that meets the thresholds after a smaller one did not is not
/// taken.
fn largest_load(points: &[SweepPointAnalysis], no_thresholds: bool) -> LargestLoad {
    if no_thresholds {
        return LargestLoad::NoThresholds;
    }
    let met = points
        .iter()
        .take_while(|point| point.meets_thresholds)
        .count();
    match (points[..met].last(), points.get(met)) {
        (None, _) => LargestLoad::None,
        (Some(last), None) => LargestLoad::AllSwept { value: last.value },
        (Some(last), Some(next)) => LargestLoad::At {
            value: last.value,
            next: next.value,
            met_again: points[met..]
                .iter()
                .filter(|point| point.meets_thresholds)
                .map(|point| point.value)
                .collect(),
        },
    }
}
