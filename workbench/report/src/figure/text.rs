//! Text in figures, in the bundled font: its width, and as much of it as fits.

use std::sync::Once;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, TextStyle, register_font};

use super::draw::px;

/// What SVG asks a viewer for: the bundled font, and what is likely to be there in its place.
const FAMILY: &str =
    "Inter, system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif";

pub(super) const REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.otf");
pub(super) const BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.otf");

/// Makes the font known to plotters, which measures text with it.
fn register() {
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

/// How text looks, and which of its points lies at its place.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// In pixels.
    size: i32,
    colour: RGBColor,
    bold: bool,
    across: HPos,
    down: VPos,
}

impl Style {
    /// The size of labels and legends; starts at its place and is centred on its line.
    pub(super) const fn small(colour: RGBColor) -> Self {
        Self {
            size: 13,
            colour,
            bold: false,
            across: HPos::Left,
            down: VPos::Center,
        }
    }

    pub(super) const fn title(colour: RGBColor) -> Self {
        Self {
            size: 17,
            bold: true,
            ..Self::small(colour)
        }
    }

    pub(super) const fn bold(mut self, bold: bool) -> Self {
        self.bold = bold;
        self
    }

    pub(super) const fn across(mut self, across: HPos) -> Self {
        self.across = across;
        self
    }

    pub(super) const fn down(mut self, down: VPos) -> Self {
        self.down = down;
        self
    }

    pub(super) fn of_plotters(self) -> TextStyle<'static> {
        register();
        let weight = if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        // Plotters' sizes are 1.24 times the em square that its SVG backend asks for.
        let size = f64::from(px(self.size)) * 1.24;
        TextStyle {
            font: FontDesc::new(FontFamily::Name(FAMILY), size, weight),
            color: self.colour.to_backend_color(),
            pos: Pos::new(self.across, self.down),
        }
    }
}

/// Width of a text, in drawing units.
pub(super) fn width(text: &str, style: Style) -> i32 {
    let size = style.of_plotters().font.box_size(text);
    // A viewer without the bundled font sets its text a little wider.
    size.map_or(0, |(width, _)| width as i32 * 104 / 100)
}

/// The text, with an ellipsis in its middle where it is wider than `room` drawing units: paths often differ in their
/// ends alone.
pub(super) fn fitted(text: &str, style: Style, room: i32) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::palette;

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
