//! The commands.

pub mod bench;
pub mod describe;
pub mod devices;
pub mod parity;
pub mod progress;
pub mod train;

use std::io::{ErrorKind, IsTerminal, Write};

use stridelab::geometry::Padding;
use stridelab::network::Configuration;
use stridelab::{Error, Result};

use crate::cli::PaddingChoice;

/// Prints to stdout; a reader that has gone away (`| head`) is no error.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::Failure(format!("cannot write to stdout: {e}"))),
        _ => Ok(()),
    }
}

/// Prints a line to stderr; where even that fails there is nobody left to tell.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Whether stdout takes colour: a terminal, and `NO_COLOR` unset or empty.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal; 100 where there is none.
pub fn width() -> u16 {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| width.0)
}

/// All combinations in the tutorial's order: paddings outside, strides inside; repeats once.
pub fn configurations(strides: &[usize], paddings: &[PaddingChoice]) -> Vec<Configuration> {
    let mut all = Vec::new();
    for padding in paddings {
        let padding = match padding {
            PaddingChoice::Same => Padding::Same,
            PaddingChoice::Valid => Padding::Valid,
        };
        for &stride in strides {
            let configuration = Configuration { stride, padding };
            if !all.contains(&configuration) {
                all.push(configuration);
            }
        }
    }
    all
}
