//! Dense layers: matrix products whose left factor lanes share, bias and ReLU.

use super::Scratch;
use crate::gpu::kernels::{Argument, Grid, Kernel, TiledExtent, iterations, matmul, sizes};
use crate::gpu::shaders::constant;
use crate::gpu::tuning::Tuning;
use crate::ops::{MatMul, View};
use crate::plan::patterns::{Dense, RectifiedBias};

/// Whether `fused/matmul.wgsl` is written for these shapes, and no loop is longer than the tuning allows.
pub(super) fn fits(tuning: &Tuning, op: &MatMul) -> bool {
    let slices = slices(tuning, op);
    let most = tuning.loop_iterations as u64;
    op.columns.is_multiple_of(4)
        && op.inner.is_multiple_of(4)
        && iterations(slices, 0) <= most
        && iterations(terms(op, slices) / 4, 0) <= most
}

/// Terms of a slice of the sums; the last slice may have fewer.
fn terms(op: &MatMul, slices: usize) -> usize {
    op.inner.div_ceil(slices).next_multiple_of(4)
}

/// Whether the kernel of [`rectified_bias`] has no longer loop than the tuning allows.
pub(super) fn bias_fits(tuning: &Tuning, run: &RectifiedBias) -> bool {
    iterations(run.rows, 0) <= tuning.loop_iterations as u64
}

/// Split-K: into how many slices the sums are cut, so that a product with few tiles has enough workgroups.
pub(super) fn slices(tuning: &Tuning, op: &MatMul) -> usize {
    let along = |n: usize, tile| n.div_ceil(constant("fused/matmul", tile));
    let tiles = along(op.columns, "TILE_COLUMNS") * along(op.rows, "TILE_ROWS");
    let terms =
        op.inner.div_ceil(tuning.split_k_workgroups.div_ceil(tiles)).max(tuning.split_k_terms).next_multiple_of(4);
    op.inner.div_ceil(terms)
}

/// `y = max(x·w + b, 0)`, or without the maximum.
pub(super) fn forward(tuning: &Tuning, run: &Dense, scratch: &mut Scratch) -> [Kernel; 2] {
    let Dense { product, b, rectified } = *run;
    let slices = slices(tuning, &product);
    let partial = scratch.view("partial product", slices * product.y.len);
    let add = Kernel {
        shader: "fused/partial",
        entry: "dense",
        constants: sizes([
            ("SLICES", slices),
            ("LEN", product.y.len),
            ("WEIGHTS", 0),
            ("CHANNELS", product.columns),
            ("RECTIFIED", usize::from(rectified)),
        ]),
        arguments: vec![Argument::new("partial", partial), Argument::new("b", b), Argument::new("y", product.y)],
        grid: Grid::elements(product.y.len),
        iterations: iterations(slices, 0),
    };
    [multiply(&product, slices, partial), add]
}

/// The product, as partial sums of so many slices: `y` is `[slices, rows, columns]`.
pub(super) fn multiply(op: &MatMul, slices: usize, y: View) -> Kernel {
    let mut constants = matmul::constants(op);
    constants.extend(sizes([("SLICE", terms(op, slices))]));
    Kernel {
        shader: "fused/matmul",
        entry: "multiply",
        constants,
        arguments: vec![Argument::new("a", op.a), Argument::new("b", op.b), Argument::new("y", y)],
        grid: Grid::workgroups(&[
            TiledExtent::tiled(op.columns, "TILE_COLUMNS"),
            TiledExtent::tiled(op.rows, "TILE_ROWS"),
            TiledExtent::of(slices),
        ]),
        iterations: iterations(terms(op, slices) / 4, 0),
    }
}

/// Zeroes `dy` where ReLU's output is zero, and sums it: `activation, dy → dy, db`.
pub(super) fn rectified_bias(run: &RectifiedBias) -> Kernel {
    let RectifiedBias { rows, channels, activation, dy, db } = *run;
    Kernel {
        shader: "fused/dense",
        entry: "backward",
        constants: sizes([("ROWS", rows), ("CHANNELS", channels)]),
        arguments: vec![Argument::new("activation", activation), Argument::new("dy", dy), Argument::new("db", db)],
        grid: Grid::elements(channels),
        iterations: iterations(rows, 0),
    }
}
