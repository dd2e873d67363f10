//! Words in figures: text that fits its place, headings and legends.

use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, RGBColor, TextStyle};

use super::palette;
use crate::canvas::{Area, FAMILY, px, register};
use crate::error::DrawError;

/// Size of tick labels and legends, in pixels.
pub(crate) const SMALL: i32 = 13;

/// How text looks and which of its points is meant by a place.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) size: i32,
    pub(crate) color: RGBColor,
    pub(crate) bold: bool,
    pub(crate) across: HPos,
    pub(crate) down: VPos,
}

impl Style {
    /// Small text that starts at its place and is centred on its line.
    pub(crate) const fn small(color: RGBColor) -> Self {
        Self {
            size: SMALL,
            color,
            bold: false,
            across: HPos::Left,
            down: VPos::Center,
        }
    }

    pub(crate) const fn across(mut self, across: HPos) -> Self {
        self.across = across;
        self
    }

    pub(crate) const fn down(mut self, down: VPos) -> Self {
        self.down = down;
        self
    }

    pub(crate) const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(crate) const fn size(mut self, size: i32) -> Self {
        self.size = size;
        self
    }

    fn text_style(self) -> TextStyle<'static> {
        let weight = if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        // Plotters' sizes are 1.24 times the em square that its SVG backend asks for.
        let font = FontDesc::new(
            FontFamily::Name(FAMILY),
            f64::from(px(self.size)) * 1.24,
            weight,
        );
        TextStyle {
            font,
            color: self.color.to_backend_color(),
            pos: Pos::new(self.across, self.down),
        }
    }
}

/// Width of a text, in drawing units.
pub(crate) fn width(text: &str, style: Style) -> i32 {
    register();
    let size = style.text_style().font.box_size(text);
    // A viewer without the bundled font sets its text a little wider.
    size.map_or(0, |(width, _)| width as i32 * 104 / 100)
}

/// The text, with an ellipsis in its middle where it is wider than `room` drawing units: paths often
/// differ in their ends alone.
pub(crate) fn fitted(text: &str, style: Style, room: i32) -> String {
    if width(text, style) <= room {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    (0..letters.len())
        .rev()
        .map(|kept| {
            let head: String = letters[..kept.div_ceil(2)].iter().collect();
            let tail: String = letters[letters.len() - kept / 2..].iter().collect();
            format!("{}…{}", head.trim_end(), tail.trim_start())
        })
        .find(|shorter| width(shorter, style) <= room)
        .unwrap_or_default()
}

/// Writes a text at a place in drawing units.
pub(crate) fn write(
    area: &Area<'_>,
    text: &str,
    place: (i32, i32),
    style: Style,
) -> Result<(), DrawError> {
    area.draw(&Text::new(text.to_owned(), place, style.text_style()))
}

/// What stands for a series in a legend.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Line(RGBColor),
    Dashes(RGBColor),
    Bar(RGBColor),
    Dot(RGBColor),
    Diamond(RGBColor),
    Span(RGBColor),
    /// A line as thin as a hair.
    Thin(RGBColor),
    /// A surface that lets the grid through.
    Shade(RGBColor),
    Triangle(RGBColor),
    Ring(RGBColor),
    Cross(RGBColor),
}

/// Draws marks with their names in a row; returns where it ends.
pub(crate) fn legend(
    area: &Area<'_>,
    (left, middle): (i32, i32),
    entries: &[(Mark, &str)],
) -> Result<i32, DrawError> {
    let style = Style::small(palette::MUTED);
    let mut x = left;
    for (mark, name) in entries {
        let mark_width = draw_mark(area, *mark, (x, middle))?;
        x += mark_width + px(6);
        write(area, name, (x, middle), style)?;
        x += width(name, style) + px(18);
    }
    Ok(x)
}

/// Draws a mark that begins at a place; returns its width.
fn draw_mark(area: &Area<'_>, mark: Mark, (x, y): (i32, i32)) -> Result<i32, DrawError> {
    let line = |from: i32, to: i32, color: RGBColor, thickness: i32| {
        PathElement::new(
            vec![(x + from, y), (x + to, y)],
            color.stroke_width(px(thickness).unsigned_abs()),
        )
    };
    match mark {
        Mark::Line(color) => {
            area.draw(&line(0, px(18), color, 2))?;
            Ok(px(18))
        }
        Mark::Dashes(color) => {
            area.draw(&line(0, px(5), color, 2))?;
            area.draw(&line(px(11), px(16), color, 2))?;
            Ok(px(16))
        }
        Mark::Bar(color) => {
            let corners = [(x, y - px(5)), (x + px(12), y + px(5))];
            area.draw(&Rectangle::new(corners, color.filled()))?;
            Ok(px(12))
        }
        Mark::Dot(color) => {
            dot(area, (x + px(5), y), color)?;
            Ok(px(10))
        }
        Mark::Diamond(color) => {
            diamond(area, (x + px(5), y), color)?;
            Ok(px(10))
        }
        Mark::Thin(color) => {
            let ends = vec![(x, y), (x + px(18), y)];
            area.draw(&PathElement::new(ends, color.stroke_width(3)))?;
            Ok(px(18))
        }
        Mark::Shade(color) => {
            let corners = [(x, y - px(6)), (x + px(18), y + px(6))];
            area.draw(&Rectangle::new(corners, shade(color).filled()))?;
            Ok(px(18))
        }
        Mark::Triangle(_) | Mark::Ring(_) | Mark::Cross(_) => {
            draw_at(area, mark, (x + px(5), y))?;
            Ok(px(10))
        }
        Mark::Span(color) => {
            area.draw(&line(0, px(18), color, 1))?;
            for end in [0, px(18)] {
                area.draw(&PathElement::new(
                    vec![(x + end, y - px(4)), (x + end, y + px(4))],
                    color.stroke_width(px(1).unsigned_abs()),
                ))?;
            }
            Ok(px(18))
        }
    }
}

