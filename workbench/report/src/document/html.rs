//! The document as a self-contained page: everything inlined, nothing fetched.

use std::fmt;

use askama::Template;
use plotters::style::RGBColor;

use super::{Block, Change, Depth, Document};
use crate::chart::Still;
use crate::error::ReportError;
use crate::figure::palette;
use crate::table::{Table, one_line};

/// Rows of a table: ten times as many would make a page of several megabytes.
const ROWS: usize = 200;

/// The page. Everything is escaped in the templates but the figures, which are our own SVG.
#[derive(Template)]
#[template(path = "page.html")]
struct PageView<'a> {
    document: &'a Document,
    style: &'static str,
    dark_figures: String,
    script: &'static str,
    /// uPlot's script and style, where there are charts.
    charts: Option<Charts>,
    sections: Vec<SectionView<'a>>,
}

/// uPlot 1.6, MIT License, vendored with its licence in `templates/assets`.
struct Charts {
    library: &'static str,
    style: &'static str,
    script: &'static str,
}

struct SectionView<'a> {
    id: &'a str,
    title: &'a str,
    is_study: bool,
    markup: String,
}

/// The blocks of a section, one after the other.
#[derive(Template)]
#[template(path = "blocks.html")]
struct Blocks<'a> {
    views: Vec<BlockView<'a>>,
}

/// A block as the template takes it: what is nested or drawn has been rendered.
enum BlockView<'a> {
    Plain(&'a Block),
    /// Findings in one list.
    Findings(Vec<&'a super::Finding>),
    Table(&'a str, Table),
    Figure {
        title: &'a str,
        caption: String,
        svg: String,
    },
    Charts {
        json: String,
        stills: Vec<Still>,
    },
    Details {
        summary: &'a str,
        markup: String,
    },
}

pub(crate) fn page(document: &Document) -> Result<String, ReportError> {
    let mut sections = Vec::with_capacity(document.sections.len());
    let of_page = |section: &&super::Section| {
        !matches!(section.depth, Depth::TerminalOnly | Depth::StudyIfAsked)
    };
    for section in document.sections.iter().filter(of_page) {
        sections.push(SectionView {
            id: &section.id,
            title: &section.title,
            is_study: section.depth == Depth::Study,
            markup: blocks(&section.blocks)?,
        });
    }
    let has_charts = document
        .sections
        .iter()
        .any(|section| section.blocks.iter().any(has_charts));
    let page = PageView {
        document,
        style: include_str!("../../templates/report.css"),
        dark_figures: dark_figures(),
        script: concat!(
            include_str!("../../templates/sort.js"),
            include_str!("../../templates/fold.js")
        ),
        charts: has_charts.then_some(Charts {
            library: include_str!("../../templates/assets/uPlot.iife.min.js"),
            style: include_str!("../../templates/assets/uPlot.min.css"),
            script: include_str!("../../templates/charts.js"),
        }),
        sections,
    };
    page.render().map_err(|source| ReportError::Page { source })
}

fn has_charts(block: &Block) -> bool {
    match block {
        Block::Charts(_) => true,
        Block::Details(_, inner) | Block::PageOnly(inner) => inner.iter().any(has_charts),
        _ => false,
    }
}

fn blocks(blocks: &[Block]) -> Result<String, ReportError> {
    let mut views = Vec::with_capacity(blocks.len());
    push(&mut views, blocks)?;
    let text = Blocks { views }.render();
    text.map_err(|source| ReportError::Page { source })
}

fn push<'a>(views: &mut Vec<BlockView<'a>>, blocks: &'a [Block]) -> Result<(), ReportError> {
    for block in blocks {
        let view = match block {
            Block::Finding(finding) => {
                if let Some(BlockView::Findings(list)) = views.last_mut() {
                    list.push(finding);
                    continue;
                }
                BlockView::Findings(vec![finding])
            }
            Block::Table(caption, table) => BlockView::Table(caption, table.clone().first(ROWS)),
            Block::Figure(figure) => BlockView::Figure {
                title: &figure.title,
                caption: one_line(&figure.caption),
                svg: figure.svg()?,
            },
            Block::Charts(charts) => BlockView::Charts {
                json: charts.json(),
                stills: charts.stills(),
            },
            Block::Details(summary, inner) => BlockView::Details {
                summary,
                markup: self::blocks(inner)?,
            },
            Block::PageOnly(inner) => {
                push(views, inner)?;
                continue;
            }
            other => BlockView::Plain(other),
        };
        views.push(view);
    }
    Ok(())
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

/// A change drawn: its interval as a line over the margin as a band, 0 in the middle.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HALF: f64 = 100.0;
        let ends = [self.lower, self.upper, self.value, 2.0 * self.margin];
        let widest = ends.map(f64::abs).into_iter().fold(f64::EPSILON, f64::max);
        let at = |value: f64| HALF + (value / widest).clamp(-1.0, 1.0) * (HALF - 4.0);
        write!(
            f,
            "<svg class=\"change\" viewBox=\"0 0 200 16\" aria-hidden=\"true\">\
             <rect class=\"margin\" x=\"{:.1}\" y=\"1\" width=\"{:.1}\" height=\"14\"/>\
             <line class=\"zero\" x1=\"100\" x2=\"100\" y1=\"0\" y2=\"16\"/>\
             <line class=\"interval\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"8\" y2=\"8\"/>\
             <circle cx=\"{:.1}\" cy=\"8\" r=\"4\"/></svg>",
            at(-self.margin),
            at(self.margin) - at(-self.margin),
            at(self.lower),
            at(self.upper),
            at(self.value),
        )
    }
}
