//! What runs and benchmarks leave behind: files, tables, figures.

#![cfg(feature = "cli")]

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod report;
mod results;
mod rows;
