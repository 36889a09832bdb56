//! Colours and markers. The hue of a line tells the stride, its shade and its markers tell the padding.
//!
//! Blue and orange, the hues of strides 1 and 2, can be told apart with every common colour blindness. The shades of a
//! hue differ in lightness, so that they can be told apart in print without colour as well.

use crate::model::Configuration;
use crate::model::geometry::Padding;

/// The colour of titles and labels.
pub const INK: &str = "#171b21";
/// The colour of subtitles and tick labels.
pub const MUTED: &str = "#5a6470";
/// The colour of grid lines.
pub const GRID: &str = "#e6e9ee";
/// The colour of an axis itself.
pub const AXIS: &str = "#98a2ae";

/// Shape of a point, which tells the padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// `same`.
    Circle,
    /// `valid`.
    Diamond,
    /// Any other padding.
    Triangle,
}

/// How one configuration looks, in every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colour of lines and points.
    pub line: &'static str,
    /// The same hue, dark enough for text.
    pub text: &'static str,
    /// Shape of its points.
    pub marker: Marker,
}

/// The two colours of a configuration.
struct Shade {
    line: &'static str,
    text: &'static str,
}

const fn shade(line: &'static str, text: &'static str) -> Shade {
    Shade { line, text }
}

/// By stride from 1, then by padding: `same`, `valid`, any other.
const SHADES: [[Shade; 3]; 4] = [
    [shade("#0b4f9e", "#0b4f9e"), shade("#4c9be8", "#2a74bd"), shade("#7a86d9", "#4c58b0")],
    [shade("#b8430a", "#b8430a"), shade("#f0932b", "#b2610a"), shade("#d9785f", "#a84a32")],
    [shade("#0a6b5a", "#0a6b5a"), shade("#35b597", "#14806a"), shade("#8bbf5a", "#55822a")],
    [shade("#6b2d90", "#6b2d90"), shade("#b681d8", "#8649ac"), shade("#d47fb5", "#a3427f")],
];

/// The look of a configuration. The vertical stride of the first layer gives the hue; strides above 4 begin again at
/// the first hue. The padding gives the shade and the marker.
pub fn look(configuration: &Configuration) -> Look {
    let [first_layer, _] = configuration.strides.by_layer();
    let [stride, _] = first_layer;
    let hue = &SHADES[stride.saturating_sub(1) % SHADES.len()];
    let (shade, marker) = match configuration.padding {
        Padding::Same => (&hue[0], Marker::Circle),
        Padding::Valid => (&hue[1], Marker::Diamond),
        Padding::Symmetric | Padding::Explicit(_) => (&hue[2], Marker::Triangle),
    };
    Look { line: shade.line, text: shade.text, marker }
}
