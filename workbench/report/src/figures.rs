//! Every figure of an analysis, computed and not yet drawn.

use std::rc::Rc;

use workbench_analysis::Analysis;

use crate::figure::{self, Figure};
use crate::names::RunName;
use crate::section::FEW_RUNS;

/// The figures of an analysis: those of each run in order, those of groups, and those of the student report's procedure.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) of_runs: Vec<Vec<Rc<Figure>>>,
    pub(crate) between: FiguresBetween,
    pub(crate) across_runs: Vec<Rc<Figure>>,
    /// Of each sweep, in the order of the analysis.
    pub(crate) of_sweeps: Vec<Vec<Rc<Figure>>>,
}

/// Figures of groups of runs: of each comparison, of all requests, and of each label.
#[derive(Default)]
pub(crate) struct FiguresBetween {
    pub(crate) of_comparisons: Vec<Vec<Rc<Figure>>>,
    pub(crate) of_total: Vec<Rc<Figure>>,
    pub(crate) of_labels: Vec<Rc<Figure>>,
}

/// Every figure of an analysis; runs have none where they are many, for each has its own report.
pub(crate) fn of(analysis: &Analysis, names: &[RunName]) -> Figures {
    let few = analysis.runs.len() <= FEW_RUNS;
    let of_run = |run| {
        if few {
            shared(figure::of_run(run))
        } else {
            Vec::new()
        }
    };
    let between = analysis.between_runs.as_ref();
    Figures {
        of_runs: analysis.runs.iter().map(of_run).collect(),
        between: between
            .filter(|_| analysis.runs.len() > 1)
            .map(figure::of_between)
            .unwrap_or_default(),
        across_runs: analysis
            .comparison
            .as_ref()
            .map(|comparison| shared(figure::of_comparison(&analysis.runs, comparison, names)))
            .unwrap_or_default(),
        of_sweeps: analysis
            .sweeps
            .iter()
            .map(|sweep| shared(figure::of_sweep(sweep)))
            .collect(),
    }
}

/// Figures that the files and the page share.
pub(crate) fn shared(figures: Vec<Figure>) -> Vec<Rc<Figure>> {
    figures.into_iter().map(Rc::new).collect()
}
