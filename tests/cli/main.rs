//! The command line as its users meet it: the real binary, in a directory of its own.

#![cfg(feature = "cli")]

mod errors;
mod help;
#[cfg(unix)]
mod interrupt;
mod output;
mod results;
mod tool;
