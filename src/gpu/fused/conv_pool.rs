//! Convolution, bias, ReLU and pool: one kernel forward, and the gradients from the pooled gradient.

use super::Scratch;
use super::sums::Sum;
use crate::gpu::kernels::{Argument, Extent, Grid, Kernel, conv2d, sizes};
use crate::gpu::shaders::constant;
use crate::model::geometry::Pads;
use crate::ops::View;
use crate::plan::patterns::{ConvPool, ConvPoolBackward};

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
    let mut values = conv2d::constants(&run.conv, run.batch);
    let [height, width] = run.pool.output;
    values.extend(sizes([("POOLED_H", height), ("POOLED_W", width), ("IMAGES", images)]));
    values
}

/// `x, w, b → y, argmax`
pub(super) fn forward(run: &ConvPool) -> Kernel {
    let windows = run.batch * run.pool.output[0] * run.pool.output[1];
    Kernel {
        shader: "fused/conv_pool",
        entry: "forward",
        constants: shapes(run, run.batch),
        arguments: vec![
            Argument::new("x", run.x),
            Argument::new("w", run.w),
            Argument::new("b", run.b),
            Argument::new("y", run.y),
            Argument::new("argmax", run.argmax),
        ],
        grid: Grid::workgroups(&[
            Extent::tiled(run.conv.out_channels, "TILE_CHANNELS"),
            Extent::tiled(windows, "WORKGROUP"),
        ]),
    }
}

/// `dy → dw, db` and `dx`. ReLU's part is done: a window that it cut has no winner. `dw, db` are left in
/// slices of the batch, to be added later; `pending` sums of earlier runs still wait for that.
pub(super) fn backward(
    merges: bool,
    run: &ConvPoolBackward,
    pending: usize,
    scratch: &mut Scratch,
) -> (Vec<Kernel>, Sum) {
    let ConvPoolBackward { forward, dy, dw, db, .. } = *run;
    let ConvPool { conv, pool, batch, x, argmax, .. } = forward;
    let fewest = FEWEST_WINDOWS.div_ceil(pool.output[0] * pool.output[1]);
    let images = batch.div_ceil(SLICES).max(fewest).min(batch);
    let slices = batch.div_ceil(images);
    let first_layer = conv.in_channels == 1;
    // Sums that wait together must not share a buffer.
    let partial = scratch.view(&format!("gradients in slices, {pending}"), slices * (dw.len + db.len));
    let sum = Sum { partial, slices, dw, db };
    let mut arguments = vec![
        Argument::new("x", x),
        Argument::new("dy", dy),
        Argument::new("winner", argmax),
        Argument::new("partial", sum.partial),
    ];
    let channels = Extent::tiled(conv.out_channels, "TILE_CHANNELS");
    let rows = dw.len / conv.out_channels;
    let mut values = shapes(&forward, images);
    if first_layer {
        assert!(run.dx.is_none(), "no kernel for the gradient of a single channel");
        let grid = Grid::workgroups(&[channels, Extent::of(slices)]);
        let shader = "fused/first_layer";
        return (vec![Kernel { shader, entry: "backward_weights", constants: values, arguments, grid }], sum);
    }
    let shader = "fused/conv_pool_backward";
    let tiles = |n: usize, name| n.div_ceil(constant(shader, name));
    let weights = tiles(conv.out_channels, "TILE_CHANNELS") * tiles(rows, "TILE_ROWS") * slices;
    values.push(("WEIGHT_TILES", weights as f64));
    let kernel = |entry, arguments, grid| Kernel { shader, entry, constants: values.clone(), arguments, grid };
    let Some(dx) = run.dx else {
        return (vec![kernel("backward_weights", arguments, Grid::workgroups(&[Extent::of(weights)]))], sum);
    };
    let cells = batch * conv.out_channels * conv.output.map(|n| n.div_ceil(2)).iter().product::<usize>();
    let output = [Argument::new("dy", dy), Argument::new("winner", argmax), Argument::new("dx", run.unpooled)];
    let kernels = if merges {
        arguments.push(output[2]);
        let grid = Grid::workgroups(&[Extent::of(weights + tiles(cells, "TILE_CELLS"))]);
        vec![kernel("backward", arguments, grid), input(run, dx)]
    } else {
        let weights = kernel("backward_weights", arguments, Grid::workgroups(&[Extent::of(weights)]));
        vec![weights, kernel("backward_output", output.to_vec(), Grid::elements(cells)), input(run, dx)]
    };
    (kernels, sum)
}

fn input(run: &ConvPoolBackward, dx: View) -> Kernel {
    let ConvPool { conv, batch, w, .. } = run.forward;
    Kernel {
        shader: "fused/conv2d",
        entry: "backward_input",
        constants: conv2d::constants(&conv, batch),
        arguments: vec![Argument::new("dy", run.unpooled), Argument::new("w", w), Argument::new("dx", dx)],
        grid: Grid::workgroups(&[
            Extent::tiled(conv.in_channels, "TILE_CHANNELS"),
            Extent::tiled(conv2d::phase_pixels(&conv, batch), "TILE_PIXELS"),
            Extent::of(conv.stride[0] * conv.stride[1]),
        ]),
    }
}
