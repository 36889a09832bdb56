//! Inter, embedded, so that figures look the same on every machine.

use std::sync::{Arc, LazyLock};

use resvg::usvg;
use usvg::fontdb::Database;

use super::style::{Anchor, TextStyle};
use super::svg::Svg;

/// Inter Regular (OpenType, OFL): a subset with tabular digits, for numbers. See `assets/fonts/NOTICE`.
pub const REGULAR: &[u8] = include_bytes!("../../../../assets/fonts/Inter-Regular.subset.otf");
/// Inter SemiBold, likewise: a subset with proportional digits, for names.
pub const SEMIBOLD: &[u8] = include_bytes!("../../../../assets/fonts/Inter-SemiBold.subset.otf");

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(SEMIBOLD.to_vec());
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
});

/// The options with which SVG is read: they have the embedded fonts and no others.
pub fn options() -> usvg::Options<'static> {
    usvg::Options { font_family: "Inter".into(), fontdb: FONTS.clone(), ..usvg::Options::default() }
}

/// Width of a text as it will be drawn, in the SVG's units.
pub fn width(text: &str, style: TextStyle) -> f64 {
    let mut svg = Svg::scratch();
    svg.text(0.0, 0.0, style.anchor(Anchor::Start), text);
    let tree = usvg::Tree::from_str(&svg.finish(), &options());
    // A text without a visible character has no node, and so an error or a box without width.
    let drawn = tree.map(|tree| tree.root().abs_layer_bounding_box().width());
    drawn.map_or(0.0, |width| f64::from(width).max(0.0))
}
