//! Convolution, bias, ReLU and pool: one kernel forward, one for all gradients.

use super::Scratch;
use super::conv_pool::{self as subgroup, Slices};
use super::sums::Sum;
use super::tile::Tiles;
use crate::gpu::kernels::{Argument, Grid, Kernel, TiledExtent, conv2d, nested, sizes};
use crate::gpu::shaders::constant;
use crate::gpu::tuning::Tuning;
use crate::model::geometry::Pads;
use crate::plan::patterns::{ConvPool, ConvPoolBackward};

const FORWARD: &str = "tiled/conv_pool";
const BACKWARD: &str = "tiled/conv_pool_backward";
const FIRST_LAYER: &str = "tiled/first_layer";

/// Whether the kernels are written for these shapes, forward and backward: channels in fours, or one input channel
/// and a kernel of at most nine taps; a 2×2 pool without padding.
pub(super) fn fits(tuning: &Tuning, run: &ConvPool) -> bool {
    let ConvPool { conv, pool, .. } = run;
    let pools = pool.kernel == [2, 2] && pool.stride == [2, 2] && pool.pads == Pads::default();
    let taps = conv.kernel[0] * conv.kernel[1];
    let channels =
        conv.in_channels.is_multiple_of(4) || (conv.in_channels == 1 && taps <= constant(FIRST_LAYER, "MOST_TAPS"));
    let longest = Slices::of(tuning, run).map(|slices| forward_iterations(run).max(weights_iterations(&slices)));
    let short = longest.is_some_and(|longest| longest <= tuning.loop_iterations as u64);
    pools && channels && conv.out_channels.is_multiple_of(4) && short
}

/// Steps of the longest sum, of the forward pass or of the input's gradient.
fn forward_iterations(run: &ConvPool) -> u64 {
    let ConvPool { conv, .. } = run;
    nested([conv.kernel[0], conv.kernel[1], conv.in_channels.max(conv.out_channels)])
}

/// Loops over the pixels of a slice's windows, in the shortest steps, and over a step's terms, four at a time.
fn weights_iterations(slices: &Slices) -> u64 {
    nested([1, slices.windows.div_ceil(2), 2])
}

/// `x, w, b → y, argmax`
pub(super) fn forward(tuning: &Tuning, run: &ConvPool, replicas: usize) -> Kernel {
    let windows = run.batch * run.pool.output[0] * run.pool.output[1];
    let channels = run.conv.out_channels;
    let tiles = Tiles::forward(tuning, replicas * Tiles::dense().wide.count(4 * windows, channels));
    let tile = tiles.wide;
    let mut constants = subgroup::constants(run, windows);
    let (shader, grid) = if run.conv.in_channels == 1 {
        (FIRST_LAYER, Grid::elements(windows * channels / 4))
    } else {
        constants.extend(tiles.constants(tuning));
        constants.extend(sizes([("TILE_ROWS", tile.rows), ("TILE_COLUMNS", tile.columns)]));
        constants.extend(sizes([("HIGH", tile.high), ("WIDE", tile.wide)]));
        (FORWARD, Grid::workgroups(&[TiledExtent::of(tile.count(4 * windows, channels))]))
    };
    Kernel {
        shader,
        entry: "forward",
        constants,
        arguments: vec![
            Argument::new("x", run.x),
            Argument::new("w", run.w),
            Argument::new("b", run.b),
            Argument::new("y", run.y),
            Argument::new("argmax", run.argmax),
        ],
        grid,
        iterations: forward_iterations(run),
    }
}

/// `dy → dw, db` and `dx`, and the partial sums that are still to be added up.
pub(super) fn backward(
    tuning: &Tuning,
    run: &ConvPoolBackward,
    pending: usize,
    scratch: &mut Scratch,
) -> (Kernel, Sum) {
    let Some(slices) = Slices::of(tuning, &run.forward) else { unreachable!("only runs that fit are replaced") };
    // Sums that are pending at the same time must not share a buffer.
    let role = format!("partial gradients {pending}");
    let partial = scratch.view(&role, slices.count * (run.dw.len + run.db.len));
    let sum = Sum { partial, slices: slices.count, dw: run.dw, db: run.db };
    let conv = run.forward.conv;
    let mut constants = subgroup::constants(&run.forward, slices.windows);
    let mut arguments = subgroup::weights_arguments(run, partial);
    if conv.in_channels == 1 {
        let channels = TiledExtent::tiled(conv.out_channels, "LANES");
        let grid = Grid::workgroups(&[channels, TiledExtent::of(slices.count)]);
        assert!(run.dx.is_none(), "no kernel for the input's gradient of a single channel");
        let iterations = slices.iterations();
        let kernel = Kernel { shader: FIRST_LAYER, entry: "backward_weights", constants, arguments, grid, iterations };
        return (kernel, sum);
    }
    let rows = conv.kernel[0] * conv.kernel[1] * conv.in_channels;
    let phases = conv.stride[0] * conv.stride[1];
    let pixels = conv2d::phase_pixels(&conv, run.forward.batch);
    let groups = |tiles: Tiles| {
        let input = run.dx.map_or(0, |_| phases * tiles.narrow.count(pixels, conv.in_channels));
        [input, slices.count * tiles.wide.count(rows, conv.out_channels)]
    };
    let small = groups(Tiles::dense());
    let tiles = Tiles::backward(tuning, scratch.replicas * (small[0] + small[1]));
    let [input_groups, weight_groups] = groups(tiles);
    let (weights, input) = (tiles.wide, tiles.narrow);
    constants.extend(tiles.constants(tuning));
    constants.extend(sizes([
        ("INPUT_ROWS", input.rows),
        ("INPUT_COLUMNS", input.columns),
        ("INPUT_HIGH", input.high),
        ("WEIGHT_ROWS", weights.rows),
        ("WEIGHT_COLUMNS", weights.columns),
        ("HIGH", weights.high),
        ("WIDE", weights.wide),
        ("SLICES", slices.count),
        ("INPUT_GROUPS", input_groups),
    ]));
    arguments.push(Argument::new("w", run.forward.w));
    // Without anybody who reads it, the input's gradient is not computed: any buffer will do.
    arguments.push(Argument::new("dx", run.dx.unwrap_or(run.unpooled)));
    let grid = Grid::workgroups(&[TiledExtent::of(input_groups + weight_groups + slices.count)]);
    let iterations = forward_iterations(&run.forward).max(weights_iterations(&slices));
    (Kernel { shader: BACKWARD, entry: "backward", constants, arguments, grid, iterations }, sum)
}
