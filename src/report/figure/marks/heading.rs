//! The lines of text that every figure has: a title, a subtitle, and a caption at the foot.

use super::style::TextStyle;
use super::svg::Svg;

/// From the edge of the page to what is drawn.
pub const EDGE: f64 = 28.0;

/// The baseline of the title.
pub const TITLE_Y: f64 = 48.0;

/// What a subtitle looks like; other explanations of a figure look the same.
pub const SUBTITLE: TextStyle = TextStyle::muted(14.0);

/// The title and the line below it.
pub fn heading(svg: &mut Svg, title: &str, subtitle: &str) {
    svg.text(EDGE, TITLE_Y, TextStyle::ink(24.0).semibold(), title);
    svg.text(EDGE, TITLE_Y + 26.0, SUBTITLE, subtitle);
}

/// Small print at the foot of a page of that height: what was run or measured.
pub fn caption(svg: &mut Svg, height: f64, text: &str) {
    svg.text(EDGE, height - 22.0, TextStyle::muted(12.0), text);
}
