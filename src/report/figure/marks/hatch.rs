//! Hatching, for what is no number.

use std::fmt::Display;

use super::palette::{DIAGONALS, HATCHED};
use super::shapes::Rect;
use super::svg::Svg;

/// The fill of hatched areas. A drawing must [`define`] it.
pub const HATCH: &str = "url(#stridelab-hatch)";

/// Defines the hatching in a drawing: thin reddish diagonals on white, which no colour of a scale resembles.
pub fn define(svg: &mut Svg) {
    let pattern: [(&str, &dyn Display); 5] = [
        ("id", &"stridelab-hatch"),
        ("patternUnits", &"userSpaceOnUse"),
        ("width", &"6"),
        ("height", &"6"),
        ("patternTransform", &"rotate(45)"),
    ];
    svg.open("defs", &[]);
    svg.open("pattern", &pattern);
    svg.element("rect", &[("width", &"6"), ("height", &"6"), ("fill", &HATCHED)]);
    svg.element("rect", &[("width", &"1.6"), ("height", &"6"), ("fill", &DIAGONALS)]);
    svg.close("pattern");
    svg.close("defs");
}

/// A hatched rectangle.
pub fn hatched(svg: &mut Svg, rect: Rect) {
    svg.rect(rect, HATCH);
}
