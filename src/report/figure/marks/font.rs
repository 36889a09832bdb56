//! Inter, embedded: figures look the same on every machine.

use std::sync::{Arc, LazyLock};

use resvg::usvg;
use usvg::fontdb::Database;

/// Inter Regular (OpenType, OFL), a subset with tabular digits, for numbers: see `assets/fonts/NOTICE`.
pub const REGULAR: &[u8] = include_bytes!("../../../../assets/fonts/Inter-Regular.subset.otf");
/// Inter SemiBold, likewise, with proportional digits, for names.
pub const SEMIBOLD: &[u8] = include_bytes!("../../../../assets/fonts/Inter-SemiBold.subset.otf");

/// Weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// CSS 400.
    Regular,
    /// CSS 600.
    SemiBold,
}

impl Weight {
    /// The number CSS knows it by.
    pub fn css(self) -> u16 {
        match self {
            Weight::Regular => 400,
            Weight::SemiBold => 600,
        }
    }
}

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(SEMIBOLD.to_vec());
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
});

/// What SVG is read with: the embedded fonts and no others.
pub fn options() -> usvg::Options<'static> {
    usvg::Options { font_family: "Inter".into(), fontdb: FONTS.clone(), ..usvg::Options::default() }
}

/// Width of a text as it will be drawn, in the SVG's units.
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let mut svg = super::svg::Svg::new(1.0, 1.0, "");
    svg.text(0.0, 0.0, super::svg::Style { size, weight, ..Default::default() }, text);
    let tree = usvg::Tree::from_str(&svg.finish(), &options());
    // Only an invisible text has no node; its width is none.
    let boxed = tree.map(|tree| tree.root().abs_layer_bounding_box().width());
    boxed.map_or(0.0, |w| f64::from(w).max(0.0))
}
