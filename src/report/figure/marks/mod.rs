//! The marks that any figure may use: axes, lines, bars, cells, colour scales, labels, and the SVG underneath.
//!
//! A mark knows how something is drawn and takes plain numbers and texts; which record they come from is the
//! figure's business. [`palette`] alone knows the crate's configurations, which look the same in every figure.
//!
//! | mark | file |
//! |---|---|
//! | title, subtitle, caption | [`heading`] |
//! | range and ticks; grid lines with their labels | [`axis`], [`grid`] |
//! | lines over epochs, labelled where they end | [`line_chart`] |
//! | points and strokes | [`stroke`] |
//! | horizontal stacked bars | [`stacked_bars`] |
//! | pixels, a matrix of coloured cells | [`cells`] |
//! | the scale of such colours | [`colour_bar`], [`viridis`], [`diverging`], [`colour_scale`] |
//! | a matrix of numbers as colours; what is no number | [`heat_map`], [`hatch`] |
//! | panels of one size | [`small_multiples`] |
//! | dots with intervals in rows | [`dot_plot`] |
//! | what markers mean | [`key`] |
//! | labels moved apart | [`labels`] |
//! | rectangles, text, colours, fonts, elements | [`shapes`], [`style`], [`palette`], [`font`], [`svg`] |

pub mod axis;
pub mod cells;
pub mod colour_bar;
pub mod colour_scale;
pub mod diverging;
pub mod dot_plot;
pub mod font;
pub mod grid;
pub mod hatch;
pub mod heading;
pub mod heat_map;
pub mod key;
pub mod labels;
pub mod line_chart;
mod line_plot;
pub mod palette;
pub mod shapes;
pub mod small_multiples;
pub mod stacked_bars;
pub mod stroke;
pub mod style;
pub mod svg;
mod ticks;
pub mod viridis;
