//! Dense layers: products with a shared factor, bias and ReLU.

use super::Scratch;
use crate::gpu::kernels::{Argument, Extent, Grid, Kernel, matmul, sizes};
use crate::gpu::shaders::constant;
use crate::ops::{MatMul, View};
use crate::plan::patterns::{Dense, RectifiedBias};

/// Workgroups that a product should have at least, and the fewest terms of a slice of its sums.
const WORKGROUPS: usize = 64;
const SHORTEST: usize = 128;

/// What `fused/matmul.wgsl` is written for.
pub(super) fn fits(op: &MatMul) -> bool {
    op.columns.is_multiple_of(4) && op.inner.is_multiple_of(4)
}

/// Parts of a long sum, summed side by side where there are too few tiles to go round.
pub(super) fn slices(op: &MatMul) -> usize {
    let tile = |n: usize, name| n.div_ceil(constant("fused/matmul", name));
    let tiles = tile(op.columns, "TILE_COLUMNS") * tile(op.rows, "TILE_ROWS");
    let terms = op.inner.div_ceil(WORKGROUPS.div_ceil(tiles)).max(SHORTEST).next_multiple_of(4);
    op.inner.div_ceil(terms)
}

/// `y = max(x·w + b, 0)`, or without the maximum.
pub(super) fn forward(run: &Dense, scratch: &mut Scratch) -> [Kernel; 2] {
    let Dense { product, b, rectified } = *run;
    let slices = slices(&product);
    let partial = scratch.view("a product in slices", slices * product.y.len);
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
    };
    [multiply(&product, slices, partial), add]
}

/// The product, its sums in slices.
pub(super) fn multiply(op: &MatMul, slices: usize, y: View) -> Kernel {
    let mut constants = matmul::constants(op);
    constants.extend(sizes([("SLICE", op.inner.div_ceil(slices).next_multiple_of(4))]));
    Kernel {
        shader: "fused/matmul",
        entry: "multiply",
        constants,
        arguments: vec![Argument::new("a", op.a), Argument::new("b", op.b), Argument::new("y", y)],
        grid: Grid::workgroups(&[
            Extent::tiled(op.columns, "TILE_COLUMNS"),
            Extent::tiled(op.rows, "TILE_ROWS"),
            Extent::of(slices),
        ]),
    }
}

/// `dy` where ReLU let the output through, and `db`.
pub(super) fn rectified_bias(run: &RectifiedBias) -> Kernel {
    let RectifiedBias { rows, channels, activation, dy, db } = *run;
    Kernel {
        shader: "fused/dense",
        entry: "backward",
        constants: sizes([("ROWS", rows), ("CHANNELS", channels)]),
        arguments: vec![Argument::new("activation", activation), Argument::new("dy", dy), Argument::new("db", db)],
        grid: Grid::elements(channels),
    }
}
