//! Rectifier: one invocation per element.

use super::{Grid, Kernel, arguments, sizes};
use crate::ops::Relu;

pub(super) fn kernel(op: &Relu) -> Kernel {
    Kernel {
        shader: "plain/relu",
        entry: op.pass.name(),
        constants: sizes([("LEN", op.len)]),
        arguments: arguments(&op.operands()),
        grid: Grid::elements(op.len),
        iterations: 0,
    }
}
