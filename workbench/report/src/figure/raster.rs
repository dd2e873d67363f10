//! Pixels of a drawing, by resvg and with the bundled font.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::text::{BOLD, REGULAR};

/// Pixels of the picture to a pixel of the drawing: fit for print and for dense screens.
const SCALE: f32 = 2.0;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    Arc::new(fonts)
});

/// A drawing of our own as the bytes of a PNG file, on white.
pub(super) fn png(svg: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options)?;
    let pixels = |length: f32| ((length * SCALE).round() as u32).max(1);
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let mut pixmap =
        Pixmap::new(width, height).ok_or("a figure has between one pixel and some thousands")?;
    pixmap.fill(Color::WHITE);
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixmap.as_mut(),
    );
    Ok(pixmap.encode_png()?)
}
