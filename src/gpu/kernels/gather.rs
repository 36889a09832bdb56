//! Batches: one invocation per pixel of the batch.

use super::{Grid, Kernel, arguments, sizes};
use crate::ops::Gather;

pub(super) fn kernel(op: &Gather) -> Kernel {
    Kernel {
        shader: "plain/gather",
        entry: "forward",
        constants: sizes([("CAPACITY", op.capacity), ("PIXELS", op.pixels)]),
        arguments: arguments(&op.operands()),
        grid: Grid::elements(op.capacity * op.pixels),
        iterations: 0,
    }
}
