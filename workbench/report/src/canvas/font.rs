//! The bundled font: a bare machine draws text, and every machine draws the same.

use std::sync::{LazyLock, Once};

use ab_glyph::{Font, FontRef, PxScale};
use plotters::style::{FontStyle, register_font};

/// Name under which plotters knows the font. It is also what SVG text asks the viewer for, hence the
/// generic fonts behind it.
pub(crate) const FAMILY: &str =
    "Inter, system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif";

const REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.otf");
const BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.otf");

static REGULAR_FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| parse(REGULAR));
static BOLD_FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| parse(BOLD));

fn parse(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the bundled font is a font")
}

/// Makes the font known to plotters, which measures text with it.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, BOLD)] {
            assert!(
                register_font(FAMILY, style, bytes).is_ok(),
                "the bundled font is a font"
            );
        }
    });
}

/// The font of a style.
pub(super) fn of_style(style: FontStyle) -> &'static FontRef<'static> {
    match style {
        FontStyle::Bold => &BOLD_FONT,
        FontStyle::Normal | FontStyle::Oblique | FontStyle::Italic => &REGULAR_FONT,
    }
}

/// Side of the em square for a size that plotters gives, as its SVG backend has it.
pub(super) fn em(size: f64) -> f32 {
    (size / 1.24) as f32
}

/// The scale at which `ab_glyph` draws an em square of this side.
pub(super) fn scale(font: &FontRef<'_>, em: f32) -> PxScale {
    let units_per_em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(em * font.height_unscaled() / units_per_em)
}
