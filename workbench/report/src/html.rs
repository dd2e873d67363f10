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
    reason: String,
    distributions: Table,
    spreads: String,
    tests: Table,
    columns_of_tests: &'static str,
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
            reason: comparison.caveat.clone(),
            distributions: comparison::distributions(comparison, runs, names),
            spreads: comparison::spreads(comparison),
            tests: comparison::tests(comparison),
            columns_of_tests: comparison::COLUMNS_OF_TESTS,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixture, names, write};

    fn page_of(analysis: &Analysis) -> String {
        let names = names::of_runs(&analysis.runs);
        page(analysis, &names, &write::figures(analysis, &names)).unwrap()
    }

    /// The page without its drawings, styles and scripts, which are looked at and not compared.
    fn text_of(page: &str) -> String {
        let mut text = String::new();
        let mut rest = page;
        for (from, to) in [("<style>", "</style>")]
            .into_iter()
            .chain(std::iter::repeat_n(
                ("<svg", "</svg>"),
                page.matches("<svg").count(),
            ))
            .chain([("<script>", "</script>")])
        {
            let (before, after) = rest.split_once(from).unwrap();
            text.push_str(before);
            rest = after.split_once(to).unwrap().1;
        }
        text + rest
    }

    #[test]
    fn a_run_reads_from_its_validity_to_the_command_that_repeats_it() {
        insta::assert_snapshot!(text_of(&page_of(&fixture::single())));
    }

    #[test]
    fn a_comparison_reads_from_its_overview_to_its_runs() {
        let text = text_of(&page_of(&fixture::five_runs()));
        let end = text.find("id=\"scenario1\"").unwrap();
        insta::assert_snapshot!(&text[..end]);
    }

    #[test]
    fn an_invalid_run_says_so_before_any_table() {
        let page = page_of(&fixture::invalid());
        let body = &page[page.find("<body>").unwrap()..];
        assert!(body.find("INVALID").unwrap() < body.find("<table").unwrap());
        assert!(body.contains("20.0% below the plan in second 12"));
    }

    #[test]
    fn a_killed_run_is_not_judged() {
        let page = page_of(&fixture::killed());
        assert!(page.contains("not judged"));
        assert!(page.contains("killed before it could say"));
    }

    #[test]
    fn a_run_without_failures_says_that_none_failed() {
        assert!(page_of(&fixture::without_errors()).contains("<p>No request failed.</p>"));
    }

    #[test]
    fn without_users_the_figures_that_need_them_are_missing() {
        let page = page_of(&fixture::without_users());
        assert!(!page.contains("Users planned and achieved"));
        assert!(page.contains("Response time over time"));
    }

    #[test]
    fn the_page_fetches_nothing() {
        let page = page_of(&fixture::five_runs());
        let namespace = "http://www.w3.org/2000/svg";
        let page = page.replace(namespace, "");
        for fetching in ["http://", "https://", "src=", "url(", "@import", "<link"] {
            assert!(!page.contains(fetching), "{fetching}");
        }
    }

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let page = page_of(&fixture::hostile());
        assert_eq!(page.matches("<script").count(), 1);
        assert!(!page.contains("<img") && !page.contains("<i>") && !page.contains("<u>"));
        assert!(page.contains("&#60;script&#62;alert(2)"));
    }

    #[test]
    fn every_table_has_a_caption_and_scopes() {
        let page = page_of(&fixture::five_runs());
        assert_eq!(
            page.matches("<table").count(),
            page.matches("<caption>").count()
        );
        assert_eq!(
            page.matches("<th ").count(),
            page.matches("<th scope=").count()
        );
    }

    #[test]
    fn dark_screens_recolour_what_the_figures_use() {
        let page = page_of(&fixture::single());
        let RGBColor(red, green, blue) = palette::INK;
        let ink = format!("fill=\"#{red:02X}{green:02X}{blue:02X}\"");
        assert!(page.contains(&format!(".plot [{ink}]")));
        assert!(
            page.matches(&ink).count() > 1,
            "no figure is drawn in this ink"
        );
    }
}
