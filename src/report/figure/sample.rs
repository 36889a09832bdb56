//! `sample.png`: one image of the test set.

use super::marks::cells::{Cells, PICTURE, check_shape};
use super::marks::font::width as text_width;
use super::marks::heading::EDGE;
use super::marks::style::TextStyle;
use super::marks::svg::Svg;
use crate::error::Result;

const NAME: TextStyle = TextStyle::ink(18.0).semibold();
const DETAIL: TextStyle = TextStyle::muted(13.0);

/// Test image `index` in grey, every pixel a square, below its label and its size.
///
/// # Errors
/// [`Error::Failure`](crate::Error::Failure) where the number of `pixels` is not `height × width`, or is 0.
pub fn sample(pixels: &[u8], [height, width]: [usize; 2], index: usize, label: u8) -> Result<String> {
    check_shape(pixels.len(), &[height, width])?;
    let name = format!("Test image {index}, label {label}");
    let detail = format!("{height} × {width} pixels, 0 black, 255 white");
    let cells = Cells::square(EDGE, 84.0, 2.0 * PICTURE, [height, width]);
    let content = cells.frame.width.max(text_width(&name, NAME)).max(text_width(&detail, DETAIL));
    let mut svg = Svg::new(content + 2.0 * EDGE, cells.frame.height + 112.0, &name);
    svg.text(EDGE, 44.0, NAME, &name);
    svg.text(EDGE, 66.0, DETAIL, &detail);
    cells.draw(&mut svg, |i| [pixels[i]; 3]);
    Ok(svg.finish())
}
