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
        let figures = figures(&analysis, &names);
        let across: Vec<_> = figures
            .across_runs
            .iter()
            .map(|figure| &*figure.name)
            .collect();
        assert_eq!(
            across,
            ["effect-of-users", "ramp-up", "clt-together", "clt"]
        );
        let mut slugs: Vec<_> = names.iter().map(|name| &name.slug).collect();
        slugs.dedup();
        assert_eq!(slugs.len(), 5);
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
