//! Groups of runs and what was compared, as tables.

mod cross_checks;

use std::collections::HashMap;

use workbench_analysis::{
    BetweenRuns, Group, GroupComparison, GroupStatistic, Metric, MetricComparison, OverallTest,
    SeveralGroups, Verdict,
};

pub(crate) use cross_checks::cross_checks;

use super::{TOTAL, terms};
use crate::format::{self, NOTHING};
use crate::table::{Cell, Column, Row, Table};

/// Of more rows than this those that changed come first, so that they are not left out for those that did not.
const ROWS: usize = 100;

/// More values than this are given by their range: the figure shows each.
const VALUES: usize = 10;

/// Which rows of a table: those of all requests together, or those of the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Total,
    Labels,
}

impl Part {
    fn has(self, request: &str) -> bool {
        (request == TOTAL) == (self == Self::Total)
    }

    /// A table whose first column names the label; all requests together need none.
    fn table(self, columns: Vec<Column>, rows: Vec<(&str, Vec<Cell>)>) -> Option<Table> {
        let mut columns = columns;
        if self == Self::Labels {
            columns.insert(0, Column::text("Request", 0));
        }
        let rows = rows
            .into_iter()
            .map(|(request, cells)| Row::of(self.labelled(request, cells)));
        Table::new(columns, rows.collect()).unless_empty()
    }

    fn labelled(self, request: &str, mut cells: Vec<Cell>) -> Vec<Cell> {
        if self == Self::Labels {
            cells.insert(0, Cell::text(request));
        }
        cells
    }
}

/// Each comparison in one line; `None` where there are none.
pub(crate) fn overview(between: &BetweenRuns) -> Option<Table> {
    let mut columns = vec![
        Column::text("Comparison", 0),
        Column::text("Gravest verdict", 0),
        Column::number("Mean of TOTAL", "", 1),
        Column::number("p95 of TOTAL", "", 0),
    ];
    columns.extend(terms::BY_URGENCY.map(|verdict| Column::number(terms::verdict(verdict), "", 2)));
    let rows = super::comparisons(between)
        .iter()
        .map(|comparison| {
            let summary = super::summary(comparison, between);
            let of_total = |metric| {
                let mut rows = comparison.rows.iter();
                let row = rows.find(|row| row.request == TOTAL && row.metric == metric);
                row.map_or_else(Cell::nothing, change)
            };
            let count = |verdict| {
                let found = summary.counts.iter().find(|(it, _)| *it == verdict);
                let count = found.map_or(0, |(_, count)| *count);
                Cell::number(count as f64, count.to_string())
            };
            let mut cells = vec![
                Cell::text(&summary.title),
                Cell::badge(terms::verdict(summary.verdict), summary.verdict),
                of_total(Metric::Mean),
                of_total(Metric::P95),
            ];
            cells.extend(terms::BY_URGENCY.map(count));
            Row::of(cells)
        })
        .collect();
    Table::new(columns, rows).unless_empty()
}

/// The change of a row with its interval.
fn change(row: &MetricComparison) -> Cell {
    let interval = row.interval.as_ref();
    if let Some(unproven) = terms::unproven(row) {
        return Cell::text(&unproven);
    }
    Cell::optional(row.change, |change| terms::change(row.metric, change))
        .within(interval.map(|interval| terms::changes(row.metric, interval)))
}

/// Verdict, change and what they rest on, one row a label and metric; `None` without rows.
pub(crate) fn changes(comparison: &GroupComparison, part: Part) -> Option<Table> {
    let columns = vec![
        Column::text("Metric", 0),
        Column::text("Verdict", 0),
        Column::number("Change", "", 0),
        Column::number("Baseline", "", 2),
        Column::number("Candidate", "", 2),
        Column::number("p", "", 4),
        Column::number("Holm p", "", 3),
        Column::number("Detectable", "", 6),
        Column::number("Runs needed", "", 7),
    ];
    let rows = comparison.rows.iter();
    let mut rows: Vec<_> = rows.filter(|row| part.has(&row.request)).collect();
    if rows.len() > ROWS {
        let changed =
            |row: &&MetricComparison| matches!(row.verdict, Verdict::Regressed | Verdict::Improved);
        rows.sort_by_key(|row| !changed(row));
    }
    let rows = rows
        .into_iter()
        .map(|row| (&*row.request, cells_of_changes(row, comparison)));
    part.table(columns, rows.collect())
}

