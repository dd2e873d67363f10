//! Tables set in columns of a terminal. Numbers are never broken; texts are wrapped, or shortened in the brief text;
//! columns go where there is no room, those of the highest rank first.

use textwrap::core::display_width;

use crate::format::shortened;
use crate::table::{Cell, Column, Table};

/// Spaces between two columns.
const GAP: usize = 2;

/// For columns up to this rank texts are wrapped into narrow columns.
const WORTH_WRAPPING: u8 = 2;

/// A text column is never asked to be narrower.
const NARROWEST: usize = 8;

/// A table within a width.
pub(super) struct Grid {
    pub(super) lines: Vec<String>,
    /// Names of the columns without room.
    pub(super) left_out: Vec<String>,
}

/// Where the interval of a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intervals {
    Nowhere,
    Beside,
    Below,
}

pub(super) fn fitted(table: &Table, width: usize, is_brief: bool) -> Grid {
    let layout = Layout::of(table, width, is_brief);
    let left_out = (0..table.columns.len())
        .filter(|index| !layout.kept.contains(index))
        .map(|index| table.columns[index].name.clone());
    Grid {
        left_out: left_out.collect(),
        lines: layout.lines(),
    }
}

struct Layout<'a> {
    table: &'a Table,
    width: usize,
    is_brief: bool,
    /// Positions of the columns that are shown.
    kept: Vec<usize>,
    intervals: Intervals,
}

impl<'a> Layout<'a> {
    /// Columns of one rank go together: a baseline without its candidate says nothing. Before one goes from the verbose text,
    /// or one of rank 0, intervals are set below their numbers; they are left out at last. The first column stays, and so do
    /// those of rank 0.
    fn of(table: &'a Table, width: usize, is_brief: bool) -> Self {
        let mut layout = Self {
            table,
            width,
            is_brief,
            kept: Vec::new(),
            intervals: Intervals::Nowhere,
        };
        let intervals = if is_brief && table.brief_without_intervals {
            &[Intervals::Nowhere][..]
        } else {
            &[Intervals::Beside, Intervals::Below, Intervals::Nowhere]
        };
        layout.kept = (0..table.columns.len()).collect();
        for intervals in intervals.iter().filter(|_| !is_brief) {
            layout.intervals = *intervals;
            if *intervals != Intervals::Nowhere && layout.fits() {
                return layout;
            }
        }
        for intervals in intervals {
            layout.intervals = *intervals;
            layout.kept = (0..table.columns.len()).collect();
            while !layout.fits() {
                let least = layout.least();
                if least == 0 {
                    break;
                }
                let stays = |index: &usize| *index == 0 || table.columns[*index].rank < least;
                layout.kept.retain(stays);
            }
            if layout.fits() {
                break;
            }
        }
        layout
    }

    /// The highest rank of a column that may go.
    fn least(&self) -> u8 {
        let ranks = self.kept.iter().skip(1);
        let ranks = ranks.map(|index| self.table.columns[*index].rank);
        ranks.max().unwrap_or(0)
    }

    fn fits(&self) -> bool {
        let wraps =
            self.is_brief || self.least() <= WORTH_WRAPPING || self.intervals == Intervals::Below;
        let needed = self.kept.iter().map(|index| self.needed(*index, wraps));
        needed.sum::<usize>() + GAP * self.kept.len().saturating_sub(1) <= self.width
    }

    /// What a column cannot do without: one long label does not cost a column.
    fn needed(&self, index: usize, wraps: bool) -> usize {
        let content = self.content_width(index);
        if self.table.columns[index].is_number() {
            content
        } else if self.least() == 0 {
            content.min(NARROWEST)
        } else if self.is_brief || !wraps {
            content.min(self.width / 3)
        } else {
            self.longest_word(index).min(self.width / 6)
        }
    }

    fn longest_word(&self, index: usize) -> usize {
        let cells = self.table.rows.iter().map(|row| row.cells[index].line());
        let texts: Vec<String> = cells
            .chain([header(&self.table.columns[index]).join(" ")])
            .collect();
        let words = texts.iter().flat_map(|text| text.split_whitespace());
        words.map(display_width).max().unwrap_or(0)
    }

    fn content_width(&self, index: usize) -> usize {
        let cells = self.table.rows.iter();
        let cells = cells.flat_map(|row| self.content(&row.cells[index]));
        let header = header(&self.table.columns[index]);
        let widths = cells.chain(header).map(|line| display_width(&line));
        widths.max().unwrap_or(0)
    }

    /// The lines of a cell where there is room for it.
    fn content(&self, cell: &Cell) -> Vec<String> {
        match (self.intervals, &cell.interval) {
            (Intervals::Below, Some(interval)) => vec![cell.text.clone(), interval.clone()],
            (Intervals::Nowhere, _) => vec![cell.text.clone()],
            _ => vec![cell.line()],
        }
    }

