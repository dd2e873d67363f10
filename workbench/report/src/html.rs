//! The self-contained page: everything inlined, nothing fetched. Long for its tests.

mod between;
mod run;
mod scalability;

use askama::Template;
use plotters::style::RGBColor;
use workbench_analysis::{Analysis, ReportComparison};

use between::BetweenView;
pub(crate) use between::FiguresBetween;
use run::RunView;

use crate::comparison;
use crate::error::ReportError;
use crate::figure::{Figure, palette};
use crate::names::RunName;
use crate::table::{Table, one_line};
use crate::verdict::validity;
use crate::worth;

/// What the template shows. Everything is escaped there but the figures, which are our own SVG.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: String,
    style: &'static str,
    dark_figures: String,
    script: &'static str,
    warnings: &'a [String],
    between: Option<BetweenView>,
    /// One line a run, where there are several.
    overview: Option<Table>,
    validity: String,
    /// Markup, escaped already.
    scalability: String,
    comparison: Option<ComparisonView<'a>>,
    /// More runs than can be shown with their figures.
    many: bool,
    runs: Vec<RunView<'a>>,
    quantile_definition: &'a str,
}

struct ComparisonView<'a> {
    banner: &'static str,
    reason: String,
    distributions: Table,
    spreads: String,
    selection: Option<&'a str>,
    worth: Table,
    meaning_of_worth: String,
    tests: Table,
    columns_of_tests: &'static str,
    figures: Vec<FigureView>,
}

struct FigureView {
    title: String,
    caption: String,
    svg: String,
}

/// The figures of an analysis: those of each run in order, those of groups, and those of the report's procedure.
pub(crate) struct Figures {
    pub(crate) of_runs: Vec<Vec<Figure>>,
    pub(crate) between: FiguresBetween,
    pub(crate) across_runs: Vec<Figure>,
    /// Of each sweep, in the order of the analysis.
    pub(crate) of_sweeps: Vec<Vec<Figure>>,
}

/// So many runs are shown whole; of more, each has its figures in its own report alone.
pub(crate) const FEW_RUNS: usize = 6;

