//! The command line as its users see it: every test runs the binary in a directory of its own.

#![cfg(feature = "cli")]

mod bench;
mod claims;
mod data;
#[cfg(target_os = "linux")]
mod driver;
mod errors;
mod evaluate;
mod evaluation;
#[cfg(target_os = "linux")]
mod faults;
mod features;
#[path = "../common/files.rs"]
mod files;
mod gradients;
mod grid;
mod help;
#[cfg(unix)]
mod interrupt;
#[cfg(unix)]
mod kill;
mod left_out;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod memory;
mod merge;
mod numbers;
mod output;
mod page;
mod parity;
mod predict;
mod results;
mod resume;
mod spelling;
#[cfg(target_os = "linux")]
mod terminal;
mod tool;
mod tune;
