//! Every figure of an analysis, computed and not yet drawn.

use std::rc::Rc;

use workbench_analysis::{Analysis, RunAnalysis};

use crate::figure::{self, Figure};
use crate::names::{self, RunName};
use crate::section::FEW_RUNS;

/// The figures of an analysis: those of each run in order, those of groups, and those of the student report's procedure.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) of_runs: Vec<Vec<Rc<Figure>>>,
    pub(crate) between: FiguresOfGroups,
    pub(crate) across_runs: Vec<Rc<Figure>>,
    /// Of each sweep, in the order of the analysis.
    pub(crate) of_sweeps: Vec<Vec<Rc<Figure>>>,
}

/// Figures of groups of runs: of each comparison, of all requests, and of each label.
#[derive(Default)]
pub(crate) struct FiguresOfGroups {
    pub(crate) of_comparisons: Vec<Vec<Rc<Figure>>>,
    pub(crate) of_total: Vec<Rc<Figure>>,
    pub(crate) of_labels: Vec<Rc<Figure>>,
}

/// Every figure of an analysis, as [`crate::write()`] names and orders their files. Of several runs a name begins with the
/// run's; runs have no figures of their own where they are many, for each has its own report.
#[must_use]
pub fn figures(analysis: &Analysis) -> Vec<Figure> {
    let figures = of(analysis, &names::of_runs(&analysis.runs));
    figures.all().map(|it| (**it).clone()).collect()
}

impl Figures {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Rc<Figure>> {
        let between = &self.between;
        let of_runs = self.of_runs.iter().flatten();
        of_runs
            .chain(&self.across_runs)
            .chain(self.of_sweeps.iter().flatten())
            .chain(between.of_comparisons.iter().flatten())
            .chain(&between.of_total)
            .chain(&between.of_labels)
    }
}

pub(crate) fn of(analysis: &Analysis, names: &[RunName]) -> Figures {
    let few = analysis.runs.len() <= FEW_RUNS;
    let of_run = |(run, name): (&RunAnalysis, &RunName)| match analysis.runs.len() {
        1 => shared(figure::of_run(run)),
        _ if few => named(&name.slug, figure::of_run(run)),
        _ => Vec::new(),
    };
    let between = analysis.between_runs.as_ref();
    Figures {
        of_runs: analysis.runs.iter().zip(names).map(of_run).collect(),
        between: between
            .filter(|_| analysis.runs.len() > 1)
            .map(figure::of_groups)
            .unwrap_or_default(),
        across_runs: analysis
            .comparison
            .as_ref()
            .map(|comparison| {
                let figures = figure::of_comparison(&analysis.runs, comparison, names);
                named("comparison", figures)
            })
            .unwrap_or_default(),
        of_sweeps: analysis
            .sweeps
            .iter()
            .map(|sweep| named(&names::slug_of(&sweep.experiment), figure::of_sweep(sweep)))
            .collect(),
    }
}

/// The same with what their names begin with.
fn named(prefix: &str, mut figures: Vec<Figure>) -> Vec<Rc<Figure>> {
    for figure in &mut figures {
        figure.name = format!("{prefix}-{}", figure.name);
    }
    shared(figures)
}

/// Figures that the files and the page share.
pub(crate) fn shared(figures: Vec<Figure>) -> Vec<Rc<Figure>> {
    figures.into_iter().map(Rc::new).collect()
}
