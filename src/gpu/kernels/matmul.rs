//! Matrix product: one tile of the product per invocation or, where its sums are long, per workgroup.

use super::loops::{iterations, shared_parts};
use super::{Grid, Kernel, TiledExtent, adds, arguments, sizes};
use crate::gpu::shaders::constant;
use crate::ops::MatMul;

/// The invocations of a workgroup share sums longer than this. Each of them then has enough terms to add,
/// and short sums lose less to rounding.
const LONG_SUM: usize = 256;

const SHADER: &str = "plain/matmul";

pub(super) fn kernels(op: &MatMul, most: usize) -> Vec<Kernel> {
    let tiles = [TiledExtent::tiled(op.columns, "TILE_COLUMNS"), TiledExtent::tiled(op.rows, "TILE_ROWS")];
    let long = op.inner > LONG_SUM;
    let lanes = if long { constant(SHADER, "WORKGROUP") } else { 1 };
    let parts = shared_parts(op.inner, lanes, most);
    let kernel = |(part, terms): (usize, &std::ops::Range<usize>)| {
        let mut constants = constants(op);
        constants.extend(sizes([("FIRST", terms.start), ("END", terms.end)]));
        constants.push(adds(part));
        Kernel {
            shader: SHADER,
            entry: if long { "multiply_long" } else { "multiply" },
            constants,
            arguments: arguments(&op.operands()),
            grid: if long { Grid::workgroups(&tiles) } else { Grid::tiles(&tiles) },
            iterations: iterations(terms.len().div_ceil(lanes), 0),
        }
    };
    parts.iter().enumerate().map(kernel).collect()
}

/// The `override` constants that every shader of a product has.
pub(crate) fn constants(op: &MatMul) -> Vec<(&'static str, f64)> {
    let [a_row, a_column] = op.strides_a();
    let [b_row, b_column] = op.strides_b();
    sizes([
        ("ROWS", op.rows),
        ("COLUMNS", op.columns),
        ("INNER", op.inner),
        ("A_ROW", a_row),
        ("A_COLUMN", a_column),
        ("B_ROW", b_row),
        ("B_COLUMN", b_column),
    ])
}
