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
    let kept = columns_with_room(table, width);
    let left_out = table
        .columns
        .iter()
        .enumerate()
        .filter(|(index, _)| !kept.contains(index))
        .map(|(_, column)| column.name.clone())
        .collect();
    Grid {
        lines: lines(table, &kept, width),
        left_out,
    }
}

/// Positions of the columns that fit, dropping those of the highest rank first, the last of equals first.
///
/// The first two always stay: without a label and one number there is no table.
fn columns_with_room(table: &Table, width: usize) -> Vec<usize> {
    // A label may take this much before it is broken, so that one long label does not cost a column.
    let label_room = width / 3;
    let mut kept: Vec<usize> = (0..table.columns.len()).collect();
    loop {
        let needed: usize = kept
            .iter()
            .map(|index| {
                let content = content_width(table, *index);
                let shown = if table.columns[*index].is_number() {
                    content
                } else {
                    content.min(label_room)
                };
                shown + PADDING
            })
            .sum();
        let first_to_go = kept
            .iter()
            .enumerate()
            .skip(2)
            .max_by_key(|(_, index)| table.columns[**index].rank)
            .map(|(position, _)| position);
        match first_to_go {
            Some(position) if needed > width => {
                kept.remove(position);
            }
            _ => return kept,
        }
    }
}

fn content_width(table: &Table, index: usize) -> usize {
    let header = header(&table.columns[index]);
    let cells = table.rows.iter().map(|row| row.cells[index].line());
    let cells = cells.map(|cell| display_width(&cell));
    cells
        .chain(header.split('\n').map(display_width))
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

fn lines(table: &Table, kept: &[usize], width: usize) -> Vec<String> {
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
        grid.add_row(
            kept.iter()
                .map(|index| Cell::new(row.cells[*index].line()).set_alignment(alignment(*index))),
        );
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
