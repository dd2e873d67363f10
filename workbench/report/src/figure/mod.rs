//! Figures, one module each, which describes what is shown as plain data ([`plot`]); [`draw`] draws any of them.
//!
//! Lettered in Inter, which is bundled in `fonts/` beside its licence, so that a machine without fonts draws the same as any
//! other.

mod aggregate;
mod axis;
mod changes;
mod clt;
mod draw;
mod effect_of_users;
mod histogram;
mod history;
mod layout;
mod mark;
mod means;
mod over_time;
pub(crate) mod palette;
mod plot;
mod qq;
mod ramp_up;
mod raster;
mod resources;
mod response_time;
mod runs;
mod sweep;
mod text;
mod thin;
mod throughput;
mod ticks;
mod users;
mod usl;

use workbench_analysis::{
    BetweenRuns, CltDistribution, ReportComparison, RunAnalysis, SweepAnalysis,
};

use crate::error::ReportError;
use crate::figures::{FiguresOfGroups, shared};
use crate::groups::{self, TOTAL};
use crate::names::{self, RunName};

pub use plot::Figure;

/// A run and what it is called.
type Named<'a> = (&'a RunAnalysis, &'a RunName);

/// As many of something as a page has room for, each of so many pixels, below the top.
const fn on_a_page(top: i32, each: i32) -> usize {
    ((layout::PAGE - top) / each) as usize
}

/// Says how many were left out, where some were.
fn left_out(shown: usize, all: usize, what: &str) -> String {
    if shown < all {
        format!(" The first {shown} of {all} {what} are drawn.")
    } else {
        String::new()
    }
}

impl Figure {
    /// The figure as an SVG document.
    ///
    /// # Errors
    ///
    /// When it cannot be drawn.
    pub fn svg(&self) -> Result<String, ReportError> {
        draw::svg(self).map_err(|error| self.failure(&error))
    }

    /// The figure as the bytes of a PNG file, at twice the size.
    ///
    /// # Errors
    ///
    /// When it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        raster::png(&self.svg()?).map_err(|error| self.failure(&*error))
    }

    fn failure(&self, error: &dyn std::error::Error) -> ReportError {
        ReportError::Draw {
            figure: self.name.clone(),
            reason: error.to_string(),
        }
    }
}

pub(crate) use changes::{Changes, figure as of_changes};
pub(crate) use history::figures as of_history;

/// Figures of a single run, in the order in which they are read.
pub(crate) fn of_run(run: &RunAnalysis) -> Vec<Figure> {
    [
        response_time::figure(run),
        resources::processors(run),
        resources::bytes_out(run),
        aggregate::figure(run),
        histogram::figure(run),
        throughput::figure(run),
    ]
    .into_iter()
    .flatten()
    .chain(users::figures(run))
    .collect()
}

/// Of more labels than this only all requests together have a figure of their runs.
const LABELS_WITH_RUNS: usize = 12;

/// Figures of groups of runs.
pub(crate) fn of_groups(between: &BetweenRuns) -> FiguresOfGroups {
    let comparisons = groups::comparisons(between);
    let with_labels = comparisons.len() <= groups::FEW_COMPARISONS;
    let mut slugs = names::Slugs::default();
    let of_comparisons = comparisons
        .iter()
        .map(|comparison| {
            let pair = format!("changes {} {}", comparison.baseline, comparison.candidate);
            let name = slugs.unique(&pair);
            let changes = Changes::of(comparison, between);
            let figure = changes::figure(&changes, &name, with_labels);
            shared(figure.into_iter().collect())
        })
        .collect();
    let mut requests: Vec<&str> = Vec::new();
    for statistic in between.groups.iter().flat_map(|group| &group.statistics) {
        if statistic.request != TOTAL && !requests.contains(&&*statistic.request) {
            requests.push(&statistic.request);
        }
    }
    if requests.len() > LABELS_WITH_RUNS {
        requests.clear();
    }
    let mut of_runs = |request: &str| {
        let name = slugs.unique(&format!("runs {request}"));
        runs::figure(between, request, &name)
    };
    FiguresOfGroups {
        of_comparisons,
        of_total: shared(of_runs(TOTAL).into_iter().collect()),
        of_labels: shared(requests.into_iter().filter_map(of_runs).collect()),
    }
}

/// Figures of several runs against each other.
pub(crate) fn of_comparison(
    runs: &[RunAnalysis],
    comparison: &ReportComparison,
    names: &[RunName],
) -> Vec<Figure> {
    // One run of each experiment: repetitions are shown from run to run.
    let drawn = |(run, _): &Named<'_>| {
        let of_run =
            |it: &CltDistribution| it.experiment == run.experiment && it.run_id == run.run_id;
        comparison.distributions.iter().any(of_run)
    };
    let shown: Vec<_> = runs.iter().zip(names).filter(drawn).collect();
    let mut figures: Vec<_> = [effect_of_users::figure(&shown), ramp_up::figure(&shown)]
        .into_iter()
        .flatten()
        .collect();
    figures.extend(clt::figures(comparison, runs, names));
    figures.extend(qq::figure(comparison, runs, names));
    figures
}

/// Figures of a sweep.
pub(crate) fn of_sweep(sweep: &SweepAnalysis) -> Vec<Figure> {
    [sweep::figure(sweep), usl::figure(sweep)]
        .into_iter()
        .flatten()
        .collect()
}
