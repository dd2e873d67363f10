//! Puts the report into a folder: the page, and every figure as PNG and SVG.

use std::fs;
use std::path::{Path, PathBuf};

use workbench_analysis::Analysis;

use crate::error::ReportError;
use crate::figure::{self, Figure};
use crate::html::{self, Figures};
use crate::names::{self, RunName};

/// The files that were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page, which needs none of the others.
    pub html: PathBuf,
    /// Each figure's PNG, followed by its SVG.
    pub figures: Vec<PathBuf>,
}

/// Writes `report.html` and `figures/*.png` and `*.svg` into `directory`, which is created where missing.
///
/// With several runs the figures' names begin with the experiment's; what was there under the same
/// names is replaced.
///
/// # Errors
///
/// When a folder or file cannot be written, or a figure or the page cannot be made.
pub fn write(analysis: &Analysis, directory: &Path) -> Result<Written, ReportError> {
    let names = names::of_runs(&analysis.runs);
    let figures = figures(analysis, &names);
    let folder = directory.join("figures");
    fs::create_dir_all(&folder).map_err(|source| ReportError::CreateDirectory {
        path: folder.clone(),
        source,
    })?;
    let mut written = Vec::new();
    for (figures, name) in figures.of_runs.iter().zip(&names) {
        let prefix = match names.len() {
            1 => String::new(),
            _ => format!("{}-", name.slug),
        };
        write_figures(figures, &folder, &prefix, &mut written)?;
    }
    write_figures(&figures.across_runs, &folder, "comparison-", &mut written)?;
    let html = directory.join("report.html");
    let page = html::page(analysis, &names, &figures)?;
    write_file(&html, page.as_bytes())?;
    Ok(Written {
        html,
        figures: written,
    })
}

/// Every figure of an analysis.
pub(crate) fn figures(analysis: &Analysis, names: &[RunName]) -> Figures {
    Figures {
        of_runs: analysis.runs.iter().map(figure::of_run).collect(),
        across_runs: analysis
            .comparison
            .as_ref()
            .map(|comparison| figure::of_comparison(&analysis.runs, comparison, names))
            .unwrap_or_default(),
    }
}

fn write_figures(
    figures: &[Figure],
    folder: &Path,
    prefix: &str,
    written: &mut Vec<PathBuf>,
) -> Result<(), ReportError> {
    for figure in figures {
        let png = folder.join(format!("{prefix}{}.png", figure.name));
        write_file(&png, &figure.png()?)?;
        let svg = folder.join(format!("{prefix}{}.svg", figure.name));
        write_file(&svg, figure.svg()?.as_bytes())?;
        written.extend([png, svg]);
    }
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    fs::write(path, bytes).map_err(|source| ReportError::Write {
        path: path.to_owned(),
        source,
    })
}
