//! Dense layers: products with a shared factor, bias and ReLU.

use super::{Gpu, Scratch};
use crate::ops::{Grid, Kernel, MatMul, View, constants, operand};
use crate::plan::patterns::{Dense, RectifiedBias};

/// Workgroups that a product should have at least, and the fewest terms of a slice of its sums.
const WORKGROUPS: usize = 64;
const SHORTEST: usize = 128;

/// What `fused/matmul.wgsl` is written for.
pub(super) fn fits(op: &MatMul) -> bool {
    op.columns.is_multiple_of(4) && op.inner.is_multiple_of(4)
}

/// Parts of a long sum, summed side by side where there are too few tiles to go round.
pub(super) fn slices(gpu: &Gpu, op: &MatMul) -> usize {
    let tile = |n: usize, name| n.div_ceil(gpu.shader_constant("fused/matmul", name) as usize);
    let tiles = tile(op.columns, "TILE_COLUMNS") * tile(op.rows, "TILE_ROWS");
    let terms = op.inner.div_ceil(WORKGROUPS.div_ceil(tiles)).max(SHORTEST).next_multiple_of(4);
    op.inner.div_ceil(terms)
}

/// `y = max(x·w + b, 0)`, or without the maximum.
pub(super) fn forward(gpu: &Gpu, run: &Dense, scratch: &mut Scratch) -> [Kernel; 2] {
    let Dense { product, b, rectified } = *run;
    let slices = slices(gpu, &product);
    let partial = scratch.view("a product in slices", slices * product.y.len);
    let add = Kernel {
        shader: "fused/partial",
        entry: "dense",
        constants: constants([
            ("SLICES", slices),
            ("LEN", product.y.len),
            ("WEIGHTS", 0),
            ("CHANNELS", product.columns),
            ("RECTIFIED", usize::from(rectified)),
        ]),
        operands: vec![operand("partial", partial), operand("b", b), operand("y", product.y)],
        grid: Grid::elements(product.y.len),
    };
    [multiply(&product, slices, partial), add]
}

/// The product, its sums in slices.
pub(super) fn multiply(op: &MatMul, slices: usize, y: View) -> Kernel {
    let ([a_row, a_column], [b_row, b_column]) = (op.strides_a(), op.strides_b());
    Kernel {
        shader: "fused/matmul",
        entry: "multiply",
        constants: constants([
            ("ROWS", op.rows),
            ("COLUMNS", op.columns),
            ("INNER", op.inner),
            ("A_ROW", a_row),
            ("A_COLUMN", a_column),
            ("B_ROW", b_row),
            ("B_COLUMN", b_column),
            ("SLICE", op.inner.div_ceil(slices).next_multiple_of(4)),
        ]),
        operands: vec![operand("a", op.a), operand("b", op.b), operand("y", y)],
        grid: Grid::workgroups(&[(op.columns, Some("TILE_COLUMNS")), (op.rows, Some("TILE_ROWS")), (slices, None)]),
    }
}

/// `dy` where ReLU let the output through, and `db`.
pub(super) fn rectified_bias(run: &RectifiedBias) -> Kernel {
    let RectifiedBias { rows, channels, activation, dy, db } = *run;
    Kernel {
        shader: "fused/dense",
        entry: "backward",
        constants: constants([("ROWS", rows), ("CHANNELS", channels)]),
        operands: vec![operand("activation", activation), operand("dy", dy), operand("db", db)],
        grid: Grid::elements(channels),
    }
}
