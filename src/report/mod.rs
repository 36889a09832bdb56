//! Tables for the terminal and figures for people, made from records.
//!
//! Every function takes plain records and returns text: a table as it is printed, a figure as SVG. Nothing here
//! trains a network, takes a measurement, opens a file or uses a font of the system.
//!
//! [`text`] has a file for each table, [`figure`] one for each figure, and [`page`] puts them into one HTML file; all write numbers as `numbers.rs` says.

pub mod figure;
mod numbers;
pub mod page;
pub mod text;