fn cells_of_changes(row: &MetricComparison, comparison: &GroupComparison) -> Vec<Cell> {
    let metric = row.metric;
    let value = |value| terms::value(metric, value);
    vec![
        Cell::text(terms::metric(metric)),
        if comparison.counts(row) {
            Cell::badge(terms::verdict_of(row), row.verdict)
        } else {
            Cell::text("set by the load")
        },
        change(row),
        Cell::shown(row.baseline, value),
        Cell::shown(row.candidate, value),
        Cell::optional(row.p, format::p_value),
        Cell::optional(adjusted(row), format::p_value),
        Cell::optional(row.minimum_detectable_change, |change| {
            terms::change(metric, change)
        }),
        row.runs_needed.map_or_else(Cell::nothing, Cell::count),
    ]
}

/// The adjusted p value, of both directions as the one beside it: twice that of the likelier one.
fn adjusted(row: &MetricComparison) -> Option<f64> {
    [row.p_regressed_adjusted, row.p_improved_adjusted]
        .into_iter()
        .flatten()
        .reduce(f64::min)
        .map(|one_sided| (2.0 * one_sided).min(1.0))
}

/// Two runs beside each other, one of each group; `None` where there are more.
pub(crate) fn side_by_side(between: &BetweenRuns, part: Part) -> Option<Table> {
    let [before, after] = between.groups.as_slice() else {
        return None;
    };
    if before.runs.len() > 1 || after.runs.len() > 1 {
        return None;
    }
    let columns = vec![
        Column::text("Metric", 0),
        Column::number(&before.name, "", 1),
        Column::number(&after.name, "", 1),
        Column::number("Change", "", 0),
    ];
    let rows = before.statistics.iter().filter(|it| part.has(&it.request));
    let rows = rows.filter_map(|first| {
        let is_same =
            |it: &&GroupStatistic| it.request == first.request && it.metric == first.metric;
        let second = after.statistics.iter().find(is_same)?;
        let metric = first.metric;
        let cell = |it: &GroupStatistic| match it.mean {
            Some(mean) => Cell::number(mean, terms::value(metric, mean)),
            None => no_mean(it),
        };
        let apart = first.mean.zip(second.mean);
        let apart = apart.and_then(|(before, after)| terms::apart(metric, before, after));
        let cells = vec![
            Cell::text(terms::metric(metric)),
            cell(first),
            cell(second),
            apart.map_or_else(Cell::nothing, |apart| Cell::text(&apart)),
        ];
        Some((&*first.request, cells))
    });
    part.table(columns, rows.collect())
}

/// Every group's runs and what they come to; `None` without rows.
///
/// Rows of one label and metric stand together, so that groups are compared by eye.
pub(crate) fn group_table(between: &BetweenRuns, part: Part) -> Option<Table> {
    let columns = vec![
        Column::text("Metric", 0),
        Column::text("Group", 0),
        Column::number("Runs", "", 3),
        Column::number("Mean", "", 0),
        Column::number("CV", "", 2),
        Column::text("Value of each run, in order of time", 4),
    ];
    let mut order: Vec<(&str, Metric)> = Vec::new();
    let mut of_groups: HashMap<(&str, Metric), Vec<(&Group, &GroupStatistic)>> = HashMap::new();
    for group in &between.groups {
        for statistic in &group.statistics {
            let key = (&*statistic.request, statistic.metric);
            if part.has(&statistic.request) {
                let of_groups = of_groups.entry(key).or_default();
                if of_groups.is_empty() {
                    order.push(key);
                }
                of_groups.push((group, statistic));
            }
        }
    }
    let rows = order
        .into_iter()
        .flat_map(|key| {
            let of_groups = of_groups.remove(&key).unwrap_or_default();
            let cells = of_groups.into_iter();
            cells.map(move |(group, statistic)| (key.0, cells_of_group(group, statistic)))
        })
        .collect();
    part.table(columns, rows)
}

fn cells_of_group(group: &Group, statistic: &GroupStatistic) -> Vec<Cell> {
    let metric = statistic.metric;
    let all = statistic.values.len() as u64;
    let measured = all - statistic.missing.len() as u64;
    let runs = if measured == all {
        format::count(all)
    } else {
        format!("{measured} of {all}")
    };
    vec![
        Cell::text(terms::metric(metric)),
        Cell::text(&group.name),
        Cell::number(measured as f64, runs),
        statistic
            .mean
            .map_or_else(
                || no_mean(statistic),
                |mean| Cell::number(mean, terms::value(metric, mean)),
            )
            .within(
                statistic
                    .interval
                    .as_ref()
                    .map(|interval| terms::values(metric, interval)),
            ),
        Cell::optional(statistic.coefficient_of_variation, format::percentage),
        Cell::text(&values(statistic)),
    ]
}

