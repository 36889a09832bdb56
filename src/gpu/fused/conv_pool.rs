//! Convolution, bias, ReLU and pool: one kernel forward, and the gradients from the pooled gradient.

use super::Scratch;
use super::sums::Sum;
use crate::gpu::kernels::{Argument, Grid, Kernel, TiledExtent, conv2d, iterations, nested, sizes};
use crate::gpu::shaders::constant;
use crate::gpu::tuning::Tuning;
use crate::model::geometry::Pads;
use crate::ops::View;
use crate::plan::patterns::{ConvPool, ConvPoolBackward};

const FORWARD: &str = "fused/conv_pool";
const BACKWARD: &str = "fused/conv_pool_backward";
const FIRST_LAYER: &str = "fused/first_layer";
const INPUT: &str = "fused/conv2d";

/// Whether the kernels are written for these shapes, forward and backward. Stride, padding, image size and
/// kernel size may be any; the channels must fill whole tiles, or there is one input channel and a 3×3
/// kernel. The pool is 2×2 without padding, and no loop is longer than the tuning allows.
pub(super) fn fits(tuning: &Tuning, run: &ConvPool) -> bool {
    let ConvPool { conv, pool, .. } = run;
    let whole_tiles = |channels: usize, shader| channels.is_multiple_of(constant(shader, "TILE_CHANNELS"));
    let pools = pool.kernel == [2, 2] && pool.stride == [2, 2] && pool.pads == Pads::default();
    let backward = if conv.in_channels == 1 {
        conv.kernel == [3, 3] && whole_tiles(conv.out_channels, FIRST_LAYER)
    } else {
        whole_tiles(conv.in_channels, INPUT) && whole_tiles(conv.out_channels, BACKWARD)
    };
    let most = tuning.loop_iterations as u64;
    let short = forward_iterations(run) <= most && input_iterations(run) <= most && Slices::of(tuning, run).is_some();
    pools && backward && whole_tiles(conv.out_channels, FORWARD) && short
}

/// Loops of the forward kernel: taps, and channels four at a time where they are a multiple of four.
fn forward_iterations(run: &ConvPool) -> u64 {
    let ConvPool { conv, .. } = run;
    let channels = conv.in_channels;
    let rounds = if channels.is_multiple_of(4) { channels / 4 } else { channels };
    nested([conv.kernel[0], conv.kernel[1], rounds])
}

/// Loops of the kernel of the input's gradient: taps of one phase of the stride, and channels four at a time.
fn input_iterations(run: &ConvPool) -> u64 {
    let ConvPool { conv, .. } = run;
    let taps = |axis: usize| conv.kernel[axis].div_ceil(conv.stride[axis]);
    nested([taps(0), taps(1), conv.out_channels.div_ceil(4)])
}

/// The `override` constants of a run's shaders. The gradients of so many pool windows are summed together.
pub(super) fn constants(run: &ConvPool, windows: usize) -> Vec<(&'static str, f64)> {
    let mut values = conv2d::constants(&run.conv, run.batch);
    let [height, width] = run.pool.output;
    values.extend(sizes([("POOLED_H", height), ("POOLED_W", width), ("WINDOWS", windows)]));
    values
}

/// `x, w, b → y, argmax`
pub(super) fn forward(run: &ConvPool) -> Kernel {
    let windows = run.batch * run.pool.output[0] * run.pool.output[1];
    Kernel {
        shader: FORWARD,
        entry: "forward",
        constants: constants(run, windows),
        arguments: vec![
            Argument::new("x", run.x),
            Argument::new("w", run.w),
            Argument::new("b", run.b),
            Argument::new("y", run.y),
            Argument::new("argmax", run.argmax),
        ],
        grid: Grid::workgroups(&[
            TiledExtent::tiled(run.conv.out_channels, "TILE_CHANNELS"),
            TiledExtent::tiled(windows, "WORKGROUP"),
        ]),
        iterations: forward_iterations(run),
    }
}

/// A batch cut into slices, each of which has a partial sum of the gradients.
pub(super) struct Slices {
    /// Pool windows of a slice; the last slice may have fewer.
    pub(super) windows: usize,
    pub(super) count: usize,
}

impl Slices {
    /// Slices of whole images or, where these have more windows than a loop may have iterations, of parts of images.
    /// `None` where there would be too many slices to be added up.
    pub(super) fn of(tuning: &Tuning, run: &ConvPool) -> Option<Self> {
        let image = run.pool.output[0] * run.pool.output[1];
        let fewest = tuning.slice_windows.div_ceil(image);
        let images = run.batch.div_ceil(tuning.slices).max(fewest).min(run.batch);
        let windows = (image * images).min(tuning.loop_iterations - 1);
        let count = (image * run.batch).div_ceil(windows);
        (iterations(count, 0) <= tuning.loop_iterations as u64).then_some(Slices { windows, count })
    }

    /// Iterations of a kernel that adds up a slice.
    pub(super) fn iterations(&self) -> u64 {
        iterations(self.windows, 0)
    }
}

