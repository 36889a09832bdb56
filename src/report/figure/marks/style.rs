//! How a text looks.

use super::palette::{INK, MUTED};

/// Weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// CSS 400.
    Regular,
    /// CSS 600.
    SemiBold,
}

impl Weight {
    /// The number that stands for it in CSS.
    pub fn css(self) -> u16 {
        match self {
            Weight::Regular => 400,
            Weight::SemiBold => 600,
        }
    }
}

/// Which part of a text its x names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

impl Anchor {
    /// As SVG's `text-anchor` has it.
    pub fn svg(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct TextStyle {
    /// Font size, in the SVG's units.
    pub size: f64,
    /// Font weight.
    pub weight: Weight,
    /// Colour.
    pub fill: &'static str,
    /// Alignment.
    pub anchor: Anchor,
}

impl TextStyle {
    /// Regular text of that size, aligned at its left end.
    pub const fn ink(size: f64) -> TextStyle {
        TextStyle { size, weight: Weight::Regular, fill: INK, anchor: Anchor::Start }
    }

    /// The same in the colour of what is read second: subtitles, tick labels, details.
    pub const fn muted(size: f64) -> TextStyle {
        TextStyle { fill: MUTED, ..TextStyle::ink(size) }
    }

    /// The same as this one, semibold.
    pub const fn semibold(self) -> TextStyle {
        TextStyle { weight: Weight::SemiBold, ..self }
    }

    /// The same as this one, in another colour.
    pub const fn fill(self, fill: &'static str) -> TextStyle {
        TextStyle { fill, ..self }
    }

    /// The same as this one, with another alignment.
    pub const fn anchor(self, anchor: Anchor) -> TextStyle {
        TextStyle { anchor, ..self }
    }
}