/// Where runs lack the value, the sentences below the table name them.
fn no_mean(statistic: &GroupStatistic) -> Cell {
    if statistic.missing.is_empty() {
        Cell::nothing()
    } else {
        Cell::text("refused")
    }
}

/// Each value with its unit once, or their range where they are many.
fn values(statistic: &GroupStatistic) -> String {
    let shown = |value: f64| terms::value(statistic.metric, value);
    if statistic.values.len() <= VALUES {
        let values: Vec<_> = statistic
            .values
            .iter()
            .map(|value| value.map_or_else(|| NOTHING.to_owned(), shown))
            .collect();
        return values.join(" · ");
    }
    let measured = || statistic.values.iter().flatten().copied();
    match (measured().reduce(f64::min), measured().reduce(f64::max)) {
        (Some(low), Some(high)) => format!("from {} to {}", shown(low), shown(high)),
        _ => NOTHING.to_owned(),
    }
}

/// Tests of whether all groups are alike; `None` where there are none.
pub(crate) fn overall_tests(several: &[SeveralGroups], part: Part) -> Option<Table> {
    let columns = vec![
        Column::text("Metric", 0),
        Column::number("Groups", "", 2),
        Column::number("Welch F", "", 3),
        Column::number("p by Welch", "", 0),
        Column::number("Kruskal–Wallis H", "", 4),
        Column::number("p by ranks", "", 1),
    ];
    let number = |test: Option<OverallTest>| {
        Cell::optional(test.map(|test| test.statistic), format::significant)
    };
    let p = |test: Option<OverallTest>| Cell::optional(test.map(|test| test.p), format::p_value);
    let rows = several
        .iter()
        .filter(|it| part.has(&it.request))
        .filter(|it| it.welch_anova.is_some() || it.kruskal_wallis.is_some())
        .map(|it| {
            let cells = vec![
                Cell::text(terms::metric(it.metric)),
                Cell::number(it.groups.len() as f64, it.groups.len().to_string()),
                number(it.welch_anova),
                p(it.welch_anova),
                number(it.kruskal_wallis),
                p(it.kruskal_wallis),
            ];
            (&*it.request, cells)
        })
        .collect();
    part.table(columns, rows)
}

/// Games and Howell's comparisons of all pairs of groups; `None` where there are none.
pub(crate) fn simultaneous_pairs(several: &[SeveralGroups], part: Part) -> Option<Table> {
    let columns = vec![
        Column::text("Metric", 0),
        Column::text("From", 0),
        Column::text("To", 0),
        Column::number("Change", "", 0),
        Column::number("p", "", 1),
    ];
    let rows = several
        .iter()
        .filter(|it| part.has(&it.request))
        .flat_map(|it| {
            it.pairs.iter().map(|pair| {
                let cells = vec![
                    Cell::text(terms::metric(it.metric)),
                    Cell::text(&pair.a),
                    Cell::text(&pair.b),
                    Cell::number(pair.change, terms::change(it.metric, pair.change))
                        .within(Some(terms::changes(it.metric, &pair.interval))),
                    Cell::shown(pair.p, format::p_value),
                ];
                (&*it.request, cells)
            })
        })
        .collect();
    part.table(columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn two_runs_stand_beside_each_other_with_a_change_that_is_not_proven() {
        let between = fixture::single_runs().between_runs.unwrap();
        let table = side_by_side(&between, Part::Total).unwrap();
        assert_eq!(table.columns[1].name, "scenario1");
        assert_eq!(table.columns[2].name, "scenario2");
        let last = |row: &Row| row.cells[3].text.clone();
        assert!(
            table
                .rows
                .iter()
                .map(last)
                .all(|it| it.ends_with("(unproven)"))
        );
        let between = fixture::two_groups().between_runs.unwrap();
        assert_eq!(side_by_side(&between, Part::Total), None);
    }

    #[test]
    fn an_adjusted_p_value_is_never_below_the_one_beside_it() {
        let analysis = fixture::two_groups();
        let mut row = analysis.between_runs.unwrap().comparisons[0].rows[0].clone();
        row.p = Some(0.04);
        row.p_regressed_adjusted = Some(0.02);
        row.p_improved_adjusted = Some(0.98);
        assert_eq!(adjusted(&row), Some(0.04));
        row.p_regressed_adjusted = Some(0.6);
        assert_eq!(adjusted(&row), Some(1.0));
    }
}