/// A colour laid on lightly.
pub(crate) fn shade(color: RGBColor) -> RGBAColor {
    color.mix(0.24)
}

/// Draws a mark with its middle at a place; those that are lines or surfaces begin there.
pub(crate) fn draw_at(area: &Area<'_>, mark: Mark, at: (i32, i32)) -> Result<(), DrawError> {
    match mark {
        Mark::Dot(color) => dot(area, at, color),
        Mark::Diamond(color) => diamond(area, at, color),
        Mark::Triangle(color) => {
            for (size, color) in [(px(8), palette::PAPER), (px(6), color)] {
                let corners = vec![
                    (at.0, at.1 - size),
                    (at.0 + size, at.1 + size * 3 / 4),
                    (at.0 - size, at.1 + size * 3 / 4),
                ];
                area.draw(&Polygon::new(corners, color.filled()))?;
            }
            Ok(())
        }
        Mark::Ring(color) => {
            area.draw(&Circle::new(at, px(6), palette::PAPER.filled()))?;
            area.draw(&Circle::new(
                at,
                px(4),
                color.stroke_width(px(2).unsigned_abs()),
            ))
        }
        Mark::Cross(color) => {
            let (size, style) = (px(4), color.stroke_width(px(2).unsigned_abs()));
            for (left, right) in [(-size, size), (size, -size)] {
                let ends = vec![(at.0 - size, at.1 + left), (at.0 + size, at.1 + right)];
                area.draw(&PathElement::new(ends, style))?;
            }
            Ok(())
        }
        _ => draw_mark(area, mark, at).map(|_width| ()),
    }
}

/// A triangle whose tip touches a place, pointing up, or down where its size is negative.
pub(crate) fn pointer(
    area: &Area<'_>,
    tip: (i32, i32),
    size: i32,
    color: RGBColor,
) -> Result<(), DrawError> {
    let corners = vec![
        tip,
        (tip.0 + size, tip.1 + size * 3 / 2),
        (tip.0 - size, tip.1 + size * 3 / 2),
    ];
    area.draw(&Polygon::new(corners, color.filled()))
}

/// A dot of any size, with a rim where it is large enough for one.
pub(crate) fn dot_of(
    area: &Area<'_>,
    at: (i32, i32),
    color: RGBColor,
    radius: i32,
) -> Result<(), DrawError> {
    if radius >= px(4) {
        area.draw(&Circle::new(at, radius + px(1), palette::PAPER.filled()))?;
    }
    area.draw(&Circle::new(at, radius, color.filled()))
}

/// A dot with a rim in the colour of the paper, so that dots that touch stay apart.
pub(crate) fn dot(area: &Area<'_>, at: (i32, i32), color: RGBColor) -> Result<(), DrawError> {
    area.draw(&Circle::new(at, px(6), palette::PAPER.filled()))?;
    area.draw(&Circle::new(at, px(5), color.filled()))
}

/// A diamond with a rim, as [`dot`].
pub(crate) fn diamond(area: &Area<'_>, at: (i32, i32), color: RGBColor) -> Result<(), DrawError> {
    for (size, color) in [(px(7), palette::PAPER), (px(5), color)] {
        let corners = vec![
            (at.0, at.1 - size),
            (at.0 + size, at.1),
            (at.0, at.1 + size),
            (at.0 - size, at.1),
        ];
        area.draw(&Polygon::new(corners, color.filled()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_keeps_its_beginning_and_its_end() {
        let style = Style::small(palette::INK);
        let text = format!("GET {}?page=7", "products/".repeat(40));
        let shorter = fitted(&text, style, px(200));
        assert!(
            shorter.starts_with("GET products/") && shorter.ends_with("?page=7"),
            "{shorter}"
        );
        assert!(width(&shorter, style) <= px(200));
    }

    #[test]
    fn short_text_stays_as_it_is_and_no_room_takes_none() {
        let style = Style::small(palette::INK);
        assert_eq!(fitted("GET /", style, px(200)), "GET /");
        assert_eq!(fitted("GET /", style, 0), "");
    }
}
