//! Figures, one file for each, as SVG that a page can inline; [`png()`] makes pixels of them, [`standalone`] files.
//!
//! A figure's file says what is drawn: it turns records into the numbers and texts of [`marks`], which draw them.

pub mod curves;
pub mod feature_maps;
pub mod features;
pub mod marks;
mod png;
pub mod sample;
mod standalone;
pub mod step_time;
pub mod study;

pub use png::png;
pub use standalone::standalone;
