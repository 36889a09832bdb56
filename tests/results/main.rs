//! The files, tables and figures of runs and benchmarks.

#![cfg(feature = "cli")]

#[path = "../common/mod.rs"]
mod common;

mod analysis;
mod bench;
mod directory;
mod features;
mod geometry;
mod keras;
mod marks;
mod merge;
mod page;
mod report;
mod results;
mod rows;
mod seeds;
mod statistics;
mod study;
mod study_rows;
mod tables;
