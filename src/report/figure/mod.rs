//! Figures, one file each, as SVG that a page can inline; [`png()`] rasterises them.

pub mod curves;
pub mod feature_maps;
pub mod marks;
mod png;
pub mod sample;
pub mod step_time;

pub use png::png;
