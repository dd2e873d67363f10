//! What plotters draws on: SVG text or pixels, behind one type so that no figure is generic.

use std::io::Error;

use plotters::backend::SVGBackend;
use plotters_backend::text_anchor::VPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::font;
use super::raster::Raster;

type Drawn = Result<(), DrawingErrorKind<Error>>;

/// SVG text or pixels.
pub(crate) struct Surface<'a>(Kind<'a>);

enum Kind<'a> {
    Svg(SVGBackend<'a>),
    Raster(&'a mut Raster),
}

impl<'a> Surface<'a> {
    pub(super) fn svg(text: &'a mut String, size: (u32, u32)) -> Self {
        Self(Kind::Svg(SVGBackend::with_string(text, size)))
    }

    pub(super) fn raster(raster: &'a mut Raster) -> Self {
        Self(Kind::Raster(raster))
    }
}

impl DrawingBackend for Surface<'_> {
    type ErrorType = Error;

    fn get_size(&self) -> (u32, u32) {
        match &self.0 {
            Kind::Svg(svg) => svg.get_size(),
            Kind::Raster(raster) => raster.size(),
        }
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => svg.present(),
            Kind::Raster(_) => Ok(()),
        }
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => svg.draw_pixel(point, color),
            Kind::Raster(raster) => {
                raster.rectangle(point, (point.0 + 1, point.1 + 1), color);
                Ok(())
            }
        }
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => svg.draw_line(from, to, style),
            Kind::Raster(raster) => {
                raster.stroke(&[from, to], style.color(), style.stroke_width());
                Ok(())
            }
        }
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => svg.draw_rect(upper_left, bottom_right, style, fill),
            Kind::Raster(raster) if fill => {
                raster.rectangle(upper_left, bottom_right, style.color());
                Ok(())
            }
            Kind::Raster(raster) => {
                let ((left, top), (right, bottom)) = (upper_left, bottom_right);
                let outline = [
                    (left, top),
                    (right, top),
                    (right, bottom),
                    (left, bottom),
                    (left, top),
                ];
                raster.stroke(&outline, style.color(), style.stroke_width());
                Ok(())
            }
        }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => svg.draw_path(path, style),
            Kind::Raster(raster) => {
                let points: Vec<_> = path.into_iter().collect();
                raster.stroke(&points, style.color(), style.stroke_width());
                Ok(())
            }
        }
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => svg.draw_circle(center, radius, style, fill),
            Kind::Raster(raster) => {
                let width = (!fill).then(|| style.stroke_width());
                raster.circle(center, radius, style.color(), width);
                Ok(())
            }
        }
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vertices: I,
        style: &S,
    ) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => svg.fill_polygon(vertices, style),
            Kind::Raster(raster) => {
                let points: Vec<_> = vertices.into_iter().collect();
                raster.polygon(&points, style.color());
                Ok(())
            }
        }
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        position: BackendCoord,
    ) -> Drawn {
        match &mut self.0 {
            Kind::Svg(svg) => {
                // Centred SVG text is centred on a small letter; ours is mostly figures, which are taller.
                let (x, y) = position;
                let lower = match style.anchor().v_pos {
                    VPos::Center => (font::em(style.size()) * 0.09) as i32,
                    VPos::Top | VPos::Bottom => 0,
                };
                svg.draw_text(text, style, (x, y + lower))
            }
            Kind::Raster(raster) => {
                raster.text(text, style, position);
                Ok(())
            }
        }
    }
}
