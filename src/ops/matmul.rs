//! Matrix product `y[m,n] = Σ_k a(m,k) · b(k,n)`, either factor read transposed.
//!
//! A dense layer's passes are three of it: forward `y = x·w`, backward for the input
//! `dx = dy·wᵀ`, backward for the weights `dw = xᵀ·dy`.

use super::{Grid, Kernel, View, constants, operand};

/// Sums longer than this are shared by the invocations of a workgroup: there are enough of them to
/// go round, and short sums lose less to rounding.
const LONG_SUM: usize = 256;

/// `y = a·b`, with `y` `[rows, columns]`, row-major.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatMul {
    /// Rows of `a` and `y`, `m`.
    pub rows: usize,
    /// Columns of `b` and `y`, `n`.
    pub columns: usize,
    /// Columns of `a`, rows of `b`, `k`.
    pub inner: usize,
    /// Whether `a` is stored as `[inner, rows]`.
    pub transpose_a: bool,
    /// Whether `b` is stored as `[columns, inner]`.
    pub transpose_b: bool,
    /// Left factor.
    pub a: View,
    /// Right factor.
    pub b: View,
    /// Out: the product.
    pub y: View,
}

impl MatMul {
    /// Distance in elements between neighbours along `a`'s rows and columns.
    pub fn strides_a(&self) -> [usize; 2] {
        if self.transpose_a { [1, self.rows] } else { [self.inner, 1] }
    }

    /// Distance in elements between neighbours along `b`'s rows and columns.
    pub fn strides_b(&self) -> [usize; 2] {
        if self.transpose_b { [1, self.inner] } else { [self.columns, 1] }
    }

    pub(super) fn kernel(&self) -> Kernel {
        let tiles = [(self.columns, Some("TILE_COLUMNS")), (self.rows, Some("TILE_ROWS"))];
        let (entry, grid) = match self.inner > LONG_SUM {
            true => ("multiply_long", Grid::workgroups(&tiles)),
            false => ("multiply", Grid::tiles(&tiles)),
        };
        let ([a_row, a_column], [b_row, b_column]) = (self.strides_a(), self.strides_b());
        Kernel {
            shader: "matmul",
            entry,
            constants: constants([
                ("ROWS", self.rows),
                ("COLUMNS", self.columns),
                ("INNER", self.inner),
                ("A_ROW", a_row),
                ("A_COLUMN", a_column),
                ("B_ROW", b_row),
                ("B_COLUMN", b_column),
            ]),
            operands: vec![operand("a", self.a), operand("b", self.b), operand("y", self.y)],
            grid,
        }
    }
}
