//! The marks that figures are made of: axes, lines, labels, colours, and the SVG underneath.

pub mod axis;
pub mod font;
pub mod labels;
pub mod line_chart;
pub mod palette;
pub mod svg;
pub mod viridis;
