//! From SVG to pixels.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use resvg::{tiny_skia, usvg};

use crate::error::{Error, Result};

/// Pixels to one unit of the SVG, so that figures stay sharp on dense screens.
const SCALE: f32 = 2.0;

/// Makes a PNG of a figure of this module, with the embedded fonts, at two pixels to one unit of the SVG.
///
/// # Errors
/// [`Error::Failure`] where `svg` is no SVG, where it has no size, or where its pixels do not fit into memory.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    let failed = |reason: String| Error::failure(format!("cannot draw a figure: {reason}"));
    let tree = usvg::Tree::from_str(svg, &super::marks::font::options()).map_err(|e| failed(e.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| failed("it has no size".into()))?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| failed(format!("{}×{} pixels do not fit", size.width(), size.height())))?;
    pixels.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    // The page is opaque, so the alpha channel is left out.
    let rgb: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&rgb, size.width(), size.height(), ExtendedColorType::Rgb8)
        .map_err(|e| failed(e.to_string()))?;
    Ok(bytes)
}
