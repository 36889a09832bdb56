//! Max pooling: one invocation per element of the output, or of the input's gradient.

use super::loops::{LoopPart, parts};
use super::{Argument, Grid, Kernel, adds, arguments, sizes};
use crate::ops::MaxPool;
use crate::ops::max_pool::MaxPoolPass;

pub(super) fn kernels(op: &MaxPool, most: usize) -> Vec<Kernel> {
    let [rows, columns] = op.shape.kernel;
    let parts = parts([1, rows, columns], most);
    parts.iter().enumerate().map(|(number, part)| kernel(op, number, part)).collect()
}

/// The kernel that looks at a part of each window.
fn kernel(op: &MaxPool, number: usize, part: &LoopPart) -> Kernel {
    let s = &op.shape;
    let [_, rows, columns] = &part.ranges;
    let mut constants = sizes([
        ("BATCH", op.batch),
        ("CHANNELS", s.channels),
        ("IN_H", s.input[0]),
        ("IN_W", s.input[1]),
        ("OUT_H", s.output[0]),
        ("OUT_W", s.output[1]),
        ("KERNEL_H", s.kernel[0]),
        ("KERNEL_W", s.kernel[1]),
        ("STRIDE_H", s.stride[0]),
        ("STRIDE_W", s.stride[1]),
        ("PAD_TOP", s.pads.top),
        ("PAD_LEFT", s.pads.left),
        ("FIRST_ROW", rows.start),
        ("END_ROW", rows.end),
        ("FIRST_COLUMN", columns.start),
        ("END_COLUMN", columns.end),
    ]);
    constants.push(adds(number));
    Kernel {
        shader: "plain/max_pool",
        entry: op.pass.name(),
        constants,
        arguments: match op.pass {
            MaxPoolPass::Forward { .. } => arguments(&op.operands()),
            // The shader writes `argmax` in one pass and reads it in the other; WGSL gives a variable one
            // access, so the pass that reads it has a variable of its own.
            MaxPoolPass::Backward { dy, argmax, dx } => {
                vec![Argument::new("dy", dy), Argument::new("winner", argmax), Argument::new("dx", dx)]
            }
        },
        grid: match op.pass {
            MaxPoolPass::Forward { .. } => Grid::elements(op.batch * s.output_len()),
            MaxPoolPass::Backward { .. } => Grid::elements(op.batch * s.input_len()),
        },
        iterations: part.iterations,
    }
}
