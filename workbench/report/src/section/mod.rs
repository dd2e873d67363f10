//! The sections of an analysis' report, a function for each: what is found is put into words here, and nowhere else.

mod comparison;
mod errors;
mod experiment;
mod method;
mod over_time;
mod requests;
pub(crate) mod run;
mod several;
mod study;
mod sweep;
mod validity;

use std::path::Path;
use std::rc::Rc;

use workbench_analysis::{Analysis, RunAnalysis};

use crate::document::Document;
use crate::figure::Figure;
use crate::figures::Figures;
use crate::names::RunName;
use crate::table::one_line;

/// What a report needs besides the analysis.
#[derive(Default)]
pub(crate) struct Context {
    /// Only a page has figures.
    pub(crate) figures: Figures,
    /// The folder of each run, as commands name it.
    pub(crate) folders: Vec<String>,
    /// Address of each run's own page, where it has one and is not in this one.
    pub(crate) own_reports: Vec<Option<String>>,
}

impl Context {
    /// For a report that lies in `directory`: in a run's own folder, or in one beside those of the experiments.
    pub(crate) fn of(analysis: &Analysis, directory: &Path) -> Self {
        let results = directory.parent().and_then(Path::parent);
        let folder = |run: &RunAnalysis| match (analysis.runs.len(), results) {
            (1, _) | (_, None) => directory.to_owned(),
            (_, Some(results)) => results.join(run.name()),
        };
        let folders = analysis.runs.iter().map(folder);
        Self {
            folders: folders
                .map(|folder| one_line(&folder.display().to_string()))
                .collect(),
            ..Self::default()
        }
    }

    fn folder(&self, run: usize) -> &str {
        self.folders.get(run).map_or("", String::as_str)
    }

    fn figures_of(&self, run: usize) -> &[Rc<Figure>] {
        self.figures.of_runs.get(run).map_or(&[], Vec::as_slice)
    }
}

/// The report of one run, or of several that are compared.
pub(crate) fn report(analysis: &Analysis, names: &[RunName], context: &Context) -> Document {
    match analysis.runs.as_slice() {
        [run] => run::report(analysis, run, &names[0], context),
        _ => several::report(analysis, names, context),
    }
}

/// So many runs are shown whole; of more, each has its figures in its own report alone.
pub(crate) const FEW_RUNS: usize = 6;
