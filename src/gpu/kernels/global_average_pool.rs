//! Global average pooling: forward one workgroup per element of the output, backward one invocation per element of the
//! gradient.

use std::ops::Range;

use super::loops::{iterations, shared_parts};
use super::{Grid, Kernel, TiledExtent, adds, arguments, sizes};
use crate::gpu::shaders::constant;
use crate::ops::GlobalAveragePool;
use crate::ops::global_average_pool::GlobalAveragePoolPass;

const SHADER: &str = "plain/global_average_pool";

pub(super) fn kernels(op: &GlobalAveragePool, most: usize) -> Vec<Kernel> {
    let s = &op.shape;
    let lanes = constant(SHADER, "WORKGROUP");
    let (parts, grid) = match op.pass {
        GlobalAveragePoolPass::Forward { .. } => {
            let outputs = [TiledExtent::of(s.channels), TiledExtent::of(op.batch)];
            (shared_parts(s.positions(), lanes, most), Grid::workgroups(&outputs))
        }
        // Nothing is summed.
        GlobalAveragePoolPass::Backward { .. } => (vec![Range::default()], Grid::elements(op.batch * s.input_len())),
    };
    let kernel = |(part, positions): (usize, &Range<usize>)| {
        let mut constants = sizes([
            ("BATCH", op.batch),
            ("POSITIONS", s.positions()),
            ("CHANNELS", s.channels),
            ("FIRST", positions.start),
            ("END", positions.end),
        ]);
        constants.push(adds(part));
        Kernel {
            shader: SHADER,
            entry: op.pass.name(),
            constants,
            arguments: arguments(&op.operands()),
            grid: grid.clone(),
            iterations: if positions.is_empty() { 0 } else { iterations(positions.len().div_ceil(lanes), 0) },
        }
    };
    parts.iter().enumerate().map(kernel).collect()
}
