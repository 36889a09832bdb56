//! Tables for the terminal and figures for people.
//!
//! Everything takes plain records and returns text: tables as they are printed, figures as SVG. Nothing here
//! trains, measures, opens a file or uses a font of the system.

pub mod figure;
pub mod text;
