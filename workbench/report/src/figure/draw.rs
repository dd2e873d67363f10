//! Draws any figure with plotters, as SVG.
//!
//! Plotters places everything on whole numbers. Drawings are therefore laid out in units of a quarter of a pixel, so that
//! curves are smooth in print: `px(12)` is twelve pixels.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::series::DashedLineSeries;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle};

use super::axis::{Axis, Scale, Weight};
use super::layout::{Frame, Layout, MARGIN, ROW_OF_FLAG, WIDTH};
use super::mark;
use super::palette;
use super::plot::{Figure, Panel, Points, Series, Stroke};
use super::text::{self, Style};
use super::thin::{MOST_POINTS, thinned};

/// What plotters says when a drawing fails; in memory it fails only for want of a font.
pub(crate) type DrawError = DrawingAreaErrorKind<std::io::Error>;

type Drawn = Result<(), DrawError>;

/// A drawing, in drawing units.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Plot<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Drawing units to a pixel.
const UNITS: i32 = 4;

/// Drawing units of so many pixels.
pub(super) const fn px(pixels: i32) -> i32 {
    pixels * UNITS
}

/// The figure as an SVG document.
pub(super) fn svg(figure: &Figure) -> Result<String, DrawError> {
    let layout = Layout::of(figure);
    let size = (px(WIDTH).unsigned_abs(), px(layout.height).unsigned_abs());
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    draw(&area, figure, &layout)?;
    area.present()?;
    drop(area);
    // A header with the size in pixels in the place of plotters' own, which counts drawing units.
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{}\" \
         viewBox=\"0 0 {} {}\" stroke-linejoin=\"round\" \
         stroke-linecap=\"round\" style=\"background:#fff\">{body}",
        layout.height, size.0, size.1
    ))
}

fn draw(area: &Area<'_>, figure: &Figure, layout: &Layout<'_>) -> Drawn {
    let style = Style::title(palette::INK);
    let title = text::fitted(&figure.title, style, px(WIDTH - 2 * MARGIN));
    write(area, &title, (px(MARGIN), px(26)), style)?;
    let style = Style::small(palette::MUTED);
    for ((mark, name), place) in figure.legend.iter().zip(&layout.legend) {
        mark::in_legend(area, *mark, *place)?;
        let after = place.0 + mark::width(*mark) + px(6);
        write(area, name, (after, place.1), style)?;
    }
    for (panel, frame) in &layout.panels {
        Drawing::of(area, panel, *frame).draw()?;
    }
    Ok(())
}

fn write(area: &Area<'_>, text: &str, place: (i32, i32), style: Style) -> Drawn {
    if text.is_empty() {
        return Ok(());
    }
    area.draw(&Text::new(text.to_owned(), place, style.of_plotters()))
}

/// A line of so many pixels.
fn line(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width((width * f64::from(UNITS)) as u32)
}

/// A panel in its frame.
struct Drawing<'a, 'b> {
    area: &'a Area<'b>,
    plot: Plot<'b>,
    panel: &'a Panel,
    frame: Frame,
}

impl<'a, 'b> Drawing<'a, 'b> {
    fn of(area: &'a Area<'b>, panel: &'a Panel, frame: Frame) -> Self {
        let range = |axis: &Axis| axis.place(axis.from)..axis.place(axis.to);
        let coordinates = Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(
            range(&panel.x),
            range(&panel.y),
            (
                px(frame.left)..px(frame.right),
                px(frame.bottom)..px(frame.top),
            ),
        );
        Self {
            area,
            plot: area.apply_coord_spec(coordinates),
            panel,
            frame,
        }
    }

    fn draw(&self) -> Drawn {
        self.grid()?;
        self.labels_of_y()?;
        if self.frame.has_x_labels {
            self.labels_of_x()?;
        }
        self.titles()?;
        let mut flags = 0;
        for series in &self.panel.series {
            match series {
                Series::Line(points, stroke) => self.line(points, *stroke)?,
                Series::Area(points, colour) => self.area_below(points, *colour)?,
                Series::Bars(bars, colour) => self.bars(bars, *colour)?,
                Series::Shade(ends, colour) => {
                    let [(left, low), (right, high)] = *ends;
                    let corners = [self.pixel((left, high)), self.pixel((right, low))];
                    self.area
                        .draw(&Rectangle::new(corners, mark::shade(*colour)))?;
                }
                Series::Strokes(lines, stroke) => {
                    let style = ShapeStyle {
                        color: stroke.colour.mix(stroke.opacity),
                        ..line(stroke.colour, stroke.width)
                    };
                    for ends in lines {
                        self.straight(*ends, style)?;
                    }
                }
                Series::Marks(places, mark) => {
                    for place in places {
                        mark::at(self.area, *mark, self.pixel(*place))?;
                    }
                }
                Series::Texts(texts) => self.texts(texts)?,
                Series::Flag(x, text, colour) => {
                    self.flag(*x, text, *colour, flags)?;
                    flags += 1;
                }
            }
        }
        Ok(())
    }

