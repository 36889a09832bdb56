//! Colours and markers: hue says the stride, shade and marker say the padding.
//!
//! Blue against orange stays apart under every common colour blindness; the shades differ in
//! lightness, so that grey print still separates them.

use crate::model::Configuration;
use crate::model::geometry::Padding;

/// Titles and labels.
pub const INK: &str = "#171b21";
/// Subtitles, tick labels.
pub const MUTED: &str = "#5a6470";
/// Grid lines.
pub const GRID: &str = "#e6e9ee";
/// The axis itself.
pub const AXIS: &str = "#98a2ae";

/// Shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// `same`.
    Circle,
    /// `valid`.
    Diamond,
    /// Explicit pads.
    Triangle,
}

/// Look of one configuration in every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colour of lines and points.
    pub line: &'static str,
    /// The same, dark enough for text.
    pub text: &'static str,
    /// Shape of its points.
    pub marker: Marker,
}

/// By stride from 1, then by `same`, `valid`, explicit: (line, text).
const HUES: [[(&str, &str); 3]; 4] = [
    [("#0b4f9e", "#0b4f9e"), ("#4c9be8", "#2a74bd"), ("#7a86d9", "#4c58b0")],
    [("#b8430a", "#b8430a"), ("#f0932b", "#b2610a"), ("#d9785f", "#a84a32")],
    [("#0a6b5a", "#0a6b5a"), ("#35b597", "#14806a"), ("#8bbf5a", "#55822a")],
    [("#6b2d90", "#6b2d90"), ("#b681d8", "#8649ac"), ("#d47fb5", "#a3427f")],
];

/// The look of a configuration: the first layer's vertical stride gives the hue. Strides past the fourth begin again
/// at the first hue.
pub fn look(configuration: &Configuration) -> Look {
    let (shade, marker) = match configuration.padding {
        Padding::Same => (0, Marker::Circle),
        Padding::Valid => (1, Marker::Diamond),
        Padding::Explicit(_) => (2, Marker::Triangle),
    };
    let [[stride, _], _] = configuration.strides.by_layer();
    let (line, text) = HUES[stride.saturating_sub(1) % HUES.len()][shade];
    Look { line, text, marker }
}
