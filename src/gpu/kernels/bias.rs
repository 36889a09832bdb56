//! Bias: forward one invocation per element, backward one workgroup per channel.

use super::{Grid, Kernel, TiledExtent, arguments, sizes};
use crate::ops::Bias;
use crate::ops::bias::BiasPass;

pub(super) fn kernel(op: &Bias) -> Kernel {
    Kernel {
        shader: "plain/bias",
        entry: op.pass.name(),
        constants: sizes([("ROWS", op.rows), ("CHANNELS", op.channels)]),
        arguments: arguments(&op.operands()),
        grid: match op.pass {
            BiasPass::Forward { .. } => Grid::elements(op.rows * op.channels),
            BiasPass::Backward { .. } => Grid::workgroups(&[TiledExtent::of(op.channels)]),
        },
    }
}
