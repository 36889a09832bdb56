//! `stridelab parity`
use crate::cli::ParityArgs;
use stridelab::Result;

/// placeholder
pub fn run(_args: &ParityArgs) -> Result<()> {
    Ok(())
}
