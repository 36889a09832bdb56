//! Bias: forward one invocation per element, backward one workgroup per channel.

use std::ops::Range;

use super::loops::{iterations, shared_parts};
use super::{Grid, Kernel, TiledExtent, adds, arguments, sizes};
use crate::gpu::shaders::constant;
use crate::ops::Bias;
use crate::ops::bias::BiasPass;

const SHADER: &str = "plain/bias";

pub(super) fn kernels(op: &Bias, most: usize) -> Vec<Kernel> {
    let lanes = constant(SHADER, "WORKGROUP");
    let (parts, grid) = match op.pass {
        // Nothing is summed.
        BiasPass::Forward { .. } => (vec![Range::default()], Grid::elements(op.rows * op.channels)),
        BiasPass::Backward { .. } => {
            (shared_parts(op.rows, lanes, most), Grid::workgroups(&[TiledExtent::of(op.channels)]))
        }
    };
    let kernel = |(part, rows): (usize, &Range<usize>)| {
        let mut constants =
            sizes([("ROWS", op.rows), ("CHANNELS", op.channels), ("FIRST", rows.start), ("END", rows.end)]);
        constants.push(adds(part));
        Kernel {
            shader: SHADER,
            entry: op.pass.name(),
            constants,
            arguments: arguments(&op.operands()),
            grid: grid.clone(),
            iterations: if rows.is_empty() { 0 } else { iterations(rows.len().div_ceil(lanes), 0) },
        }
    };
    parts.iter().enumerate().map(kernel).collect()
}
