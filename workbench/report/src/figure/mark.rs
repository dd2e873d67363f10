//! Marks, in a plot and in a legend. They differ by shape, and by colour besides.

use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::{Color, RGBColor, ShapeStyle};

use super::draw::{Area, DrawError, px};
use super::palette;
use super::plot::Mark;

/// Width in a legend, in drawing units.
pub(super) const fn width(mark: Mark) -> i32 {
    match mark {
        Mark::Line(_) | Mark::Thin(_) | Mark::Shade(_) | Mark::Span(_) => px(18),
        Mark::Dashes(_) => px(16),
        Mark::Bar(_) => px(12),
        _ => px(10),
    }
}

/// A colour laid on lightly.
pub(super) fn shade(colour: RGBColor) -> ShapeStyle {
    colour.mix(0.24).filled()
}

/// Draws a mark that begins at a place.
pub(super) fn in_legend(area: &Area<'_>, of: Mark, (x, y): (i32, i32)) -> Result<(), DrawError> {
    let line = |from: (i32, i32), to: (i32, i32), colour: RGBColor, width: i32| {
        let ends = vec![(x + from.0, y + from.1), (x + to.0, y + to.1)];
        let style = colour.stroke_width(width.unsigned_abs());
        area.draw(&PathElement::new(ends, style))
    };
    let end = width(of);
    match of {
        Mark::Line(colour) => line((0, 0), (end, 0), colour, px(2)),
        Mark::Thin(colour) => line((0, 0), (end, 0), colour, 3),
        Mark::Dashes(colour) => {
            line((0, 0), (px(5), 0), colour, px(2))?;
            line((px(11), 0), (end, 0), colour, px(2))
        }
        Mark::Span(colour) => {
            line((0, 0), (end, 0), colour, px(1))?;
            line((0, -px(4)), (0, px(4)), colour, px(1))?;
            line((end, -px(4)), (end, px(4)), colour, px(1))
        }
        Mark::Bar(colour) => {
            let corners = [(x, y - px(5)), (x + end, y + px(5))];
            area.draw(&Rectangle::new(corners, colour.filled()))
        }
        Mark::Shade(colour) => {
            let corners = [(x, y - px(6)), (x + end, y + px(6))];
            area.draw(&Rectangle::new(corners, shade(colour)))
        }
        Mark::Up(_) => at(area, of, (x + px(5), y - px(4))),
        Mark::Down(_) => at(area, of, (x + px(5), y + px(4))),
        _ => at(area, of, (x + px(5), y)),
    }
}

/// Draws a mark with its middle, or its tip, at a place; those of legends alone are not drawn.
pub(super) fn at(area: &Area<'_>, of: Mark, (x, y): (i32, i32)) -> Result<(), DrawError> {
    let polygon = |corners: &[(i32, i32)], colour: RGBColor| {
        let corners: Vec<_> = corners.iter().map(|it| (x + it.0, y + it.1)).collect();
        area.draw(&Polygon::new(corners, colour.filled()))
    };
    let disc = |radius: i32, style: ShapeStyle| area.draw(&Circle::new((x, y), radius, style));
    match of {
        Mark::Dot(colour) => {
            disc(px(6), palette::PAPER.filled())?;
            disc(px(5), colour.filled())
        }
        Mark::Speck(colour) => disc(px(3), colour.mix(0.75).filled()),
        Mark::Ring(colour) => {
            disc(px(6), palette::PAPER.filled())?;
            disc(px(4), colour.stroke_width(px(2).unsigned_abs()))
        }
        Mark::Diamond(colour) => {
            for (size, colour) in [(px(7), palette::PAPER), (px(5), colour)] {
                polygon(&[(0, -size), (size, 0), (0, size), (-size, 0)], colour)?;
            }
            Ok(())
        }
        Mark::Triangle(colour) => {
            for (size, colour) in [(px(8), palette::PAPER), (px(6), colour)] {
                let base = size * 3 / 4;
                polygon(&[(0, -size), (size, base), (-size, base)], colour)?;
            }
            Ok(())
        }
        Mark::Cross(colour) => {
            let (size, style) = (px(4), colour.stroke_width(px(2).unsigned_abs()));
            for rise in [-size, size] {
                let ends = vec![(x - size, y + rise), (x + size, y - rise)];
                area.draw(&PathElement::new(ends, style))?;
            }
            Ok(())
        }
        Mark::Up(colour) => polygon(&[(0, 0), (px(6), px(9)), (-px(6), px(9))], colour),
        Mark::Down(colour) => polygon(&[(0, 0), (px(6), -px(9)), (-px(6), -px(9))], colour),
        Mark::Line(_)
        | Mark::Dashes(_)
        | Mark::Bar(_)
        | Mark::Span(_)
        | Mark::Thin(_)
        | Mark::Shade(_) => Ok(()),
    }
}
