//! The self-contained page: everything inlined, nothing fetched.

use askama::Template;
use plotters::style::RGBColor;
use workbench_analysis::{Analysis, ReportComparison, RunAnalysis};
use workbench_samples::CheckStatus;

use crate::comparison;
use crate::error::ReportError;
use crate::figure::{Figure, palette};
use crate::names::RunName;
use crate::table::{Table, one_line};
use crate::verdict::{self, Judgement};
use crate::{findings, format, tables};

/// What the template shows. Everything is escaped there but the figures, which are our own SVG.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: String,
    style: &'static str,
    dark_figures: String,
    script: &'static str,
    warnings: &'a [String],
    comparison: Option<ComparisonView>,
    runs: Vec<RunView<'a>>,
    quantile_definition: &'a str,
}

struct ComparisonView {
    overview: Table,
    banner: &'static str,
    reason: &'static str,
    distributions: Table,
    spreads: String,
    tests: Table,
    figures: Vec<FigureView>,
}

struct RunView<'a> {
    run: &'a RunAnalysis,
    slug: &'a str,
    label: &'a str,
    judgement: Judgement,
    outcome: String,
    duration: String,
    checks: Vec<CheckView>,
    findings: Vec<String>,
    summary: Table,
    aggregate: Table,
    errors: Option<Table>,
    figures: Vec<FigureView>,
}

struct CheckView {
    name: String,
    finding: String,
    word: &'static str,
    class: &'static str,
}

struct FigureView {
    title: String,
    caption: String,
    svg: String,
}

/// The figures of an analysis: those of each run in order, and those across runs.
pub(crate) struct Figures {
    pub(crate) of_runs: Vec<Vec<Figure>>,
    pub(crate) across_runs: Vec<Figure>,
}

/// The page as text.
pub(crate) fn page(
    analysis: &Analysis,
    names: &[RunName],
    figures: &Figures,
) -> Result<String, ReportError> {
    let mut runs = Vec::with_capacity(analysis.runs.len());
    for ((run, name), figures) in analysis.runs.iter().zip(names).zip(&figures.of_runs) {
        runs.push(RunView::of(run, name, figures)?);
    }
    let page = Page {
        title: title(analysis),
        style: include_str!("../templates/report.css"),
        dark_figures: dark_figures(),
        script: include_str!("../templates/sort.js"),
        warnings: &analysis.warnings,
        comparison: analysis
            .comparison
            .as_ref()
            .map(|comparison| {
                ComparisonView::of(comparison, &analysis.runs, names, &figures.across_runs)
            })
            .transpose()?,
        runs,
        quantile_definition: &analysis.quantile_definition,
    };
    page.render().map_err(|source| ReportError::Page { source })
}

fn title(analysis: &Analysis) -> String {
    match analysis.runs.as_slice() {
        [] => "No runs".to_owned(),
        [only] => format!("{}: {}", only.experiment, only.title),
        several => {
            let mut experiments: Vec<_> = several.iter().map(|run| &*run.experiment).collect();
            experiments.dedup();
            format!("Comparison of {}", experiments.join(", "))
        }
    }
}

/// Colours of text, grids and paper for dark screens; those of the series stay.
fn dark_figures() -> String {
    let dark = [
        (palette::INK, "var(--ink)"),
        (palette::MUTED, "var(--muted)"),
        (palette::GRID, "var(--grid)"),
        (palette::FAINT, "var(--faint)"),
        (palette::PAPER, "var(--paper)"),
    ];
    dark.map(|(RGBColor(red, green, blue), variable)| {
        let light = format!("#{red:02X}{green:02X}{blue:02X}");
        format!(
            ".plot [fill=\"{light}\"]{{fill:{variable}}}.plot [stroke=\"{light}\"]{{stroke:{variable}}}"
        )
    })
    .concat()
}

impl<'a> RunView<'a> {
    fn of(
        run: &'a RunAnalysis,
        name: &'a RunName,
        figures: &[Figure],
    ) -> Result<Self, ReportError> {
        let checks = run.validity.iter().flat_map(|validity| &validity.checks);
        Ok(Self {
            slug: &name.slug,
            label: &name.label,
            judgement: Judgement::of(run),
            outcome: verdict::outcome(run),
            duration: format::duration(run.duration_s),
            checks: checks
                .map(|check| CheckView {
                    name: check.name.clone(),
                    finding: check.finding.clone(),
                    word: verdict::status(check.status),
                    class: match check.status {
                        CheckStatus::Passed => "good",
                        CheckStatus::Warning => "open",
                        CheckStatus::Failed => "bad",
                    },
                })
                .collect(),
            findings: findings::of(run),
            summary: tables::summary(run),
            aggregate: tables::aggregate(run),
            errors: tables::errors(run),
            figures: views(figures)?,
            run,
        })
    }
}

impl ComparisonView {
    fn of(
        comparison: &ReportComparison,
        runs: &[RunAnalysis],
        names: &[RunName],
        figures: &[Figure],
    ) -> Result<Self, ReportError> {
        Ok(Self {
            overview: comparison::overview(runs, names),
            banner: comparison::BANNER,
            reason: comparison::REASON,
            distributions: comparison::distributions(comparison, names),
            spreads: comparison::spreads(comparison),
            tests: comparison::tests(comparison),
            figures: views(figures)?,
        })
    }
}

fn views(figures: &[Figure]) -> Result<Vec<FigureView>, ReportError> {
    figures
        .iter()
        .map(|figure| {
            Ok(FigureView {
                title: figure.title.clone(),
                caption: one_line(&figure.caption),
                svg: figure.svg()?,
            })
        })
        .collect()
}
