//! Convolution: tiles of pixels × channels or, of the weights' gradient, of rows × channels. Instead of the
//! tiled shader there is a naive one that computes an element per invocation.

use super::loops::{iterations, nested, parts, shared_parts};
use super::{Grid, Kernel, TiledExtent, adds, arguments, sizes};
use crate::gpu::shaders::constant;
use crate::model::geometry::ConvShape;
use crate::ops::Conv2d;
use crate::ops::conv2d::Conv2dPass;

const SHADER: &str = "plain/conv2d";

pub(super) fn kernels(op: &Conv2d, most: usize) -> Vec<Kernel> {
    parts_of(op, most).into_iter().enumerate().map(|(number, part)| kernel(op, number, part)).collect()
}

/// A part of every sum of a pass: the values of `FIRST_I`, `END_I` and so on, and the iterations that it takes.
struct SumPart {
    i: [usize; 2],
    j: [usize; 2],
    terms: [usize; 2],
    iterations: u64,
}

/// The parts of the sums of a pass.
fn parts_of(op: &Conv2d, most: usize) -> Vec<SumPart> {
    let s = &op.shape;
    let whole = [[0, s.kernel[0]], [0, s.kernel[1]]];
    // Loops over taps take every `step`-th of them.
    let (step, channels) = match op.pass {
        Conv2dPass::Forward { .. } => ([1, 1], s.in_channels),
        Conv2dPass::BackwardInput { .. } => (s.stride, s.out_channels),
        Conv2dPass::BackwardWeights { .. } => {
            let lanes = constant(SHADER, "WORKGROUP");
            let parts = shared_parts(op.batch * s.output[0] * s.output[1], lanes, most);
            let part = |pixels: &std::ops::Range<usize>| SumPart {
                i: whole[0],
                j: whole[1],
                terms: [pixels.start, pixels.end],
                iterations: iterations(pixels.len().div_ceil(lanes), 0),
            };
            return parts.iter().map(part).collect();
        }
    };
    let taps = [0, 1].map(|axis| s.kernel[axis].div_ceil(step[axis]));
    let cut = parts([taps[0], taps[1], channels], most);
    let part = |part: super::loops::LoopPart| {
        let [i, j, c] = part.ranges;
        let along = |axis: usize, range: std::ops::Range<usize>| {
            [range.start * step[axis], (range.end * step[axis]).min(s.kernel[axis])]
        };
        SumPart { i: along(0, i), j: along(1, j), terms: [c.start, c.end], iterations: part.iterations }
    };
    cut.into_iter().map(part).collect()
}

fn kernel(op: &Conv2d, number: usize, part: SumPart) -> Kernel {
    let s = &op.shape;
    let grid = match op.pass {
        Conv2dPass::Forward { .. } => Grid::tiles(&[
            TiledExtent::tiled(s.out_channels, "TILE_CHANNELS"),
            TiledExtent::tiled(op.batch * s.output[0] * s.output[1], "TILE_PIXELS"),
        ]),
        // Pixels that are a stride apart use the same kernel taps, so each tile takes its pixels from one
        // phase of the stride.
        Conv2dPass::BackwardInput { .. } => Grid::tiles(&[
            TiledExtent::tiled(s.in_channels, "TILE_CHANNELS"),
            TiledExtent::tiled(phase_pixels(s, op.batch), "TILE_PIXELS"),
            TiledExtent::of(s.stride[0] * s.stride[1]),
        ]),
        Conv2dPass::BackwardWeights { .. } => Grid::workgroups(&[
            TiledExtent::tiled(s.out_channels, "TILE_CHANNELS"),
            TiledExtent::tiled(s.kernel[0] * s.kernel[1] * s.in_channels, "TILE_ROWS"),
        ]),
    };
    let mut constants = constants(s, op.batch);
    constants.extend(sizes([
        ("FIRST_I", part.i[0]),
        ("END_I", part.i[1]),
        ("FIRST_J", part.j[0]),
        ("END_J", part.j[1]),
        ("FIRST", part.terms[0]),
        ("END", part.terms[1]),
    ]));
    constants.push(adds(number));
    Kernel {
        shader: SHADER,
        entry: op.pass.name(),
        constants,
        arguments: arguments(&op.operands()),
        grid,
        iterations: part.iterations,
    }
}

/// The naive shader: the same bindings and shapes, one invocation per element of the pass's output.
pub(super) fn naive(op: &Conv2d) -> Kernel {
    let s = &op.shape;
    let elements = match op.pass {
        Conv2dPass::Forward { .. } => op.batch * s.output_len(),
        Conv2dPass::BackwardInput { .. } => op.batch * s.input_len(),
        Conv2dPass::BackwardWeights { .. } => s.weights_len(),
    };
    let iterations = match op.pass {
        Conv2dPass::Forward { .. } => nested([s.kernel[0], s.kernel[1], s.in_channels]),
        Conv2dPass::BackwardInput { .. } => nested([s.kernel[0], s.kernel[1], s.out_channels]),
        Conv2dPass::BackwardWeights { .. } => nested([op.batch, s.output[0], s.output[1]]),
    };
    Kernel {
        shader: "plain/conv2d_naive",
        entry: op.pass.name(),
        constants: constants(s, op.batch),
        arguments: arguments(&op.operands()),
        grid: Grid::elements(elements),
        iterations,
    }
}

/// Pixels of a batch of inputs in one phase of the stride: those whose coordinates leave the same
/// remainders when divided by the stride. Where a side is no multiple of the stride, some lie outside.
pub(crate) fn phase_pixels(s: &ConvShape, batch: usize) -> usize {
    batch * s.input[0].div_ceil(s.stride[0]) * s.input[1].div_ceil(s.stride[1])
}

/// The `override` constants that every shader of a convolution has.
pub(crate) fn constants(s: &ConvShape, batch: usize) -> Vec<(&'static str, f64)> {
    sizes([
        ("BATCH", batch),
        ("IN_H", s.input[0]),
        ("IN_W", s.input[1]),
        ("IN_C", s.in_channels),
        ("OUT_H", s.output[0]),
        ("OUT_W", s.output[1]),
        ("OUT_C", s.out_channels),
        ("KERNEL_H", s.kernel[0]),
        ("KERNEL_W", s.kernel[1]),
        ("STRIDE_H", s.stride[0]),
        ("STRIDE_W", s.stride[1]),
        ("PAD_TOP", s.pads.top),
        ("PAD_LEFT", s.pads.left),
    ])
}