    fn grid(&self) -> Drawn {
        let (x, y) = (&self.panel.x, &self.panel.y);
        let faint = line(palette::FAINT, 1.0);
        for value in &x.minor {
            self.straight([(*value, y.from), (*value, y.to)], faint)?;
        }
        for value in &y.minor {
            self.straight([(x.from, *value), (x.to, *value)], faint)?;
        }
        let grid = line(palette::GRID, 1.0);
        let lines_of = |axis: &'a Axis| {
            axis.ticks
                .iter()
                .filter(move |_| axis.scale != Scale::Names)
        };
        for tick in lines_of(x) {
            self.straight([(tick.value, y.from), (tick.value, y.to)], grid)?;
        }
        for tick in lines_of(y) {
            self.straight([(x.from, tick.value), (x.to, tick.value)], grid)?;
        }
        let base = line(palette::EXTREMES, 1.0);
        self.straight([(x.from, y.from), (x.to, y.from)], base)
    }

    fn labels_of_y(&self) -> Drawn {
        let Frame { left, right, .. } = self.frame;
        let axis = &self.panel.y;
        for tick in &axis.ticks {
            let (_, row) = self.pixel((self.panel.x.from, tick.value));
            let style = style_of(axis, tick.weight);
            if tick.weight == Weight::Heading {
                let label = text::fitted(&tick.label, style, px(right - MARGIN));
                write(self.area, &label, (px(MARGIN), row), style)?;
                continue;
            }
            let style = style.across(HPos::Right);
            let muted = Style::small(palette::MUTED).across(HPos::Right);
            let lift = if tick.beneath.is_empty() { 0 } else { px(9) };
            let label = text::fitted(&tick.label, style, px(left - MARGIN - 8));
            write(self.area, &label, (px(left - 8), row - lift), style)?;
            let place = (px(left - 8), row + px(9));
            write(self.area, &tick.beneath, place, muted)?;
            let style = Style::small(palette::INK);
            write(self.area, &tick.beside, (px(right + 14), row), style)?;
        }
        Ok(())
    }

    fn labels_of_x(&self) -> Drawn {
        let axis = &self.panel.x;
        let style = style_of(axis, Weight::Plain)
            .across(HPos::Center)
            .down(VPos::Top);
        let room = match axis.scale {
            Scale::Names => {
                px(self.frame.right - self.frame.left) / axis.ticks.len().max(1) as i32 - px(8)
            }
            _ => i32::MAX,
        };
        let labels: Vec<_> = axis
            .ticks
            .iter()
            .map(|tick| {
                let label = text::fitted(&tick.label, style, room);
                let (column, _) = self.pixel((tick.value, self.panel.y.from));
                (column, text::width(&label, style), label)
            })
            .collect();
        let stride = stride(&labels);
        for (column, _, label) in labels.iter().step_by(stride) {
            let place = (*column, px(self.frame.bottom + 7));
            write(self.area, label, place, style)?;
        }
        let muted = Style::small(palette::MUTED)
            .across(HPos::Center)
            .down(VPos::Top);
        for ((column, ..), tick) in labels.iter().zip(&axis.ticks).step_by(stride) {
            let beneath = text::fitted(&tick.beneath, muted, room);
            let place = (*column, px(self.frame.bottom + 25));
            write(self.area, &beneath, place, muted)?;
        }
        Ok(())
    }

    fn titles(&self) -> Drawn {
        let Frame {
            left, right, top, ..
        } = self.frame;
        let style = Style::small(palette::INK).bold(true).down(VPos::Bottom);
        let room = px(right - left);
        let heading = text::fitted(&self.panel.heading, style, room);
        let place = (px(left), px(self.frame.above - 8));
        write(self.area, &heading, place, style)?;
        debug_assert!(self.frame.above <= top);
        if !self.frame.has_x_labels {
            return Ok(());
        }
        let style = Style::small(palette::MUTED)
            .across(HPos::Center)
            .down(VPos::Top);
        let place = (px(left + right) / 2, px(self.frame.x_title));
        write(self.area, &self.panel.x_title, place, style)
    }

    /// A stretch between gaps that is a single point is a dot. Of very many points, which may go up and down within a
    /// dash, the line is solid.
    fn line(&self, points: &[(f64, Option<f64>)], stroke: Stroke) -> Drawn {
        let style = line(stroke.colour, stroke.width);
        let is_dashed = stroke.dashed && points.len() <= MOST_POINTS;
        for stretch in thinned(points).split(|(_, value)| value.is_none()) {
            let places: Vec<_> = stretch
                .iter()
                .filter_map(|(x, value)| Some(self.place((*x, (*value)?))))
                .collect();
            match places.as_slice() {
                [] => {}
                [only] => {
                    let dot = Circle::new(*only, px(2), stroke.colour.filled());
                    self.plot.draw(&dot)?;
                }
                _ if is_dashed => {
                    for dash in DashedLineSeries::new(places, px(6), px(5), style) {
                        self.plot.draw(&dash)?;
                    }
                }
                _ => self.plot.draw(&PathElement::new(places, style))?,
            }
        }
        Ok(())
    }

    fn area_below(&self, points: &[(f64, f64)], colour: RGBColor) -> Drawn {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Ok(());
        };
        let base = self.panel.y.from;
        let points: Points = points.iter().map(|(x, y)| (*x, Some(*y))).collect();
        let mut corners = vec![self.place((first.0, base))];
        let line = thinned(&points).into_iter();
        corners.extend(line.filter_map(|(x, y)| Some(self.place((x, y?)))));
        corners.push(self.place((last.0, base)));
        let surface = Polygon::new(corners, colour.mix(0.22).filled());
        self.plot.draw(&surface)
    }

    fn bars(&self, bars: &[[(f64, f64); 2]], colour: RGBColor) -> Drawn {
        for [(from, low), (to, high)] in bars {
            let (left, top) = self.pixel((*from, *high));
            let (right, bottom) = self.pixel((*to, *low));
            // A hairline of paper between bars that are wide enough.
            let gap = if right - left > px(4) { px(1) / 2 } else { 0 };
            let corners = [(left, top), (right - gap, bottom)];
            self.area.draw(&Rectangle::new(corners, colour.filled()))?;
        }
        Ok(())
    }

    fn texts(&self, texts: &[((f64, f64), String)]) -> Drawn {
        let style = Style::small(palette::INK);
        let mut texts: Vec<_> = texts
            .iter()
            .map(|(place, text)| (self.pixel(*place), text))
            .collect();
        texts.sort_by_key(|((column, row), _)| (*column, -row));
        let mut below: Option<(i32, i32)> = None;
        for ((column, row), text) in texts {
            let free = below.filter(|(of, _)| *of == column).map(|(_, row)| row);
            let row = free.map_or(row, |free| row.min(free - px(16)));
            below = Some((column, row));
            write(self.area, text, (column + px(12), row), style)?;
        }
        Ok(())
    }

    fn flag(&self, x: f64, text: &str, colour: RGBColor, row: i32) -> Drawn {
        let (column, base) = self.pixel((x, self.panel.y.from));
        let top = px(self.frame.above + ROW_OF_FLAG * row);
        let pole = PathElement::new(vec![(column, base), (column, top)], line(colour, 2.0));
        self.area.draw(&pole)?;
        let style = Style::small(palette::INK);
        let fits = column + px(6) + text::width(text, style) <= px(self.frame.right);
        let (place, style) = if fits {
            (column + px(6), style)
        } else {
            (column - px(6), style.across(HPos::Right))
        };
        write(self.area, text, (place, top + px(6)), style)
    }

    fn straight(&self, [from, to]: [(f64, f64); 2], style: ShapeStyle) -> Drawn {
        let ends = vec![self.place(from), self.place(to)];
        self.plot.draw(&PathElement::new(ends, style))
    }

    /// Where a point lies on the drawing.
    fn pixel(&self, point: (f64, f64)) -> (i32, i32) {
        self.plot.map_coordinate(&self.place(point))
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.panel.x.place(x), self.panel.y.place(y))
    }
}

/// How the labels of an axis look: names are read first, numbers are looked up.
pub(super) fn style_of(axis: &Axis, weight: Weight) -> Style {
    let colour = match axis.scale {
        Scale::Names => palette::INK,
        Scale::Linear | Scale::Logarithmic | Scale::Ratio => palette::MUTED,
    };
    Style::small(colour).bold(weight != Weight::Plain)
}

/// How many labels to go on from each that is written, so that none touch; grid lines stay.
fn stride(labels: &[(i32, i32, String)]) -> usize {
    (1..labels.len().max(1))
        .find(|stride| {
            let labels: Vec<_> = labels.iter().step_by(*stride).collect();
            labels.windows(2).all(|pair| {
                let ((left, left_width, _), (right, right_width, _)) = (pair[0], pair[1]);
                left + left_width / 2 + px(8) <= right - right_width / 2
            })
        })
        .unwrap_or(labels.len().max(1))
}
