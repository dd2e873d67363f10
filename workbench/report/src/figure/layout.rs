//! Where the parts of a figure go: legend, and the frame of each panel.

use super::axis::{Scale, Weight};
use super::draw::{px, style_of};
use super::mark;
use super::palette;
use super::plot::{Figure, Panel, Series};
use super::text::{self, Style};

/// Width of every figure, in pixels.
pub(super) const WIDTH: i32 = 960;

/// No figure is higher, in pixels: an A4 page of that width (ISO 216: its sides are as 1 to √2).
pub(super) const PAGE: i32 = 1_357;

/// Pixels that stay free at the sides.
pub(super) const MARGIN: i32 = 20;

/// Height of a row of the legend, of a flag's text, and of the space between panels.
const ROW_OF_LEGEND: i32 = 22;
pub(super) const ROW_OF_FLAG: i32 = 17;
const BETWEEN: i32 = 14;

/// Names are cut to this width, in pixels.
const WIDEST_NAME: i32 = 300;

/// A plot's rectangle in pixels of the figure, and what stands around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
    /// Where flags end; the heading stands above it.
    pub(super) above: i32,
    pub(super) has_x_labels: bool,
    /// Where the title of the horizontal axis stands.
    pub(super) x_title: i32,
}

/// Where everything goes.
pub(super) struct Layout<'a> {
    /// The beginning of each entry, in drawing units.
    pub(super) legend: Vec<(i32, i32)>,
    pub(super) panels: Vec<(&'a Panel, Frame)>,
    pub(super) height: i32,
}

impl<'a> Layout<'a> {
    pub(super) fn of(figure: &'a Figure) -> Self {
        let (legend, rows) = legend(figure);
        let columns = figure.columns;
        let width = WIDTH / columns as i32;
        // Panels below each other begin and end at the same places.
        let sides: Vec<(i32, i32)> = (0..columns)
            .map(|column| {
                let cells = figure.cells.iter().skip(column).step_by(columns);
                let panels = || cells.clone().flatten();
                let left = panels().map(left_room).max().unwrap_or(0);
                let beside = panels().map(right_room).max().unwrap_or(0);
                let right = if columns > 1 { 28 } else { 36 };
                (left, right.max(beside))
            })
            .collect();
        let mut panels = Vec::new();
        let mut top = 54 + ROW_OF_LEGEND * rows;
        for row in figure.cells.chunks(columns) {
            let mut lowest = top;
            for (column, cell) in row.iter().enumerate() {
                let edge = width * column as i32;
                let (left, right) = sides[column];
                let across = (edge + MARGIN + left, edge + width - right);
                lowest = lowest.max(stack(cell, top, across, &mut panels));
            }
            top = lowest;
        }
        debug_assert!(top <= PAGE, "{} is {top} pixels high", figure.name);
        Self {
            legend,
            panels,
            height: top,
        }
    }
}

/// Puts the panels of a cell below each other, and says where the next one can begin.
fn stack<'a>(
    cell: &'a [Panel],
    mut top: i32,
    (left, right): (i32, i32),
    panels: &mut Vec<(&'a Panel, Frame)>,
) -> i32 {
    for (index, panel) in cell.iter().enumerate() {
        let above = top + if panel.heading.is_empty() { 8 } else { 30 };
        let flags = panel
            .series
            .iter()
            .filter(|it| matches!(it, Series::Flag(..)));
        let plot = above + ROW_OF_FLAG * flags.count() as i32;
        let bottom = plot + panel.height;
        // The panel below has the same axis.
        let has_x_labels = cell.get(index + 1).is_none_or(|next| next.x != panel.x);
        let has_two_lines = panel.x.ticks.iter().any(|it| !it.beneath.is_empty());
        let labels = if has_two_lines { 42 } else { 24 };
        let frame = Frame {
            left,
            top: plot,
            right,
            bottom,
            above,
            has_x_labels,
            x_title: bottom + labels + 4,
        };
        panels.push((panel, frame));
        top = bottom + BETWEEN;
        if has_x_labels {
            top += labels + if panel.x_title.is_empty() { 0 } else { 22 };
        }
    }
    top
}

/// Where the entries of the legend begin, and in how many rows.
fn legend(figure: &Figure) -> (Vec<(i32, i32)>, i32) {
    let (mut x, mut row) = (px(MARGIN), 0);
    let mut places = Vec::with_capacity(figure.legend.len());
    for (mark, name) in &figure.legend {
        let width = mark::width(*mark) + px(6) + text::width(name, Style::small(palette::MUTED));
        if x + width > px(WIDTH - MARGIN) && x > px(MARGIN) {
            (x, row) = (px(MARGIN), row + 1);
        }
        places.push((x, px(54 + ROW_OF_LEGEND * row)));
        x += width + px(18);
    }
    (places, row + 1)
}

/// Pixels that the labels to the left of a panel need.
fn left_room(panel: &Panel) -> i32 {
    let style = |weight| style_of(&panel.y, weight);
    let ticks = panel.y.ticks.iter();
    let labels = ticks.filter(|it| it.weight != Weight::Heading);
    let widths = labels.map(|it| {
        let beneath = text::width(&it.beneath, Style::small(palette::MUTED));
        text::width(&it.label, style(it.weight)).max(beneath) / px(1)
    });
    let widest = widths.max().unwrap_or(0);
    match panel.y.scale {
        Scale::Names => widest.min(WIDEST_NAME) + 14,
        Scale::Linear | Scale::Logarithmic | Scale::Ratio => widest + 12,
    }
}

/// Pixels that the texts on the far side of a panel need.
fn right_room(panel: &Panel) -> i32 {
    let texts = panel.y.ticks.iter().filter(|it| !it.beside.is_empty());
    let widths = texts.map(|it| text::width(&it.beside, Style::small(palette::INK)) / px(1));
    widths.max().map_or(0, |widest| widest + 14 + MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::axis::Axis;
    use crate::figure::plot::Mark;

    #[test]
    fn a_legend_that_is_wider_than_the_figure_goes_on_below() {
        let entries = [(
            Mark::Dot(palette::INK),
            "as long as a legend gets to be here",
        ); 6];
        let figure = Figure::new("a", "A".to_owned(), String::new(), &entries);
        let axis = || Axis::counts(1.0);
        let figure = figure.with(vec![Panel::new("", axis(), axis(), 100)]);
        let layout = Layout::of(&figure);
        let rows: Vec<i32> = layout.legend.iter().map(|(_, y)| y / px(1)).collect();
        assert_eq!((rows[0], rows[5]), (54, 76));
        assert!(layout.panels[0].1.top > 76);
    }
}
