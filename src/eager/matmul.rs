//! The matrix product; see [`crate::ops::matmul`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::MatMul;
use crate::plan::{Op, StepRecord};

/// The sizes of a matrix product `y[m,n] = Σ_k a(m,k) · b(k,n)`, and how its factors are stored.
///
/// A dense layer is three products: forward `y = x·w`, backward `dx = dy·wᵀ` and `dw = xᵀ·dy`. In the
/// last two a factor is read transposed, without being moved:
///
/// ```
/// # use stridelab::eager::Product;
/// // dx = dy·wᵀ for 64 samples, 256 inputs and 128 units: dy is [64, 128], w is stored as [256, 128].
/// let product = Product { transpose_b: true, ..Product::new(64, 256, 128) };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// Number of rows of `a` and `y`, indexed by `m`.
    pub rows: usize,
    /// Number of columns of `b` and `y`, indexed by `n`.
    pub columns: usize,
    /// Number of terms of each sum, indexed by `k`.
    pub inner: usize,
    /// Whether `a` is stored as `[inner, rows]` instead of `[rows, inner]`.
    pub transpose_a: bool,
    /// Whether `b` is stored as `[columns, inner]` instead of `[inner, columns]`.
    pub transpose_b: bool,
}

impl Product {
    /// A product of two factors that are not transposed: `a` is `[rows, inner]`, `b` is
    /// `[inner, columns]`.
    pub const fn new(rows: usize, columns: usize, inner: usize) -> Self {
        Product { rows, columns, inner, transpose_a: false, transpose_b: false }
    }
}

/// The matrix product: `y[m,n] = Σ_k a(m,k) · b(k,n)`.
///
/// The sizes and layouts of `a` and `b` are those of `product`. Returns `y`, `[rows, columns]`.
///
/// # Errors
/// [`crate::Error::Usage`] where a slice has another length than its shape, or a size is 0; see the [module](super).
pub async fn matmul(backend: &Backend, product: Product, a: &[f32], b: &[f32]) -> Result<Vec<f32>> {
    let Product { rows, columns, inner, transpose_a, transpose_b } = product;
    let mut call = Call::new(backend);
    let a = call.input("a", a, &[rows, inner])?;
    let b = call.input("b", b, &[inner, columns])?;
    let y = call.output("y", &[rows, columns])?;
    let op = Op::MatMul(MatMul { rows, columns, inner, transpose_a, transpose_b, a, b, y });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}
