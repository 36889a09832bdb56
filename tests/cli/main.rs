//! The command line as its users see it: every test runs the binary in a directory of its own.

#![cfg(feature = "cli")]

mod bench;
mod data;
#[cfg(target_os = "linux")]
mod driver;
mod errors;
mod evaluation;
#[cfg(target_os = "linux")]
mod faults;
#[path = "../common/files.rs"]
mod files;
mod grid;
mod help;
#[cfg(unix)]
mod interrupt;
mod left_out;
mod numbers;
mod output;
mod parity;
mod results;
mod spelling;
mod tool;
