//! What the page shows of groups of runs.

use workbench_analysis::{BetweenRuns, GroupComparison};

use super::{FigureView, views};
use crate::between::{self, Part, Told, words};
use crate::error::ReportError;
use crate::figure::Figure;
use crate::table::Table;

pub(super) struct BetweenView {
    pub(super) alone: Option<String>,
    pub(super) comparisons: Vec<ComparedView>,
    /// They are many: each has a line in the overview, and is folded below its own line.
    pub(super) folded: bool,
    pub(super) overview: Option<Table>,
    pub(super) columns_of_changes: String,
    pub(super) columns_of_checks: &'static str,
    pub(super) figures: Vec<FigureView>,
    pub(super) figures_of_labels: Vec<FigureView>,
    pub(super) groups: Option<Table>,
    pub(super) groups_of_labels: Option<Table>,
    pub(super) columns_of_groups: String,
    pub(super) overall: Option<Table>,
    pub(super) overall_of_labels: Option<Table>,
    pub(super) pairs: Option<Table>,
    pub(super) pairs_of_labels: Option<Table>,
    pub(super) several: &'static str,
}

pub(super) struct ComparedView {
    pub(super) told: Told,
    /// Colours of the gravest verdict.
    pub(super) class: &'static str,
    pub(super) counts: Vec<CountView>,
    pub(super) many_warnings: bool,
    pub(super) points: Vec<PointView>,
    pub(super) figures: Vec<FigureView>,
    pub(super) changes: Option<Table>,
    pub(super) changes_of_labels: Option<Table>,
    pub(super) checks: Option<Table>,
    pub(super) checks_of_labels: Option<Table>,
}

pub(super) struct CountView {
    pub(super) number: usize,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

pub(super) struct PointView {
    pub(super) text: String,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

/// Figures of groups of runs: of each comparison, of all requests, and of each label.
#[derive(Default)]
pub(crate) struct FiguresBetween {
    pub(crate) of_comparisons: Vec<Vec<Figure>>,
    pub(crate) of_total: Vec<Figure>,
    pub(crate) of_labels: Vec<Figure>,
}

/// More rows of labels would make a page of several megabytes.
const ROWS: usize = 1_000;

fn first_rows(table: Table) -> Table {
    table.first(ROWS)
}

impl BetweenView {
    pub(super) fn of(between: &BetweenRuns, figures: &FiguresBetween) -> Result<Self, ReportError> {
        let compared = between::comparisons(between);
        let comparisons = compared.iter().zip(&figures.of_comparisons);
        let several = &between.several;
        Ok(Self {
            alone: between::groups_alone(between),
            comparisons: comparisons
                .map(|(comparison, figures)| ComparedView::of(comparison, between, figures))
                .collect::<Result<_, _>>()?,
            folded: compared.len() > between::FEW_COMPARISONS,
            overview: between::overview(between),
            columns_of_changes: between::columns_of_changes(between),
            columns_of_checks: between::COLUMNS_OF_CROSS_CHECKS,
            figures: views(&figures.of_total)?,
            figures_of_labels: views(&figures.of_labels)?,
            groups: between::groups(between, Part::Total),
            groups_of_labels: between::groups(between, Part::Labels).map(first_rows),
            columns_of_groups: between::under_groups(between),
            overall: between::overall_tests(several, Part::Total),
            overall_of_labels: between::overall_tests(several, Part::Labels).map(first_rows),
            pairs: between::simultaneous_pairs(several, Part::Total),
            pairs_of_labels: between::simultaneous_pairs(several, Part::Labels).map(first_rows),
            several: between::SEVERAL,
        })
    }
}

impl ComparedView {
    fn of(
        comparison: &GroupComparison,
        between: &BetweenRuns,
        figures: &[Figure],
    ) -> Result<Self, ReportError> {
        let told = between::told(comparison, between);
        Ok(Self {
            class: words::class(told.verdict),
            counts: told
                .counts
                .iter()
                .map(|(verdict, number)| CountView {
                    number: *number,
                    word: words::verdict(*verdict),
                    class: words::class(*verdict),
                })
                .collect(),
            points: told
                .points
                .iter()
                .map(|(verdict, text)| PointView {
                    text: text.clone(),
                    word: words::verdict(*verdict),
                    class: words::class(*verdict),
                })
                .collect(),
            many_warnings: told.warnings_of_rows.len() > between::FEW_WARNINGS,
            figures: views(figures)?,
            changes: between::changes(comparison, Part::Total),
            changes_of_labels: between::changes(comparison, Part::Labels).map(first_rows),
            checks: between::cross_checks(comparison, between, Part::Total),
            checks_of_labels: between::cross_checks(comparison, between, Part::Labels)
                .map(first_rows),
            told,
        })
    }
}
