//! Tables for the terminal and figures for people.
//!
//! Everything takes plain data and returns text: tables as they are printed, figures as SVG that a
//! page can inline, and [`png`] rasterises. Nothing here trains, opens a file or uses a font of
//! the system.

mod axis;
mod chart;
pub mod cost;
pub mod curves;
pub mod feature_maps;
mod font;
mod labels;
mod palette;
mod png;
pub mod sample;
mod svg;
pub mod table;
pub mod viridis;

pub use font::{REGULAR, SEMIBOLD};
pub use png::png;