    /// Numbers have what they need; texts share what is left, the short ones first.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .kept
            .iter()
            .map(|index| self.content_width(*index))
            .collect();
        let is_text = |place: &usize| !self.table.columns[self.kept[*place]].is_number();
        let mut texts: Vec<usize> = (0..widths.len()).filter(is_text).collect();
        texts.sort_by_key(|place| widths[*place]);
        let numbers = (0..widths.len()).filter(|place| !is_text(place));
        let taken = numbers.map(|place| widths[place]).sum::<usize>()
            + GAP * widths.len().saturating_sub(1);
        let mut left = self.width.saturating_sub(taken);
        for (done, place) in texts.iter().enumerate() {
            let share = left / (texts.len() - done);
            widths[*place] = widths[*place].min(share.max(1));
            left -= widths[*place].min(left);
        }
        widths
    }

    fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        let headers: Vec<_> = self
            .kept
            .iter()
            .zip(&widths)
            .map(|(index, width)| {
                let lines = header(&self.table.columns[*index]);
                let lines = lines.iter().flat_map(|line| wrapped(line, *width));
                lines.collect()
            })
            .collect();
        let mut lines = self.set(&headers, &widths);
        let rule = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        lines.push("─".repeat(rule));
        for row in &self.table.rows {
            let cells = self.kept.iter().zip(&widths).map(|(index, width)| {
                let lines = self.content(&row.cells[*index]);
                if self.table.columns[*index].is_number() {
                    lines
                } else if self.is_brief {
                    vec![shortened(&lines.join(" "), *width)]
                } else {
                    lines
                        .iter()
                        .flat_map(|line| wrapped(line, *width))
                        .collect()
                }
            });
            lines.extend(self.set(&cells.collect::<Vec<_>>(), &widths));
        }
        lines
    }

    /// The lines of a row; numbers stand on the right of their columns, headers end at the bottom.
    fn set(&self, cells: &[Vec<String>], widths: &[usize]) -> Vec<String> {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let line = |number: usize| {
            let mut line = String::new();
            for (place, (cell, width)) in cells.iter().zip(widths).enumerate() {
                let text = cell.get(number).map_or("", String::as_str);
                let space = " ".repeat(width.saturating_sub(display_width(text)));
                if place > 0 {
                    line.push_str(&" ".repeat(GAP));
                }
                if self.table.columns[self.kept[place]].is_number() {
                    line.push_str(&space);
                    line.push_str(text);
                } else {
                    line.push_str(text);
                    line.push_str(&space);
                }
            }
            line
        };
        (0..height).map(line).collect()
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let lines = textwrap::wrap(text, width.max(1)).into_iter();
    lines.map(std::borrow::Cow::into_owned).collect()
}

/// The name in one line or two, with the unit in a line of its own.
fn header(column: &Column) -> Vec<String> {
    let name = &column.name;
    let middle = name
        .match_indices(' ')
        .map(|(index, _)| index)
        .min_by_key(|index| index.abs_diff(name.len() / 2));
    let mut lines = match middle {
        Some(middle) if !column.is_short() => {
            vec![name[..middle].to_owned(), name[middle + 1..].to_owned()]
        }
        _ => vec![name.clone()],
    };
    if !column.unit.is_empty() {
        lines.push(column.unit.to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Row;

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
            let left_out = fitted(&table(), width, false).left_out;
            let has = |name: &str| left_out.iter().any(|it| it == name);
            assert_eq!(has("Baseline"), has("Candidate"), "{width}: {left_out:?}");
            assert!(has("Detectable") || left_out.is_empty(), "{width}");
        }
        assert_eq!(fitted(&table(), 46, false).left_out, ["Detectable"]);
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
        let beside = |grid: &Grid| grid.lines.iter().any(|it| it.contains("50.0% [48.0%"));
        assert!(beside(&fitted(&table, 60, false)));
        let narrow = fitted(&table, 40, false);
        assert!(narrow.left_out.is_empty() && !beside(&narrow));
    }

    #[test]
    fn a_text_is_wrapped_before_a_column_that_matters_goes_and_shortened_in_the_brief_text() {
        let mut table = table();
        table.columns.truncate(4);
        table.rows[0].cells.truncate(4);
        table.rows[0].cells[0] = Cell::text(&"catalog ".repeat(5));
        let wrapped = fitted(&table, 48, false);
        assert!(wrapped.left_out.is_empty() && wrapped.lines.len() > 3);
        let brief = fitted(&table, 48, true);
        assert_eq!((brief.left_out.len(), brief.lines.len()), (0, 3));
        assert!(brief.lines[2].contains('…'), "{:?}", brief.lines);
    }
}
