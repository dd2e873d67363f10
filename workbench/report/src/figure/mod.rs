//! Figures, one module each: what is shown is computed first, as data, and drawn afterwards.

mod aggregate;
mod axis;
mod changes;
mod clt;
mod effect_of_users;
#[cfg(test)]
mod extremes;
mod histogram;
mod history;
mod lettering;
mod means;
mod over_time;
pub(crate) mod palette;
mod panel;
mod qq;
mod ramp_up;
mod resources;
mod response_time;
mod runs;
mod sweep;
mod throughput;
mod ticks;
mod users;
mod usl;

use workbench_analysis::{
    BetweenRuns, CltDistribution, ReportComparison, RunAnalysis, SweepAnalysis,
};

use crate::between::{self, TOTAL};
use crate::canvas::{self, Area, px};
use crate::error::{DrawError, ReportError};
use crate::figures::{FiguresBetween, shared};
use crate::names::{self, RunName};

/// A run and what it is called.
type Named<'a> = (&'a RunAnalysis, &'a RunName);

type Draw = Box<dyn Fn(&Area<'_>) -> Result<(), DrawError>>;

/// Width of every figure, in pixels.
const WIDTH: i32 = 960;

/// No figure is higher, in pixels: an A4 page of that width (ISO 216: its sides are as 1 to √2).
const PAGE: i32 = 1_357;

/// As many of something as a page has room for, each of so many pixels, below the top.
const fn on_a_page(top: i32, each: i32) -> usize {
    ((PAGE - top) / each) as usize
}

/// Says how many were left out, where some were.
fn left_out(shown: usize, all: usize, what: &str) -> String {
    if shown < all {
        format!(" The first {shown} of {all} {what} are drawn.")
    } else {
        String::new()
    }
}

/// A figure, ready to be drawn as often as wanted.
pub(crate) struct Figure {
    /// Names its files.
    pub(crate) name: String,
    /// Says what is shown.
    pub(crate) title: String,
    /// Says what is seen, in sentences with numbers.
    pub(crate) caption: String,
    height: i32,
    draw: Draw,
}

impl Figure {
    fn new(
        name: &str,
        title: String,
        caption: String,
        height: i32,
        draw: impl Fn(&Area<'_>) -> Result<(), DrawError> + 'static,
    ) -> Self {
        debug_assert!(height <= PAGE, "{name} is {height} pixels high");
        Self {
            name: name.to_owned(),
            title,
            caption,
            height,
            draw: Box::new(draw),
        }
    }

    /// The figure as an SVG document.
    pub(crate) fn svg(&self) -> Result<String, ReportError> {
        canvas::svg(self.size(), |area| self.draw_on(area)).map_err(|error| self.failure(&error))
    }

    /// The figure as the bytes of a PNG file.
    pub(crate) fn png(&self) -> Result<Vec<u8>, ReportError> {
        canvas::png(self.size(), |area| self.draw_on(area)).map_err(|error| self.failure(&error))
    }

    fn draw_on(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let style = lettering::Style::small(palette::INK).size(17).bold();
        let title = lettering::fitted(&self.title, style, px(WIDTH - 40));
        lettering::write(area, &title, (px(20), px(26)), style)?;
        (self.draw)(area)
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH.unsigned_abs(), self.height.unsigned_abs())
    }

    fn failure(&self, error: &DrawError) -> ReportError {
        ReportError::Draw {
            figure: self.name.clone(),
            reason: error.to_string(),
        }
    }
}

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
pub(crate) fn of_between(between: &BetweenRuns) -> FiguresBetween {
    let comparisons = between::comparisons(between);
    let with_labels = comparisons.len() <= between::FEW_COMPARISONS;
    let mut slugs = names::Slugs::default();
    let of_comparisons = comparisons
        .iter()
        .map(|comparison| {
            let pair = format!("changes {} {}", comparison.baseline, comparison.candidate);
            let name = slugs.unique(&pair);
            let figure = changes::figure(comparison, between, &name, with_labels);
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
    FiguresBetween {
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
