//! Tables for the terminal and figures for people, made from records.
//!
//! Every function takes plain records and returns text: a table as it is printed, a figure as SVG. Nothing here
//! trains a network, takes a measurement, opens a file or uses a font of the system.
//!
//! [`text`] has a file for each table and [`figure`] one for each figure; both write numbers as `numbers.rs` says.

pub mod figure;
mod numbers;
pub mod text;
