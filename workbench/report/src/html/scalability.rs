//! The page's section of a sweep.

use askama::Template;
use workbench_analysis::SweepAnalysis;

use super::{FigureView, views};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::scalability;
use crate::table::Table;

/// A section by itself; escaped in its template, so that the page takes it as it is.
#[derive(Template)]
#[template(path = "scalability.html")]
struct Section {
    slug: String,
    heading: String,
    findings: Vec<String>,
    points: Table,
    columns: &'static str,
    fit: Option<FitView>,
    figures: Vec<FigureView>,
}

struct FitView {
    coefficients: Table,
    residuals: String,
    law: String,
}

/// The sections of all sweeps; empty where there are none.
pub(super) fn sections(
    sweeps: &[SweepAnalysis],
    figures: &[Vec<Figure>],
) -> Result<String, ReportError> {
    let mut text = String::new();
    for (number, (sweep, figures)) in (1..).zip(sweeps.iter().zip(figures)) {
        let section = Section {
            slug: format!("scalability-{number}"),
            heading: scalability::heading(sweep),
            findings: scalability::findings(sweep),
            points: scalability::points(sweep),
            columns: scalability::COLUMNS,
            fit: sweep.fit.as_ref().map(|fit| FitView {
                coefficients: scalability::coefficients(fit),
                residuals: scalability::residuals(fit),
                law: scalability::law(fit),
            }),
            figures: views(figures)?,
        };
        let section = section.render();
        text.push_str(&section.map_err(|source| ReportError::Page { source })?);
    }
    Ok(text)
}
