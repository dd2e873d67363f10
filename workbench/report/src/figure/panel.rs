//! A plot within a figure: grid and tick labels around a rectangle, and series within it.

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::series::DashedLineSeries;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle};

use super::axis::Axis;
use super::lettering::{self, Style};
use super::palette;
use crate::canvas::{Area, px};
use crate::error::DrawError;

/// A plot's rectangle, in pixels of the figure; labels stand outside of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
}

/// A plot to draw series in, in the units of its axes.
pub(crate) struct Panel<'a, 'b> {
    area: &'a Area<'b>,
    plot: DrawingArea<crate::canvas::Surface<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    frame: Frame,
    x: &'a Axis,
    y: &'a Axis,
}

/// Which parts around a panel are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XLabels {
    Shown,
    /// The panel below has the same axis.
    Hidden,
}

/// Pixels that the labels of an axis need to the left of a panel.
pub(crate) fn label_room(axis: &Axis) -> i32 {
    let widest = axis
        .ticks
        .iter()
        .map(|tick| lettering::width(&tick.label, Style::small(palette::MUTED)))
        .max()
        .unwrap_or(0);
    widest / px(1) + 12
}

impl<'a, 'b> Panel<'a, 'b> {
    /// Draws grid and labels.
    pub(crate) fn new(
        area: &'a Area<'b>,
        frame: Frame,
        x: &'a Axis,
        y: &'a Axis,
        x_labels: XLabels,
    ) -> Result<Self, DrawError> {
        let coordinates = Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
            x.place(x.from)..x.place(x.to),
            y.place(y.from)..y.place(y.to),
            (
                px(frame.left)..px(frame.right),
                px(frame.bottom)..px(frame.top),
            ),
        );
        let panel = Self {
            area,
            plot: area.apply_coord_spec(coordinates),
            frame,
            x,
            y,
        };
        panel.draw_grid()?;
        panel.draw_labels(x_labels)?;
        Ok(panel)
    }

    fn draw_grid(&self) -> Result<(), DrawError> {
        let (x, y) = (self.x, self.y);
        let minor = palette::FAINT.stroke_width(px(1).unsigned_abs());
        let major = palette::GRID.stroke_width(px(1).unsigned_abs());
        for value in &x.minor {
            self.straight((*value, y.from), (*value, y.to), minor)?;
        }
        for value in &y.minor {
            self.straight((x.from, *value), (x.to, *value), minor)?;
        }
        for tick in &x.ticks {
            self.straight((tick.value, y.from), (tick.value, y.to), major)?;
        }
        for tick in &y.ticks {
            self.straight((x.from, tick.value), (x.to, tick.value), major)?;
        }
        let base = palette::EXTREMES.stroke_width(px(1).unsigned_abs());
        self.straight((x.from, y.from), (x.to, y.from), base)
    }

    fn draw_labels(&self, x_labels: XLabels) -> Result<(), DrawError> {
        let style = Style::small(palette::MUTED);
        for tick in &self.y.ticks {
            let (_, row) = self.pixel(self.x.from, tick.value);
            let place = (px(self.frame.left - 8), row);
            lettering::write(self.area, &tick.label, place, style.across(HPos::Right))?;
        }
        if x_labels == XLabels::Hidden {
            return Ok(());
        }
        let below = style.across(HPos::Center).down(VPos::Top);
        let placed: Vec<_> = self
            .x
            .ticks
            .iter()
            .map(|tick| {
                let (column, _) = self.pixel(tick.value, self.y.from);
                (column, lettering::width(&tick.label, below), &tick.label)
            })
            .collect();
        for (column, _, label) in placed.iter().step_by(stride(&placed)) {
            let place = (*column, px(self.frame.bottom + 7));
            lettering::write(self.area, label, place, below)?;
        }
        Ok(())
    }

    /// Writes what the panel shows above it, at its left edge.
    pub(crate) fn heading(&self, text: &str) -> Result<(), DrawError> {
        let style = Style::small(palette::INK).bold().down(VPos::Bottom);
        let room = px(self.frame.right - self.frame.left);
        let text = lettering::fitted(text, style, room);
        let place = (px(self.frame.left), px(self.frame.top - 8));
        lettering::write(self.area, &text, place, style)
    }

    /// Writes what the horizontal axis shows below its labels.
    pub(crate) fn x_title(&self, text: &str) -> Result<(), DrawError> {
        let style = Style::small(palette::MUTED)
            .across(HPos::Center)
            .down(VPos::Top);
        let middle = px(self.frame.left + self.frame.right) / 2;
        lettering::write(self.area, text, (middle, px(self.frame.bottom + 28)), style)
    }

    /// A line through the points, in pieces where values are missing; a piece of one point is a dot.
    pub(crate) fn line(
        &self,
        points: &[(f64, Option<f64>)],
        color: RGBColor,
    ) -> Result<(), DrawError> {
        let style = color.stroke_width(px(2).unsigned_abs());
        let points = thinned(points.to_vec());
        for piece in points.split(|(_, value)| value.is_none()) {
            let places: Vec<_> = piece
                .iter()
                .filter_map(|(x, value)| value.map(|value| self.place(*x, value)))
                .collect();
            match places.as_slice() {
                [] => {}
                [only] => self.plot.draw(&Circle::new(*only, px(2), color.filled()))?,
                _ => self.plot.draw(&PathElement::new(places, style))?,
            }
        }
        Ok(())
    }

    /// A small dot, one of many.
    pub(crate) fn speck(&self, x: f64, y: f64, color: RGBColor) -> Result<(), DrawError> {
        let style = color.mix(0.75).filled();
        self.plot.draw(&Circle::new(self.place(x, y), px(3), style))
    }

    /// A dashed line through the points; of very many, which may go up and down within a dash, a solid one.
    pub(crate) fn dashes(&self, points: &[(f64, f64)], color: RGBColor) -> Result<(), DrawError> {
        if points.len() > MOST_POINTS {
            let points: Vec<_> = points.iter().map(|(x, y)| (*x, Some(*y))).collect();
            return self.line(&points, color);
        }
        let places: Vec<_> = points.iter().map(|(x, y)| self.place(*x, *y)).collect();
        let style = color.stroke_width(px(2).unsigned_abs());
        for piece in DashedLineSeries::new(places, px(6), px(5), style) {
            self.plot.draw(&piece)?;
        }
        Ok(())
    }

    /// The surface between the points and the lower edge, lightly filled.
    pub(crate) fn surface(&self, points: &[(f64, f64)], color: RGBColor) -> Result<(), DrawError> {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Ok(());
        };
        let base = if self.y.from < 0.0 { 0.0 } else { self.y.from };
        let mut corners = vec![self.place(first.0, base)];
        corners.extend(thinned_all(points).map(|(x, y)| self.place(x, y)));
        corners.push(self.place(last.0, base));
        self.plot
            .draw(&Polygon::new(corners, color.mix(0.22).filled()))
    }

    /// A bar from the lower edge.
    pub(crate) fn bar(
        &self,
        from: f64,
        to: f64,
        height: f64,
        color: RGBColor,
    ) -> Result<(), DrawError> {
        self.bar_between(from, to, (self.y.from, height), color)
    }

    /// A bar between two heights, with a hairline of paper at its right where it is wide enough.
    pub(crate) fn bar_between(
        &self,
        from: f64,
        to: f64,
        (low, high): (f64, f64),
        color: RGBColor,
    ) -> Result<(), DrawError> {
        let (left, top) = self.pixel(from, high);
        let (right, bottom) = self.pixel(to, low);
        let gap = if right - left > px(4) { px(1) / 2 } else { 0 };
        let corners = [(left, top), (right - gap, bottom)];
        self.area.draw(&Rectangle::new(corners, color.filled()))
    }

    /// A surface from the lower edge to the upper one, which lets the grid through.
    pub(crate) fn band(&self, across: (f64, f64), color: RGBColor) -> Result<(), DrawError> {
        self.shade(across, (self.y.from, self.y.to), color)
    }

    /// A rectangle that lets the grid through.
    pub(crate) fn shade(
        &self,
        (from, to): (f64, f64),
        (low, high): (f64, f64),
        color: RGBColor,
    ) -> Result<(), DrawError> {
        let corners = [self.pixel(from, high), self.pixel(to, low)];
        let color = lettering::shade(color).filled();
        self.area.draw(&Rectangle::new(corners, color))
    }

    /// A straight line between two points.
    pub(crate) fn straight(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        style: ShapeStyle,
    ) -> Result<(), DrawError> {
        let ends = vec![self.place(from.0, from.1), self.place(to.0, to.1)];
        self.plot.draw(&PathElement::new(ends, style))
    }

    /// Ends of the horizontal axis.
    pub(crate) fn x_range(&self) -> (f64, f64) {
        (self.x.from, self.x.to)
    }

    /// Where a point lies on the figure, in drawing units.
    pub(crate) fn pixel(&self, x: f64, y: f64) -> (i32, i32) {
        self.plot.map_coordinate(&self.place(x, y))
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.place(x), self.y.place(y))
    }
}

