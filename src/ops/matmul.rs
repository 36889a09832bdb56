//! Matrix product `y[m,n] = Σ_k a(m,k) · b(k,n)`, either factor read transposed.
//!
//! A dense layer's passes are three of it: forward `y = x·w`, backward for the input
//! `dx = dy·wᵀ`, backward for the weights `dw = xᵀ·dy`.

use super::{Operand, View};

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

    pub(crate) fn operands(&self) -> Vec<Operand> {
        vec![Operand::read("a", self.a), Operand::read("b", self.b), Operand::write("y", self.y)]
    }
}
