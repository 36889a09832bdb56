//! Convolution: tiles of pixels × channels or, of the weights' gradient, of rows × channels. Instead of the
//! tiled shader there is a naive one that computes an element per invocation.

use super::{Grid, Kernel, TiledExtent, arguments, sizes};
use crate::model::geometry::ConvShape;
use crate::ops::Conv2d;
use crate::ops::conv2d::Conv2dPass;

pub(super) fn kernel(op: &Conv2d) -> Kernel {
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
    Kernel {
        shader: "plain/conv2d",
        entry: op.pass.name(),
        constants: constants(s, op.batch),
        arguments: arguments(&op.operands()),
        grid,
    }
}

/// The naive shader: the same bindings and constants, one invocation per element of the pass's output.
pub(super) fn naive(op: &Conv2d) -> Kernel {
    let s = &op.shape;
    let elements = match op.pass {
        Conv2dPass::Forward { .. } => op.batch * s.output_len(),
        Conv2dPass::BackwardInput { .. } => op.batch * s.input_len(),
        Conv2dPass::BackwardWeights { .. } => s.weights_len(),
    };
    Kernel { shader: "plain/conv2d_naive", grid: Grid::elements(elements), ..kernel(op) }
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
