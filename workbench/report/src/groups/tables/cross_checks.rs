//! The same question put to ranks, and effect sizes, as a table.

use std::collections::HashMap;

use workbench_analysis::{BetweenRuns, Group, GroupComparison, Metric, MetricComparison};

use super::Part;
use crate::format;
use crate::groups::{groups_of, terms};
use crate::table::{Cell, Column, Table};

/// Runs on either side from which ranks can say something: of 5 pairs the least p is 0.0625.
const RUNS_FOR_RANKS: usize = 10;

/// Rank tests and effect sizes, one row a label and metric; `None` where there are none.
pub(crate) fn cross_checks(
    comparison: &GroupComparison,
    between: &BetweenRuns,
    part: Part,
) -> Option<Table> {
    let values = groups_of(comparison, between)
        .map(|(baseline, candidate)| [runs_with_values(baseline), runs_with_values(candidate)]);
    let enough_for_ranks = |row: &MetricComparison| {
        let key = (&*row.request, row.metric);
        let of = |group: &HashMap<_, _>| group.get(&key).copied().unwrap_or(0);
        let mut groups = values.iter().flatten();
        values.is_some() && groups.all(|group| of(group) >= RUNS_FOR_RANKS)
    };
    let columns = vec![
        Column::text("Metric", 0),
        Column::number("Change by ranks", "", 0),
        Column::number("p by ranks", "", 0),
        Column::number("Hedges’ g", "", 2),
        Column::number("Cliff’s delta", "", 3),
        Column::text("Alone", 4),
    ];
    let rows = comparison
        .rows
        .iter()
        .filter(|row| part.has(&row.request))
        .filter(|row| row.ranks.is_some() || row.hedges_g.is_some() || row.cliffs_delta.is_some())
        .map(|row| {
            let cells = cells_of_cross_checks(row, enough_for_ranks(row));
            (&*row.request, cells)
        })
        .collect();
    part.table(columns, rows)
}

/// How many runs of a group have a value, by label and metric.
fn runs_with_values(group: &Group) -> HashMap<(&str, Metric), usize> {
    let statistics = group.statistics.iter();
    statistics
        .map(|it| {
            (
                (&*it.request, it.metric),
                it.values.iter().flatten().count(),
            )
        })
        .collect()
}

fn cells_of_cross_checks(row: &MetricComparison, enough_for_ranks: bool) -> Vec<Cell> {
    let metric = row.metric;
    let ranks = row.ranks.as_ref().filter(|_| enough_for_ranks);
    vec![
        Cell::text(terms::metric(metric)),
        Cell::optional(ranks.map(|ranks| ranks.change), |change| {
            terms::change(metric, change)
        })
        .within(
            ranks
                .and_then(|ranks| ranks.interval)
                .map(|interval| terms::changes(metric, &interval)),
        ),
        ranks.map_or_else(Cell::nothing, |ranks| {
            let kind = if ranks.exact { "exact" } else { "approx." };
            Cell::number(ranks.p, format!("{} ({kind})", format::p_value(ranks.p)))
        }),
        Cell::optional(row.hedges_g, effect),
        Cell::optional(row.cliffs_delta, effect),
        Cell::badge(terms::verdict(row.verdict_alone), row.verdict_alone),
    ]
}

/// An effect size with its sign.
fn effect(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    if text == "0.00" {
        text
    } else if value < 0.0 {
        format!("−{text}")
    } else {
        format!("+{text}")
    }
}
