//! The command line as its users see it: every test runs the binary in a directory of its own.

#![cfg(feature = "cli")]

mod bench;
mod errors;
#[path = "../common/files.rs"]
mod files;
mod help;
#[cfg(unix)]
mod interrupt;
mod numbers;
mod output;
mod parity;
mod results;
mod tool;