/// The kernels of a backward pass, and the sum that is still to be added up after them.
pub(super) struct Backward {
    pub kernels: Vec<Kernel>,
    pub sum: Sum,
}

/// `dy → dw, db` and `dx`. The argmax of a window that ReLU set to zero names no pixel, so ReLU needs no
/// pass of its own. `dw` and `db` stay partial sums, one for each slice of the batch. `pending` is the
/// number of earlier runs whose partial sums have not been added up yet.
pub(super) fn backward(tuning: &Tuning, run: &ConvPoolBackward, pending: usize, scratch: &mut Scratch) -> Backward {
    let Some(slices) = Slices::of(tuning, &run.forward) else { unreachable!("only runs that fit are replaced") };
    // Sums that are pending at the same time must not share a buffer.
    let role = format!("partial gradients {pending}");
    let partial = scratch.view(&role, slices.count * (run.dw.len + run.db.len));
    let kernels = if run.forward.conv.in_channels == 1 {
        assert!(run.dx.is_none(), "no kernel for the input's gradient of a single channel");
        vec![first_layer(run, &slices, partial)]
    } else {
        let mut kernels = weights_and_output(tuning, run, &slices, partial);
        kernels.extend(run.dx.map(|dx| input(run, dx)));
        kernels
    };
    Backward { kernels, sum: Sum { partial, slices: slices.count, dw: run.dw, db: run.db } }
}

/// The tensors of the kernels of the weights' gradient.
pub(super) fn weights_arguments(run: &ConvPoolBackward, partial: View) -> Vec<Argument> {
    vec![
        Argument::new("x", run.forward.x),
        Argument::new("dy", run.dy),
        Argument::new("winner", run.forward.argmax),
        Argument::new("partial", partial),
    ]
}

/// The weights' gradient of a convolution over one channel.
fn first_layer(run: &ConvPoolBackward, slices: &Slices, partial: View) -> Kernel {
    let channels = TiledExtent::tiled(run.forward.conv.out_channels, "TILE_CHANNELS");
    Kernel {
        shader: FIRST_LAYER,
        entry: "backward_weights",
        constants: constants(&run.forward, slices.windows),
        arguments: weights_arguments(run, partial),
        grid: Grid::workgroups(&[channels, TiledExtent::of(slices.count)]),
        iterations: slices.iterations(),
    }
}

/// The weights' gradient and, where the input's gradient is asked for, that of the convolution's output.
/// They do not depend on each other: the tuning says whether one dispatch computes both.
fn weights_and_output(tuning: &Tuning, run: &ConvPoolBackward, slices: &Slices, partial: View) -> Vec<Kernel> {
    let ConvPool { conv, batch, .. } = run.forward;
    let tiles = |n: usize, tile| n.div_ceil(constant(BACKWARD, tile));
    let rows = run.dw.len / conv.out_channels;
    let weight_tiles = tiles(conv.out_channels, "TILE_CHANNELS") * tiles(rows, "TILE_ROWS") * slices.count;
    let mut constants = constants(&run.forward, slices.windows);
    constants.push(("WEIGHT_TILES", weight_tiles as f64));
    let kernel = |entry, arguments, grid, iterations| Kernel {
        shader: BACKWARD,
        entry,
        constants: constants.clone(),
        arguments,
        grid,
        iterations,
    };
    let iterations = slices.iterations();
    let arguments = weights_arguments(run, partial);
    let of_weights = Grid::workgroups(&[TiledExtent::of(weight_tiles)]);
    if run.dx.is_none() {
        return vec![kernel("backward_weights", arguments, of_weights, iterations)];
    }
    let cells = batch * conv.out_channels * conv.output[0].div_ceil(2) * conv.output[1].div_ceil(2);
    let unpooled = Argument::new("dx", run.unpooled);
    if tuning.merge {
        let grid = Grid::workgroups(&[TiledExtent::of(weight_tiles + tiles(cells, "TILE_CELLS"))]);
        return vec![kernel("backward", [arguments, vec![unpooled]].concat(), grid, iterations)];
    }
    let of_output = vec![Argument::new("dy", run.dy), Argument::new("winner", run.forward.argmax), unpooled];
    vec![
        kernel("backward_weights", arguments, of_weights, iterations),
        kernel("backward_output", of_output, Grid::elements(cells), 0),
    ]
}

/// The input's gradient from that of the convolution's output.
fn input(run: &ConvPoolBackward, dx: View) -> Kernel {
    let ConvPool { conv, batch, w, .. } = run.forward;
    Kernel {
        shader: INPUT,
        entry: "backward_input",
        constants: conv2d::constants(&conv, batch),
        arguments: vec![Argument::new("dy", run.unpooled), Argument::new("w", w), Argument::new("dx", dx)],
        grid: Grid::workgroups(&[
            TiledExtent::tiled(conv.in_channels, "TILE_CHANNELS"),
            TiledExtent::tiled(conv2d::phase_pixels(&conv, batch), "TILE_PIXELS"),
            TiledExtent::of(conv.stride[0] * conv.stride[1]),
        ]),
        iterations: input_iterations(&run.forward),
    }
}