/// Points of a line beyond which it is drawn through fewer: more than a figure is wide.
const MOST_POINTS: usize = 2_500;

/// At most some [`MOST_POINTS`] of the points, in order of x: of each stretch the first, the lowest, the highest and the last, and
/// a gap where there is one.
fn thinned(points: Vec<(f64, Option<f64>)>) -> Vec<(f64, Option<f64>)> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let stretches = points.chunks(points.len().div_ceil(MOST_POINTS / 5));
    let kept = stretches.flat_map(|stretch| {
        let known = || stretch.iter().filter(|(_, value)| value.is_some());
        let by_value = |a: &&(f64, Option<f64>), b: &&(f64, Option<f64>)| {
            let value = |point: &(f64, Option<f64>)| point.1.unwrap_or_default();
            value(a).total_cmp(&value(b))
        };
        let extremes = [
            known().next(),
            known().min_by(by_value),
            known().max_by(by_value),
            known().next_back(),
        ];
        let gap = stretch.iter().find(|(_, value)| value.is_none());
        let mut kept: Vec<_> = extremes
            .into_iter()
            .chain([gap])
            .flatten()
            .copied()
            .collect();
        kept.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        kept.dedup();
        kept
    });
    kept.collect()
}

/// The same of points that all have a value.
fn thinned_all(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    let points = points.iter().map(|(x, y)| (*x, Some(*y))).collect();
    thinned(points)
        .into_iter()
        .filter_map(|(x, y)| Some((x, y?)))
}

/// How many ticks to go on from each label to the next, so that none touch; the lines between stay.
fn stride(placed: &[(i32, i32, &String)]) -> usize {
    (1..placed.len().max(1))
        .find(|stride| {
            let labels: Vec<_> = placed.iter().step_by(*stride).collect();
            labels.windows(2).all(|pair| {
                let ((left, left_width, _), (right, right_width, _)) = (pair[0], pair[1]);
                left + left_width / 2 + px(8) <= right - right_width / 2
            })
        })
        .unwrap_or(placed.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_many_points_keeps_its_ends_extremes_and_gaps() {
        let mut points: Vec<_> = (0..86_400).map(|i| (f64::from(i), Some(1.0))).collect();
        points[40_000].1 = Some(9.0);
        points[50_000].1 = Some(-9.0);
        points[60_000].1 = None;
        let kept = thinned(points.clone());
        assert!(kept.len() <= MOST_POINTS, "{}", kept.len());
        for place in [0, 40_000, 50_000, 60_000, 86_399] {
            assert!(kept.contains(&points[place]), "{place}");
        }
        assert!(kept.is_sorted_by(|(one, _), (other, _)| one <= other));
        let few = points[..100].to_vec();
        assert_eq!(thinned(few.clone()), few);
    }
}
