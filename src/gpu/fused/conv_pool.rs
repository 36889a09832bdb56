//! Convolution, bias, ReLU and pool: one kernel forward, and the gradients from the pooled gradient.

use super::Scratch;
use crate::geometry::Pads;
use crate::ops::conv2d::sizes;
use crate::ops::{Grid, Kernel, View, constants, operand};
use crate::plan::runs::{ConvPool, ConvPoolBackward};

/// Channels of a tile, TILE_CHANNELS of the shaders.
const TILE_CHANNELS: usize = 32;

/// Slices of a batch whose gradients are summed side by side, at most, and the fewest windows of one.
const SLICES: usize = 32;
const FEWEST_WINDOWS: usize = 16;

/// What the kernels are written for, forward and backward alike: any stride, padding, image and kernel
/// size, or a 3×3 kernel over a single channel.
pub(super) fn fits(run: &ConvPool) -> bool {
    let ConvPool { conv, pool, .. } = run;
    let first_layer = conv.in_channels == 1 && conv.kernel == [3, 3];
    (pool.kernel, pool.stride, pool.pads) == ([2, 2], [2, 2], Pads::default())
        && (first_layer || conv.in_channels.is_multiple_of(TILE_CHANNELS))
        && conv.out_channels.is_multiple_of(TILE_CHANNELS)
}

/// Shapes of a run, and the images whose gradients are summed together.
fn shapes(run: &ConvPool, images: usize) -> Vec<(&'static str, f64)> {
    let mut values = sizes(&run.conv, run.batch);
    let [height, width] = run.pool.output;
    values.extend(constants([("POOLED_H", height), ("POOLED_W", width), ("IMAGES", images)]));
    values
}

/// `x, w, b → y, argmax`
pub(super) fn forward(run: &ConvPool) -> Kernel {
    let windows = run.batch * run.pool.output[0] * run.pool.output[1];
    Kernel {
        shader: "fused/conv_pool",
        entry: "forward",
        constants: shapes(run, run.batch),
        operands: vec![
            operand("x", run.x),
            operand("w", run.w),
            operand("b", run.b),
            operand("y", run.y),
            operand("argmax", run.argmax),
        ],
        grid: Grid::workgroups(&[(run.conv.out_channels, Some("TILE_CHANNELS")), (windows, Some("WORKGROUP"))]),
    }
}

/// `dy → dw, db` and `dx`. ReLU's part is done: a window that it cut has no winner.
pub(super) fn backward(run: &ConvPoolBackward, scratch: &mut Scratch) -> Vec<Kernel> {
    let mut kernels = weights(run, scratch).to_vec();
    if let Some(dx) = run.dx {
        kernels.extend([unpool(run), input(run, dx)]);
    }
    kernels
}

/// `dw, db`, in slices of the batch that are then added.
fn weights(run: &ConvPoolBackward, scratch: &mut Scratch) -> [Kernel; 2] {
    let ConvPoolBackward { forward, dy, dw, db, .. } = *run;
    let ConvPool { conv, pool, batch, x, argmax, .. } = forward;
    let fewest = FEWEST_WINDOWS.div_ceil(pool.output[0] * pool.output[1]);
    let images = batch.div_ceil(SLICES).max(fewest).min(batch);
    let slices = batch.div_ceil(images);
    let len = dw.len + db.len;
    let partial = scratch.view(slices * len);
    let channels = (conv.out_channels, Some("TILE_CHANNELS"));
    let rows = (dw.len / conv.out_channels, Some("TILE_ROWS"));
    let (shader, extents) = match conv.in_channels {
        1 => ("fused/first_layer", vec![channels, (slices, None)]),
        _ => ("fused/conv_pool", vec![channels, rows, (slices, None)]),
    };
    let sum = Kernel {
        shader,
        entry: "backward_weights",
        constants: shapes(&forward, images),
        operands: vec![operand("x", x), operand("dy", dy), operand("winner", argmax), operand("partial", partial)],
        grid: Grid::workgroups(&extents),
    };
    let add = Kernel {
        shader: "fused/partial",
        entry: "gradients",
        constants: constants([
            ("SLICES", slices),
            ("LEN", len),
            ("WEIGHTS", dw.len),
            ("CHANNELS", db.len),
            ("RECTIFIED", 0),
            ("db_offset", db.offset),
        ]),
        operands: vec![operand("partial", partial), operand("dw", dw)],
        grid: Grid::elements(len),
    };
    [sum, add]
}

/// The gradient of the convolution's output.
fn unpool(run: &ConvPoolBackward) -> Kernel {
    let ConvPool { conv, batch, argmax, .. } = run.forward;
    let cells = conv.output.map(|n| n.div_ceil(2)).iter().product::<usize>();
    Kernel {
        shader: "fused/max_pool",
        entry: "backward",
        constants: constants([
            ("BATCH", batch),
            ("CHANNELS", conv.out_channels),
            ("OUT_H", conv.output[0]),
            ("OUT_W", conv.output[1]),
        ]),
        operands: vec![operand("dy", run.dy), operand("winner", argmax), operand("dx", run.unpooled)],
        grid: Grid::elements(batch * cells * conv.out_channels),
    }
}

fn input(run: &ConvPoolBackward, dx: View) -> Kernel {
    let ConvPool { conv, batch, w, .. } = run.forward;
    let phase = [0, 1].map(|a| conv.input[a].div_ceil(conv.stride[a]));
    Kernel {
        shader: "fused/conv2d",
        entry: "backward_input",
        constants: sizes(&conv, batch),
        operands: vec![operand("dy", run.unpooled), operand("w", w), operand("dx", dx)],
        grid: Grid::workgroups(&[
            (conv.in_channels, Some("TILE_CHANNELS")),
            (batch * phase[0] * phase[1], Some("TILE_PIXELS")),
            (conv.stride[0] * conv.stride[1], None),
        ]),
    }
}
