//! Softmax and loss: one invocation per row.

use super::{Grid, Kernel, arguments, sizes};
use crate::ops::SoftmaxCrossEntropy;

pub(super) fn kernel(op: &SoftmaxCrossEntropy) -> Kernel {
    Kernel {
        shader: "plain/softmax_cross_entropy",
        entry: op.pass.name(),
        constants: sizes([("ROWS", op.rows), ("CLASSES", op.classes)]),
        arguments: arguments(&op.operands()),
        grid: Grid::elements(op.rows),
    }
}
