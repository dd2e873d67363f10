//! Puts the report into a folder: the page, and every figure as PNG and SVG.

use std::fs;
use std::path::{Path, PathBuf};

use workbench_analysis::{Analysis, RunAnalysis};

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
    fs::create_dir_all(&folder).map_err(|source| ReportError::CreateDirectory {
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
        own_reports: own_reports.map(|run| own_report(run, directory)).collect(),
        figures,
        ..Context::of(analysis, directory)
    };
    html_page(&section::report(analysis, &names, &context))
}

/// Address of a run's own page, seen from a comparison's folder; `None` where it is not there.
///
/// Comparisons and series lie at `results/comparisons/ID` and `results/series/ID`, runs at `results/EXPERIMENT/ID`.
fn own_report(run: &RunAnalysis, directory: &Path) -> Option<String> {
    let address = format!("../../{}/{}/{REPORT_FILE}", run.experiment, run.run_id);
    let is_beside = directory.join(&address).is_file();
    // A run's own report does not link to itself.
    (is_beside && !directory.ends_with(run.name())).then_some(address)
}

pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    fs::write(path, bytes).map_err(|source| ReportError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn names_of(paths: &[PathBuf]) -> Vec<String> {
        paths
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_single_run_leaves_a_page_and_its_figures() {
        let directory = tempfile::tempdir().unwrap();
        let written = write(&fixture::single(), &directory.path().join("new")).unwrap();
        assert!(written.html.ends_with("new/report.html"));
        assert_eq!(
            names_of(&written.figures),
            [
                "response-time.png",
                "response-time.svg",
                "cpu.png",
                "cpu.svg",
                "bytes-out.png",
                "bytes-out.svg",
                "aggregate.png",
                "aggregate.svg",
                "histogram.png",
                "histogram.svg",
                "throughput.png",
                "throughput.svg",
                "users.png",
                "users.svg",
            ]
        );
        for path in written.figures {
            let bytes = fs::read(&path).unwrap();
            let magic: &[u8] = if path.extension().unwrap() == "png" {
                b"\x89PNG"
            } else {
                b"<svg"
            };
            assert!(bytes.starts_with(magic), "{}", path.display());
        }
    }

    #[test]
    fn files_of_several_runs_do_not_overwrite_each_other() {
        let analysis = fixture::five_runs();
        let names = names::of_runs(&analysis.runs);
        let figures = figures::of(&analysis, &names);
        let across: Vec<_> = figures
            .across_runs
            .iter()
            .map(|figure| &*figure.name)
            .collect();
        assert_eq!(
            across,
            [
                "comparison-effect-of-users",
                "comparison-ramp-up",
                "comparison-clt-together",
                "comparison-clt",
                "comparison-clt-qq"
            ]
        );
        let mut slugs: Vec<_> = names.iter().map(|name| &name.slug).collect();
        slugs.dedup();
        assert_eq!(slugs.len(), 5);
    }

    #[test]
    fn groups_of_runs_have_figures_of_changes_and_of_runs() {
        let directory = tempfile::tempdir().unwrap();
        let written = write(&fixture::two_groups(), directory.path()).unwrap();
        assert_eq!(
            names_of(&written.figures),
            [
                "changes-main-candidate.png",
                "changes-main-candidate.svg",
                "runs-total.png",
                "runs-total.svg",
                "runs-get-catalog-products.png",
                "runs-get-catalog-products.svg",
                "runs-post-orders-orders.png",
                "runs-post-orders-orders.svg",
            ]
        );
    }

    #[test]
    fn a_run_with_a_report_of_its_own_is_linked() {
        let results = tempfile::tempdir().unwrap();
        let analysis = fixture::two_groups();
        let run = &analysis.runs[0];
        let folder = results.path().join(&run.experiment).join(&run.run_id);
        let comparison = results.path().join("comparisons/1");
        for folder in [&folder, &comparison] {
            fs::create_dir_all(folder).unwrap();
        }
        assert_eq!(own_report(run, &comparison), None);
        fs::write(folder.join(REPORT_FILE), "").unwrap();
        let address = own_report(run, &comparison).unwrap();
        assert_eq!(
            fs::canonicalize(comparison.join(address)).unwrap(),
            fs::canonicalize(folder.join(REPORT_FILE)).unwrap()
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("taken");
        fs::write(&file, "").unwrap();
        let error = write(&fixture::without_users(), &file).unwrap_err();
        assert!(error.to_string().starts_with("create "), "{error}");
        assert!(error.to_string().contains("taken"), "{error}");
    }
}
