//! Draws one and the same drawing as SVG text and as PNG bytes.
//!
//! Plotters places everything on whole numbers. Drawings are therefore laid out in units of a quarter
//! of a pixel, so that curves are smooth in print: write `px(12)` for twelve pixels.

mod font;
mod raster;
mod surface;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};

use crate::error::DrawError;

pub(crate) use font::{FAMILY, register};
pub(crate) use surface::Surface;

/// Where figures draw.
pub(crate) type Area<'a> = DrawingArea<Surface<'a>, Shift>;

/// Drawing units to a pixel.
const UNITS: i32 = 4;

/// Pixels of the PNG to a pixel of the figure: fit for print and for dense screens.
const PNG_SCALE: f32 = 2.0;

/// Drawing units of so many pixels.
pub(crate) const fn px(pixels: i32) -> i32 {
    pixels * UNITS
}

/// Draws as an SVG document of `size` pixels.
pub(crate) fn svg(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), DrawError>,
) -> Result<String, DrawError> {
    register();
    let mut text = String::new();
    let area = Surface::svg(&mut text, in_units(size)).into_drawing_area();
    draw(&area)?;
    area.present()?;
    drop(area);
    Ok(with_header(&text, size))
}

/// Draws as the bytes of a PNG file, at twice the `size` in pixels.
pub(crate) fn png(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), DrawError>,
) -> Result<Vec<u8>, DrawError> {
    register();
    let mut raster = raster::Raster::new(in_units(size), PNG_SCALE / UNITS as f32);
    let area = Surface::raster(&mut raster).into_drawing_area();
    draw(&area)?;
    area.present()?;
    drop(area);
    Ok(raster.into_png())
}

fn in_units((width, height): (u32, u32)) -> (u32, u32) {
    let units = UNITS.unsigned_abs();
    (width * units, height * units)
}

/// Puts a header with the size in pixels in the place of plotters' own, which counts drawing units.
fn with_header(text: &str, (width, height): (u32, u32)) -> String {
    let body = text.split_once('>').map_or("", |(_, body)| body);
    let (unit_width, unit_height) = in_units((width, height));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {unit_width} {unit_height}\" stroke-linejoin=\"round\" \
         stroke-linecap=\"round\" style=\"background:#fff\">{body}"
    )
}
