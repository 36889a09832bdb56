//! The files, tables and figures of runs and benchmarks.

#![cfg(feature = "cli")]

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod directory;
mod features;
mod marks;
mod report;
mod results;
mod rows;
mod seeds;
mod statistics;
mod tables;
