//! The commands, one file each.

mod answers;
pub(crate) mod bench;
pub(crate) mod claims;
pub(crate) mod describe;
pub(crate) mod devices;
pub(crate) mod evaluate;
pub(crate) mod merge;
mod page;
pub(crate) mod parity;
pub(crate) mod predict;
pub(crate) mod report;
pub(crate) mod train;
mod trained;
pub(crate) mod tune;

use std::path::Path;

use stridelab::report::figure::{png, standalone};
use stridelab::store::FigureFiles;
use stridelab::store::OutputDirectory;
use stridelab::{Error, Result};

use crate::args::{BackendChoice, TuningChoice};
use crate::interrupt::clears;

/// Whether the device options agree.
///
/// # Errors
/// [`Error::Usage`] for an adapter, or choices of one, beside the CPU.
pub(crate) fn one_device(backend: BackendChoice, adapter: Option<&str>, tuning: &TuningChoice) -> Result<()> {
    let of_gpu = match tuning {
        _ if backend != BackendChoice::Cpu => return Ok(()),
        _ if adapter.is_some() => "--adapter names",
        TuningChoice::File(_) | TuningChoice::Measure => "--tuning is of",
        TuningChoice::Auto | TuningChoice::Kept | TuningChoice::Default => return Ok(()),
    };
    Err(Error::usage(format!("{of_gpu} a GPU, but --backend is cpu")).advice("leave one of the two out"))
}

/// The directory `out`, or `runs/<date-time><suffix>`, made here and now: two runs of one second get two directories.
/// Call this when all else that can be wrong has been looked at.
pub(crate) fn output(out: Option<&Path>, force: bool, suffix: &str) -> Result<OutputDirectory> {
    if let Some(out) = out {
        return OutputDirectory::open(out, force).map(clears);
    }
    let name = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string() + suffix;
    OutputDirectory::fresh(Path::new("runs"), &name).map(clears)
}

/// The present moment, RFC 3339 with the zone's offset, in whole seconds.
pub(crate) fn timestamp() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A figure's files.
///
/// # Errors
/// [`stridelab::Error::Failure`] where it cannot be drawn.
fn draw(svg: &str) -> Result<FigureFiles> {
    Ok(FigureFiles { png: png(svg)?, svg: standalone(svg) })
}
