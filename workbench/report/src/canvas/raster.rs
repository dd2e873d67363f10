//! Anti-aliased pixels: round joints, and glyphs placed between pixels with their side bearings, neither
//! of which plotters' own bitmap backend does.

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve, ScaleFont};
use plotters_backend::FontTransform;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

use super::font;

/// A picture in memory, drawn on in drawing units.
pub(crate) struct Raster {
    pixmap: Pixmap,
    size: (u32, u32),
    transform: Transform,
}

impl Raster {
    /// A white picture of `size` drawing units, with `scale` pixels to the unit.
    pub(super) fn new(size: (u32, u32), scale: f32) -> Self {
        let pixels = |units: u32| ((units as f32 * scale).round() as u32).max(1);
        let mut pixmap = Pixmap::new(pixels(size.0), pixels(size.1))
            .expect("a figure's size is between one pixel and some thousands");
        pixmap.fill(Color::WHITE);
        Self {
            pixmap,
            size,
            transform: Transform::from_scale(scale, scale),
        }
    }

    pub(super) fn size(&self) -> (u32, u32) {
        self.size
    }

    pub(super) fn into_png(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_png(&mut bytes)
            .expect("a picture in memory can be encoded in memory");
        bytes
    }

    /// As tiny-skia does it, but without a copy of all pixels.
    fn write_png(self, bytes: &mut Vec<u8>) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(bytes, self.pixmap.width(), self.pixmap.height());
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixmap.take_demultiplied())
    }

    pub(super) fn rectangle(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        color: BackendColor,
    ) {
        let sides = Rect::from_ltrb(left as f32, top as f32, right as f32, bottom as f32);
        if let Some(rectangle) = sides {
            self.fill(&PathBuilder::from_rect(rectangle), color, self.transform);
        }
    }

    pub(super) fn polygon(&mut self, points: &[BackendCoord], color: BackendColor) {
        let mut builder = line_through(points);
        builder.close();
        if let Some(path) = builder.finish() {
            self.fill(&path, color, self.transform);
        }
    }

    pub(super) fn stroke(&mut self, points: &[BackendCoord], color: BackendColor, width: u32) {
        if let Some(path) = line_through(points).finish() {
            self.draw_line(&path, color, width);
        }
    }

    /// A disc, or a ring of the given line width.
    pub(super) fn circle(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        color: BackendColor,
        line_width: Option<u32>,
    ) {
        let Some(path) = PathBuilder::from_circle(x as f32, y as f32, radius as f32) else {
            return;
        };
        match line_width {
            None => self.fill(&path, color, self.transform),
            Some(width) => self.draw_line(&path, color, width),
        }
    }

    /// Text at its anchor, as the SVG backend places it.
    pub(super) fn text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) {
        let face = font::of_style(style.style());
        let em = font::em(style.size());
        let scaled = face.as_scaled(font::scale(face, em));
        let width: f32 = text
            .chars()
            .map(|letter| scaled.h_advance(scaled.glyph_id(letter)))
            .sum();
        let left = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        let baseline = match style.anchor().v_pos {
            VPos::Top => em * 0.76,
            VPos::Center => em * 0.36,
            VPos::Bottom => em * -0.27,
        };
        let degrees = match style.transform() {
            FontTransform::None => 0.0,
            FontTransform::Rotate90 => 90.0,
            FontTransform::Rotate180 => 180.0,
            FontTransform::Rotate270 => 270.0,
        };
        let transform = self
            .transform
            .pre_translate(x as f32, y as f32)
            .pre_rotate(degrees);
        let mut pen = left;
        for letter in text.chars() {
            let glyph = scaled.glyph_id(letter);
            let factor = em / face.units_per_em().unwrap_or(1000.0);
            if let Some(path) = outline(face, glyph, factor, (pen, baseline)) {
                self.fill(&path, style.color(), transform);
            }
            pen += scaled.h_advance(glyph);
        }
    }

    fn fill(&mut self, path: &Path, color: BackendColor, transform: Transform) {
        self.pixmap
            .fill_path(path, &paint(color), FillRule::Winding, transform, None);
    }

    fn draw_line(&mut self, path: &Path, color: BackendColor, width: u32) {
        let stroke = Stroke {
            width: width as f32,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        self.pixmap
            .stroke_path(path, &paint(color), &stroke, self.transform, None);
    }
}

fn paint(color: BackendColor) -> Paint<'static> {
    let (red, green, blue) = color.rgb;
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (color.alpha * 255.0).round() as u8);
    paint
}

fn line_through(points: &[BackendCoord]) -> PathBuilder {
    let mut builder = PathBuilder::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        if index == 0 {
            builder.move_to(x as f32, y as f32);
        } else {
            builder.line_to(x as f32, y as f32);
        }
    }
    builder
}

/// A glyph's outline with its origin at the given place; y grows downwards there, upwards in the font.
fn outline(face: &FontRef<'_>, glyph: GlyphId, factor: f32, origin: (f32, f32)) -> Option<Path> {
    let place = |point: ab_glyph::Point| (origin.0 + point.x * factor, origin.1 - point.y * factor);
    let mut builder = PathBuilder::new();
    let mut pen = None;
    for curve in face.outline(glyph)?.curves {
        let (from, to) = match &curve {
            OutlineCurve::Line(from, to)
            | OutlineCurve::Quad(from, _, to)
            | OutlineCurve::Cubic(from, _, _, to) => (place(*from), place(*to)),
        };
        if pen != Some(from) {
            builder.move_to(from.0, from.1);
        }
        match curve {
            OutlineCurve::Line(..) => builder.line_to(to.0, to.1),
            OutlineCurve::Quad(_, control, _) => {
                let control = place(control);
                builder.quad_to(control.0, control.1, to.0, to.1);
            }
            OutlineCurve::Cubic(_, first, second, _) => {
                let (first, second) = (place(first), place(second));
                builder.cubic_to(first.0, first.1, second.0, second.1, to.0, to.1);
            }
        }
        pen = Some(to);
    }
    builder.finish()
}
