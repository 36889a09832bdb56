//! A figure as the files that are written of it.

use super::layout::FIGURE_ENDINGS;

/// A figure, drawn: the same in two formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureFiles {
    /// Pixels.
    pub png: Vec<u8>,
    /// A drawing that is sharp at any size.
    pub svg: String,
}

impl FigureFiles {
    /// Name and bytes of each file of the figure `stem`.
    pub(super) fn named(&self, stem: &str) -> [(String, &[u8]); 2] {
        let [png, svg] = FIGURE_ENDINGS.map(|ending| format!("{stem}.{ending}"));
        [(png, &self.png), (svg, self.svg.as_bytes())]
    }
}
