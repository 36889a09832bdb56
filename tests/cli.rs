//! The command line as its users meet it: the real binary, in a directory of its own.

#![cfg(feature = "cli")]

#[path = "cli/errors.rs"]
mod errors;
#[path = "cli/help.rs"]
mod help;
#[cfg(unix)]
#[path = "cli/interrupt.rs"]
mod interrupt;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/results.rs"]
mod results;
#[path = "cli/tool.rs"]
mod tool;
