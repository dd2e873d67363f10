//! Puts the report into a folder: the page, and every figure as PNG and SVG.

use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use workbench_analysis::Analysis;

use crate::document::{Document, html_page};
use crate::error::ReportError;
use crate::figures::{self, Figures};
use crate::names;
use crate::section::{self, Context};

/// Name of the page in the folder of a run, a comparison or a series.
pub const REPORT_FILE: &str = "report.html";

/// Name of the folder of comparisons in the results folder.
pub const COMPARISONS_FOLDER: &str = "comparisons";

/// The files that were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page, which needs none of the others.
    pub html: PathBuf,
    /// Each figure's PNG, followed by its SVG.
    pub figures: Vec<PathBuf>,
}

/// The report of an analysis that lies in `directory`, which its commands name. It has no figures; [`write`] adds them.
#[must_use]
pub fn document(analysis: &Analysis, directory: &Path) -> Document {
    let names = names::of_runs(&analysis.runs);
    section::report(analysis, &names, &Context::of(analysis, directory))
}

/// Writes `report.html` and `figures/*.png` and `*.svg` into `directory`, which is created where missing.
///
/// With several runs the figures' names begin with the experiment's; those of more than a few runs are left to each
/// run's own report, which the page links to where it stands. What was there under the same names is replaced.
///
/// # Errors
///
/// When a folder or file cannot be written, or a figure or the page cannot be made.
pub fn write(analysis: &Analysis, directory: &Path) -> Result<Written, ReportError> {
    let names = names::of_runs(&analysis.runs);
    let figures = figures::of(analysis, &names);
    let folder = directory.join("figures");
    fs::create_dir_all(&folder).map_err(|source| ReportError::File {
        what: "create",
        path: folder.clone(),
        source,
    })?;
    let mut written = Vec::new();
    for figure in figures.all() {
        let png = folder.join(format!("{}.png", figure.name()));
        write_file(&png, &figure.png()?)?;
        let svg = folder.join(format!("{}.svg", figure.name()));
        write_file(&svg, figure.svg()?.as_bytes())?;
        written.extend([png, svg]);
    }
    let html = directory.join(REPORT_FILE);
    write_file(&html, page_with(analysis, directory, figures)?.as_bytes())?;
    Ok(Written {
        html,
        figures: written,
    })
}

/// The page that [`write`] leaves in `directory`.
///
/// # Errors
///
/// When a figure or the page cannot be made.
pub fn page(analysis: &Analysis, directory: &Path) -> Result<String, ReportError> {
    let names = names::of_runs(&analysis.runs);
    page_with(analysis, directory, figures::of(analysis, &names))
}

fn page_with(
    analysis: &Analysis,
    directory: &Path,
    figures: Figures,
) -> Result<String, ReportError> {
    let names = names::of_runs(&analysis.runs);
    let own_reports = analysis.runs.iter();
    let context = Context {
        own_reports: own_reports
            .map(|run| own_report(&run.name(), directory))
            .collect(),
        figures,
        ..Context::of(analysis, directory)
    };
    html_page(&section::report(analysis, &names, &context))
}

/// Address of a run's own page, seen from the folder of a comparison or a series; `None` where it is not there.
///
/// Comparisons and series lie at `results/comparisons/ID` and `results/series/ID`, runs at `results/EXPERIMENT/ID`.
pub(crate) fn own_report(run: &str, directory: &Path) -> Option<String> {
    let path = Path::new("../..").join(run).join(REPORT_FILE);
    let is_beside = directory.join(&path).is_file();
    // A run's own report does not link to itself.
    (is_beside && !directory.ends_with(run)).then(|| address(&path))
}

/// What is escaped in the address of a file: all but letters, digits and a few marks.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'/');

/// The address of a file, from the page that a relative path begins at.
pub(crate) fn address(path: &Path) -> String {
    utf8_percent_encode(&path.to_string_lossy(), PATH).to_string()
}

pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    fs::write(path, bytes).map_err(|source| ReportError::File {
        what: "write",
        path: path.to_owned(),
        source,
    })
}
