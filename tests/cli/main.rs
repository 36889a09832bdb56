//! The command line as its users see it: every test runs the binary in a directory of its own.

#![cfg(feature = "cli")]

mod bench;
mod errors;
#[cfg(target_os = "linux")]
mod faults;
#[path = "../common/files.rs"]
mod files;
mod help;
#[cfg(unix)]
mod interrupt;
mod output;
mod parity;
mod results;
mod tool;
