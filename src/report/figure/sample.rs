//! `sample.png`: one image of the test set.

use std::fmt::{Display, Write};

use super::marks::font::{Weight, width as text_width};
use super::marks::palette::{AXIS, MUTED};
use super::marks::svg::{N, Style, Svg};
use crate::error::{Error, Result};

/// The longer side of the drawn image. 364 pixels at two a unit are a whole number for each of 28,
/// 26, 14 and 13 cells.
pub(super) const SIDE: f64 = 182.0;

/// Test image `index` in grey, every pixel a square, with its label and size below.
///
/// # Errors
/// [`Error::Failure`] where `pixels` are not `height × width`, or there are none.
pub fn sample(pixels: &[u8], [height, width]: [usize; 2], index: usize, label: u8) -> Result<String> {
    check(pixels.len(), &[height, width])?;
    let side = 2.0 * SIDE;
    let cell = side / height.max(width) as f64;
    let (w, h) = (cell * width as f64, cell * height as f64);
    let (name, detail) =
        (format!("Test image {index}, label {label}"), format!("{height} × {width} pixels, 0 black, 255 white"));
    let text = text_width(&name, 18.0, Weight::SemiBold).max(text_width(&detail, 13.0, Weight::Regular));
    let mut svg = Svg::new(w.max(text) + 56.0, h + 112.0, &name);
    svg.text(28.0, 44.0, Style { size: 18.0, weight: Weight::SemiBold, ..Style::default() }, &name);
    svg.text(28.0, 66.0, Style { size: 13.0, fill: MUTED, ..Style::default() }, &detail);
    cells(&mut svg, [28.0, 84.0, w, h], [height, width], |i| [pixels[i]; 3]);
    Ok(svg.finish())
}

pub(super) fn check(elements: usize, shape: &[usize]) -> Result<()> {
    let wanted = shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
    if wanted != Some(elements) || elements == 0 {
        return Err(Error::failure(format!("cannot draw {elements} values as {shape:?}")));
    }
    Ok(())
}

/// Cells in `[x, y, width, height]`, framed. Equal neighbours in a row are drawn as one, and all
/// cells of a colour are one path: a picture stays small enough for a page to hold it.
pub(super) fn cells(
    svg: &mut Svg,
    [x, y, w, h]: [f64; 4],
    [rows, columns]: [usize; 2],
    colour: impl Fn(usize) -> [u8; 3],
) {
    let mut paths: std::collections::BTreeMap<[u8; 3], String> = Default::default();
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let this = colour(row * columns + column);
            let run = (column..columns).take_while(|c| colour(row * columns + c) == this).count();
            let _ = write!(paths.entry(this).or_default(), "M{column} {row}h{run}v1h-{run}z");
            column += run;
        }
    }
    let place = format!("translate({} {}) scale({} {})", N(x), N(y), w / columns as f64, h / rows as f64);
    svg.open("g", &[("transform", &place), ("shape-rendering", &"crispEdges")]);
    for ([r, g, b], path) in paths {
        let fill = format!("#{r:02x}{g:02x}{b:02x}");
        svg.element("path", &[("fill", &fill), ("d", &path)]);
    }
    svg.close("g");
    let (x, y, w, h) = (N(x - 0.25), N(y - 0.25), N(w + 0.5), N(h + 0.5));
    let frame: [(&str, &dyn Display); 7] = [
        ("x", &x),
        ("y", &y),
        ("width", &w),
        ("height", &h),
        ("fill", &"none"),
        ("stroke", &AXIS),
        ("stroke-width", &"0.5"),
    ];
    svg.element("rect", &frame);
}
