//! Tables set in columns: numbers are never broken, labels are, and columns go where there is no room.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle,
};
use textwrap::core::display_width;

use crate::table::{Column, Table};

/// What a column takes besides its content: a space on each side and one between columns.
const PADDING: usize = 3;

/// A rule below the header and nothing else.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table within a width.
pub(super) struct Grid {
    pub(super) lines: Vec<String>,
    /// Names of the columns without room.
    pub(super) left_out: Vec<String>,
}

pub(super) fn fitted(table: &Table, width: usize) -> Grid {
    let (kept, intervals) = columns_with_room(table, width);
    let left_out = table
        .columns
        .iter()
        .enumerate()
        .filter(|(index, _)| !kept.contains(index))
        .map(|(_, column)| column.name.clone())
        .collect();
    Grid {
        lines: lines(table, &kept, intervals, width),
        left_out,
    }
}

/// Where the interval of a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intervals {
    Beside,
    Below,
}

/// For columns up to this rank texts are broken into their words.
const WORTH_BROKEN_LINES: u8 = 2;

/// Positions of the columns that fit, dropping those of the highest rank first, and where intervals stand.
///
/// Columns of one rank go together: a baseline without its candidate says nothing. Before one of rank 0 goes, intervals
/// are set below their numbers; then they go one by one, the last first. The first column stays, with one other at least.
fn columns_with_room(table: &Table, width: usize) -> (Vec<usize>, Intervals) {
    let least_of = |kept: &[usize]| {
        let ranks = kept.iter().skip(1).map(|index| table.columns[*index].rank);
        ranks.max().unwrap_or(0)
    };
    let fits = |kept: &[usize], intervals: Intervals| {
        let tight = least_of(kept) <= WORTH_BROKEN_LINES;
        let needed = kept
            .iter()
            .map(|index| width_needed(table, *index, width, tight, intervals) + PADDING);
        needed.sum::<usize>() <= width
    };
    let mut kept = Vec::new();
    for intervals in [Intervals::Beside, Intervals::Below] {
        kept = (0..table.columns.len()).collect();
        loop {
            if fits(&kept, intervals) {
                return (kept, intervals);
            }
            let least = least_of(&kept);
            let staying: Vec<usize> = kept
                .iter()
                .copied()
                .filter(|index| *index == 0 || table.columns[*index].rank < least)
                .collect();
            if least == 0 || staying.len() < 2 {
                break;
            }
            kept = staying;
        }
    }
    while kept.len() > 2 && !fits(&kept, Intervals::Below) {
        kept.pop();
    }
    (kept, Intervals::Below)
}

/// What a column cannot do without: numbers are whole, and one long label does not cost a column.
fn width_needed(
    table: &Table,
    index: usize,
    width: usize,
    tight: bool,
    intervals: Intervals,
) -> usize {
    if table.columns[index].is_number() {
        content_width(table, index, intervals)
    } else if tight {
        let cells = table.rows.iter().map(|row| row.cells[index].line());
        let texts: Vec<String> = cells.chain([header(&table.columns[index])]).collect();
        let words = texts.iter().flat_map(|text| text.split_whitespace());
        words.map(display_width).max().unwrap_or(0).min(width / 6)
    } else {
        content_width(table, index, intervals).min(width / 3)
    }
}

/// The text of a cell, in one line or in two.
fn content(cell: &crate::table::Cell, intervals: Intervals) -> String {
    match (intervals, &cell.interval) {
        (Intervals::Below, Some(interval)) => format!("{}\n{interval}", cell.text),
        _ => cell.line(),
    }
}

fn content_width(table: &Table, index: usize, intervals: Intervals) -> usize {
    let cells = table.rows.iter();
    let cells = cells.map(|row| content(&row.cells[index], intervals));
    let widest = |text: String| text.split('\n').map(display_width).max();
    cells
        .chain([header(&table.columns[index])])
        .filter_map(widest)
        .max()
        .unwrap_or(0)
}

/// The name in one line or two, with the unit in a line of its own.
fn header(column: &Column) -> String {
    let name = &column.name;
    let middle = name
        .match_indices(' ')
        .map(|(index, _)| index)
        .min_by_key(|index| index.abs_diff(name.len() / 2));
    let name = match middle {
        Some(middle) if !column.is_short() => {
            format!("{}\n{}", &name[..middle], &name[middle + 1..])
        }
        _ => name.clone(),
    };
    match column.unit {
        "" => name,
        unit => format!("{name}\n{unit}"),
    }
}

fn lines(table: &Table, kept: &[usize], intervals: Intervals, width: usize) -> Vec<String> {
    let alignment = |index: usize| {
        if table.columns[index].is_number() {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        }
    };
    let mut grid = comfy_table::Table::new();
    grid.load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    grid.set_header(
        kept.iter().map(|index| {
            Cell::new(header(&table.columns[*index])).set_alignment(alignment(*index))
        }),
    );
    for row in &table.rows {
        grid.add_row(kept.iter().map(|index| {
            let content = content(&row.cells[*index], intervals);
            Cell::new(content).set_alignment(alignment(*index))
        }));
    }
    for (position, index) in kept.iter().enumerate() {
        if table.columns[*index].is_number()
            && let Some(column) = grid.column_mut(position)
        {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    grid.lines().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, Row};

    fn table() -> Table {
        let columns = vec![
            Column::text("Metric", 0),
            Column::number("Change", "", 0),
            Column::number("Baseline", "", 2),
            Column::number("Candidate", "", 2),
            Column::number("Detectable", "", 4),
        ];
        let cells = ["throughput", "+8.4%", "21.8 ms", "23.6 ms", "4%"].map(Cell::text);
        Table::new(columns, vec![Row::of(cells.into())])
    }

    #[test]
    fn columns_that_say_something_together_go_together() {
        for width in 20..100 {
            let left_out = fitted(&table(), width).left_out;
            let has = |name: &str| left_out.iter().any(|it| it == name);
            assert_eq!(has("Baseline"), has("Candidate"), "{width}: {left_out:?}");
            assert!(has("Detectable") || left_out.is_empty(), "{width}");
        }
        assert_eq!(fitted(&table(), 48).left_out, ["Detectable"]);
    }

    #[test]
    fn an_interval_is_set_below_its_number_before_a_column_that_matters_goes() {
        let column = |name| Column::number(name, "", 0);
        let cell = |text: &str| Cell::text(text).within(Some("[48.0%, 52.0%]".to_owned()));
        let table = Table::new(
            vec![Column::text("Label", 0), column("p95"), column("Error %")],
            vec![Row::of(vec![
                Cell::text("TOTAL"),
                cell("12.3"),
                cell("50.0%"),
            ])],
        );
        let wide = fitted(&table, 60);
        assert!(wide.lines.iter().any(|line| line.contains("50.0% [48.0%")));
        let narrow = fitted(&table, 45);
        assert!(narrow.left_out.is_empty());
        assert!(
            !narrow
                .lines
                .iter()
                .any(|line| line.contains("50.0% [48.0%"))
        );
    }

    #[test]
    fn a_text_is_broken_before_a_column_that_matters_goes() {
        let mut table = table();
        table.columns.truncate(4);
        table.rows[0].cells.truncate(4);
        table.rows[0].cells[0] = Cell::text(&"catalog ".repeat(5));
        assert!(fitted(&table, 48).left_out.is_empty());
    }
}