/// The page as text.
pub(crate) fn page(
    analysis: &Analysis,
    names: &[RunName],
    figures: &Figures,
    own_reports: &[Option<String>],
) -> Result<String, ReportError> {
    let mut runs = Vec::with_capacity(analysis.runs.len());
    let parts = analysis.runs.iter().zip(names).zip(&figures.of_runs);
    for (((run, name), figures), own_report) in parts.zip(own_reports) {
        runs.push(RunView::of(run, name, figures, own_report.as_deref())?);
    }
    let page = Page {
        title: title(analysis),
        style: include_str!("../templates/report.css"),
        dark_figures: dark_figures(),
        script: concat!(
            include_str!("../templates/sort.js"),
            include_str!("../templates/fold.js")
        ),
        warnings: &analysis.warnings,
        between: analysis
            .between_runs
            .as_ref()
            .filter(|_| analysis.runs.len() > 1)
            .map(|between| BetweenView::of(between, &figures.between))
            .transpose()?,
        overview: (analysis.runs.len() > 1).then(|| comparison::overview(&analysis.runs, names)),
        validity: validity(&analysis.runs, names),
        many: analysis.runs.len() > FEW_RUNS,
        scalability: scalability::sections(&analysis.sweeps, &figures.of_sweeps)?,
        comparison: analysis
            .comparison
            .as_ref()
            .map(|comparison| ComparisonView::of(analysis, comparison, names, &figures.across_runs))
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
            let mut experiments: Vec<&str> = Vec::new();
            for run in several {
                if !experiments.contains(&&*run.experiment) {
                    experiments.push(&run.experiment);
                }
            }
            match experiments.as_slice() {
                [only] => format!("Runs of {only}"),
                several => format!("Comparison of {}", several.join(", ")),
            }
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

impl<'a> ComparisonView<'a> {
    fn of(
        analysis: &Analysis,
        comparison: &'a ReportComparison,
        names: &[RunName],
        figures: &[Figure],
    ) -> Result<Self, ReportError> {
        let runs = &analysis.runs;
        Ok(Self {
            banner: comparison::BANNER,
            reason: comparison.caveat.clone(),
            distributions: comparison::distributions(comparison, runs, names),
            spreads: comparison::spreads(comparison),
            selection: comparison.selection.as_deref(),
            worth: worth::table(comparison, runs, names),
            meaning_of_worth: worth::meaning(comparison),
            tests: comparison::tests(analysis, comparison),
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
    use workbench_samples::Content;

    use super::*;
    use crate::{fixture, names, write};

    fn page_of(analysis: &Analysis) -> String {
        let names = names::of_runs(&analysis.runs);
        let own_reports = vec![None; names.len()];
        let figures = write::figures(analysis, &names);
        page(analysis, &names, &figures, &own_reports).unwrap()
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
    fn groups_of_runs_read_from_their_verdict_to_their_runs() {
        let text = text_of(&page_of(&fixture::two_groups()));
        let (start, end) = (
            text.find("<section id=\"between\"").unwrap(),
            text.find("<section id=\"comparison\"")
                .or_else(|| text.find("<details class=\"run\""))
                .unwrap(),
        );
        insta::assert_snapshot!(&text[start..end]);
    }

    #[test]
    fn a_label_or_a_group_cannot_become_markup() {
        let mut analysis = fixture::two_groups();
        let between = analysis.between_runs.as_mut().unwrap();
        let evil = "<script>alert(1)</script>";
        for group in &mut between.groups {
            if group.name == "candidate" {
                evil.clone_into(&mut group.name);
            }
            group.statistics[0].request = evil.to_owned();
        }
        for comparison in &mut between.comparisons {
            evil.clone_into(&mut comparison.candidate);
            comparison.rows[0].request = evil.to_owned();
            comparison.warnings.push(evil.to_owned());
        }
        let page = page_of(&analysis);
        assert_eq!(page.matches("<script").count(), 1);
    }

    #[test]
    fn sixty_runs_are_folded_and_leave_their_figures_to_their_own_reports() {
        let analysis = fixture::sixty_runs();
        let names = names::of_runs(&analysis.runs);
        let figures = write::figures(&analysis, &names);
        assert!(figures.of_runs.iter().all(Vec::is_empty));
        let mut own_reports = vec![Some("../../base/1/report.html".to_owned()); names.len()];
        own_reports[1] = None;
        let page = page(&analysis, &names, &figures, &own_reports).unwrap();
        assert_eq!(page.matches("<details class=\"run\">").count(), 60);
        assert_eq!(
            page.matches("<a href=\"../../base/1/report.html\">")
                .count(),
            59
        );
        assert!(page.contains("<code>workbench analyze results/"));
        let megabytes = page.len() as f64 / 1e6;
        assert!(megabytes < 4.0, "{megabytes} MB");
    }

    #[test]
    fn single_runs_say_what_to_do_for_a_verdict() {
        let page = page_of(&fixture::single_runs());
        assert!(page.contains("workbench run BASELINE.yaml CANDIDATE.yaml --repetitions 5"));
        assert!(page.contains("scenario1 (1 run) and scenario2 (1 run) are too few"));
        assert!(!page.contains("Changes of all requests"));
    }

    #[test]
    fn an_invalid_run_is_named() {
        let page = page_of(&fixture::with_an_invalid_run());
        assert!(page.contains("10 runs, 9 valid. INVALID: candidate #3."));
    }

    #[test]
    fn a_run_without_a_steady_part_says_so() {
        let mut analysis = fixture::single();
        analysis.runs[0].steady = None;
        assert!(page_of(&analysis).contains("No request started in the steady part"));
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
        let page = page_of(&fixture::five_runs()) + &page_of(&fixture::two_groups());
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
        assert!(page.matches("&#60;script&#62;alert(3)").count() > 10);
    }

    #[test]
    fn each_kind_of_error_has_its_reasons_and_an_example() {
        let page = page_of(&fixture::single());
        assert_eq!(page.matches("<details class=\"exchange\">").count(), 2);
        assert!(page.contains("<summary>Example: POST orders/orders: status</summary>"));
        assert!(page.contains("  &#34;error&#34;: &#34;out of stock&#34;,"));
        assert!(page.contains("<p>No response.</p>"));
        assert!(page.contains("status 503, expected 201"));
        assert!(page.contains("<code>workbench show results/scenario3/"));
        let page = page_of(&fixture::without_errors());
        assert!(!page.contains("workbench show"));
    }

    #[test]
    fn long_bodies_are_shown_in_part() {
        let mut analysis = fixture::single();
        let short = page_of(&analysis).len();
        for failure in &mut analysis.runs[0].failures {
            let example = failure.example.as_mut().unwrap();
            example.request.body.content = Content::Text("\"".repeat(1 << 20));
        }
        let page = page_of(&analysis);
        assert!(page.len() < short + 100_000, "{}", page.len());
        assert!(page.contains("Request: more of it: workbench show."));
    }

    #[test]
    fn every_table_has_a_caption_and_scopes() {
        let page = page_of(&fixture::five_runs()) + &page_of(&fixture::three_groups());
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
